package golden

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

// Objects compares Kubernetes objects with the YAML documents that are wanted. Their status, which is the cluster's, is left
// out; a line break at the beginning of want is, too.
func Objects[T any](t *testing.T, objects []T, want string) {
	t.Helper()
	if diff := cmp.Diff(strings.TrimPrefix(want, "\n"), documents(t, objects)); diff != "" {
		t.Errorf("the objects differ (- wanted, + got):\n%s", diff)
	}
}

// ObjectsFile compares Kubernetes objects with a file of YAML documents, as Objects does with a text.
func ObjectsFile[T any](t *testing.T, objects []T, file string) {
	t.Helper()
	got := documents(t, objects)
	if *update {
		if err := rewrite(file, []byte(got)); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s: the objects changed (- wanted, + got; -update rewrites it):\n%s", file, diff)
	}
}

func documents[T any](t *testing.T, objects []T) string {
	t.Helper()
	var docs []string
	for _, o := range objects {
		docs = append(docs, document(t, o))
	}
	return strings.Join(docs, "---\n")
}

func document(t *testing.T, object any) string {
	t.Helper()
	raw, err := yaml.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	var doc map[string]any
	if err := yaml.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	delete(doc, "status")
	text, err := yaml.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
