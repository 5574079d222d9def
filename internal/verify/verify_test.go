package verify_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/scantling/scantling/internal/golden"
	"github.com/scantling/scantling/internal/inventory"
	"github.com/scantling/scantling/internal/manifest"
	"github.com/scantling/scantling/internal/verify"
)

// TestCases holds what is said about small sets of objects. A case is manifests in objects.yaml and other.yaml, what is known of the
// cluster in facts.yaml, and in guarantees the names of those that it is about, one a line.
func TestCases(t *testing.T) {
	golden.Run(t, "testdata/*/*.txtar", func(t *testing.T, dir string) golden.Output {
		objects, err := manifest.Parse("objects.yaml", read(t, dir, "objects.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		others, err := manifest.Parse("other.yaml", read(t, dir, "other.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		objects = append(objects, others...)
		var facts verify.Facts
		if err := yaml.UnmarshalStrict(read(t, dir, "facts.yaml"), &facts); err != nil {
			t.Fatal(err)
		}
		about := strings.Fields(string(read(t, dir, "guarantees")))
		for _, name := range about {
			if verify.Named(name) == nil {
				t.Fatalf("there is no guarantee %q", name)
			}
		}
		var want strings.Builder
		for _, r := range verify.Check(inventory.New(objects), facts, false) {
			if slices.Contains(about, r.Guarantee.Name) {
				fmt.Fprintf(&want, "%s %s %s %s\n\t%s\n", r.State, r.Guarantee.Name, r.Object.ID, r.Path, r.Text)
			}
		}
		return golden.Output{"want": want.String()}
	})
}

// read returns a file of a case; one that is not there is empty.
func read(t *testing.T, dir, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return data
}

// TestExamples wants of every guarantee an example that breaks it, and a counter-example in which nothing is left open.
func TestExamples(t *testing.T) {
	for _, g := range verify.All() {
		_, found, err := verify.Example(g)
		if err != nil || len(found) == 0 {
			t.Errorf("%s has no example that breaks it: %v", g.Name, err)
		}
		for _, r := range found {
			if r.Text == "" || strings.Contains(r.Text, "%!") || strings.HasSuffix(r.Text, ".") {
				t.Errorf("%s says %q", g.Name, r.Text)
			}
		}
	}
}

// TestGuaranteesAreDescribed wants every guarantee to say what it promises, why, and who says so.
func TestGuaranteesAreDescribed(t *testing.T) {
	seen := map[string]bool{}
	for _, g := range verify.All() {
		if seen[g.Name] || g.Promise == "" || g.Why == "" || !strings.HasPrefix(g.Source, "https://") {
			t.Errorf("%s is not whole: %+v", g.Name, g)
		}
		seen[g.Name] = true
	}
}
