package verdict_test

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/scantling/scantling/internal/verdict"
	"github.com/scantling/scantling/internal/verify"
)

// copies is how many there are of an app of 31 objects, twenty a namespace: 20,000 objects in all.
const copies = 645

func manyFacts() verify.Facts {
	facts := verify.Facts{Kubernetes: 34, Zones: []string{"a", "b", "c"}, NodeAutoscaling: true, RetentionSeconds: 60 * 24 * 3600}
	for i := range copies {
		facts.Namespaces = append(facts.Namespaces, fmt.Sprintf("sales-%d", i/20))
	}
	return facts
}

func manyApps(b *testing.B) (dir string) {
	app, err := os.ReadFile("../../blueprints/api/want/prod/sales/orders.yaml")
	if err != nil {
		b.Fatal(err)
	}
	dir = b.TempDir()
	for i := range copies {
		text := strings.ReplaceAll(string(app), "orders", fmt.Sprintf("orders-%d", i))
		text = strings.ReplaceAll(text, "sales", fmt.Sprintf("sales-%d", i/20))
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("app-%d.yaml", i)), []byte(text), 0o666); err != nil {
			b.Fatal(err)
		}
	}
	return dir
}

func manyObjects(b *testing.B, dir string) verdict.Objects {
	m, err := verdict.Read(verdict.Input{Paths: []string{dir}})
	if err != nil || len(m.Sets) != 1 || len(m.Problems) > 0 {
		b.Fatal(len(m.Sets), m.Problems, err)
	}
	return m.Sets[0]
}

// BenchmarkRead reads the files, and joins their objects.
func BenchmarkRead(b *testing.B) {
	dir := manyApps(b)
	b.ReportAllocs()
	for b.Loop() {
		manyObjects(b, dir)
	}
}

// BenchmarkCheck holds every guarantee against the objects.
func BenchmarkCheck(b *testing.B) {
	set := manyObjects(b, manyApps(b)).Set
	b.ReportAllocs()
	for b.Loop() {
		verify.Check(set, manyFacts(), true)
	}
}

// BenchmarkText prints the report.
func BenchmarkText(b *testing.B) {
	objects := manyObjects(b, manyApps(b))
	cluster := verdict.Cluster{Objects: len(objects.Objects), Results: verify.Check(objects.Set, manyFacts(), true)}
	report := verdict.Report{Clusters: []verdict.Cluster{cluster}}
	b.ReportAllocs()
	for b.Loop() {
		if err := (verdict.Text{}).Print(io.Discard, report); err != nil {
			b.Fatal(err)
		}
	}
}
