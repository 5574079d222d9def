package patch

import (
	"testing"

	"github.com/scantling/scantling/internal/app"
)

// BenchmarkApply is one strategic merge on a Deployment, as an app may have it.
func BenchmarkApply(b *testing.B) {
	a := web
	a.Patches = []app.Patch{{Target: "Deployment/web", Merge: map[string]any{"spec": map[string]any{"minReadySeconds": int64(30)}}}}
	all := objects()
	b.ReportAllocs()
	for b.Loop() {
		if _, found := Apply(&a, all); len(found) > 0 {
			b.Fatal(found)
		}
	}
}
