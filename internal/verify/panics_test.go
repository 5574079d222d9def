package verify_test

import (
	"path/filepath"
	"testing"

	"github.com/scantling/scantling/internal/inventory"
	"github.com/scantling/scantling/internal/manifest"
	"github.com/scantling/scantling/internal/verify"
)

// TestNothingPanics holds every guarantee against objects in which one value after the other is something else.
func TestNothingPanics(t *testing.T) {
	files, err := filepath.Glob("examples/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	facts := verify.Facts{
		Kubernetes: 34, Zones: []string{"a", "b", "c"}, Nodes: 3, DNS: &verify.Pods{Namespace: "kube-system"}, Spot: &verify.Spot{Taint: "spot"},
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			objects, err := manifest.Parse(file, read(t, ".", file))
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range objects {
				everyValue(o.Fields, func() {
					verify.Check(inventory.New(append(objects, o)), facts, true)
				})
			}
		})
	}
}

// everyValue replaces each value below v by one of every type, and puts it back.
func everyValue(v any, try func()) {
	others := []any{nil, "-3%", int64(-1), 1.5, []any{nil}, map[string]any{"": nil}}
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			for _, other := range others {
				v[key] = other
				try()
			}
			v[key] = value
			everyValue(value, try)
		}
	case []any:
		for i, value := range v {
			for _, other := range others {
				v[i] = other
				try()
			}
			v[i] = value
			everyValue(value, try)
		}
	}
}
