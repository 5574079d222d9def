package golden

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

// Objects compares Kubernetes objects with the YAML documents that are wanted. Their status, which is the cluster's, is left
// out; a line break at the beginning of want is, too.
func Objects[T any](t *testing.T, objects []T, want string) {
	t.Helper()
	var docs []string
	for _, o := range objects {
		docs = append(docs, document(t, o))
	}
	if diff := cmp.Diff(strings.TrimPrefix(want, "\n"), strings.Join(docs, "---\n")); diff != "" {
		t.Errorf("the objects differ (- wanted, + got):\n%s", diff)
	}
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
