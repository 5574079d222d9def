package manifest

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// summary lists objects as LINE KIND/NAMESPACE/NAME.
func summary(objects []Object) string {
	var all []string
	for _, o := range objects {
		all = append(all, fmt.Sprintf("%d %s", o.Line, o))
	}
	return strings.Join(all, "\n")
}

const configMap = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s, namespace: shop}\n"

func named(name string) string { return fmt.Sprintf(configMap, name) }

func TestParse(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"nothing", "", ""},
		{"only comments", "# a\n---\n# b\n", ""},
		{"one document", named("a"), "1 ConfigMap/shop/a"},
		{"two", named("a") + "---\n" + named("b"), "1 ConfigMap/shop/a\n5 ConfigMap/shop/b"},
		{"comments and blank lines before", "# by hand\n\n---\n\n# first\n" + named("a"), "6 ConfigMap/shop/a"},
		{"empty documents between", named("a") + "---\n---\nnull\n--- # nothing\n---\n" + named("b"), "1 ConfigMap/shop/a\n9 ConfigMap/shop/b"},
		{"a document on the line of its separator", "--- {apiVersion: v1, kind: Namespace, metadata: {name: a}}", "1 Namespace/a"},
		{"an end of a document", named("a") + "...\n---\n" + named("b"), "1 ConfigMap/shop/a\n6 ConfigMap/shop/b"},
		{"directives", "%YAML 1.1\n---\n" + named("a"), "3 ConfigMap/shop/a"},
		{"line ends of Windows", strings.ReplaceAll(named("a")+"---\n"+named("b"), "\n", "\r\n"), "1 ConfigMap/shop/a\n5 ConfigMap/shop/b"},
		{"a separator inside of a text", named("a") + "data:\n  text: |\n    a\n    ---\n    b\n", "1 ConfigMap/shop/a"},
		{"JSON", `{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}}`, "1 Namespace/a"},
		{"a stream of JSON", "\n" + `{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}}` + "\n" + `{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "\ud83d\ude00"}}`, "2 Namespace/a\n3 Namespace/\U0001F600"},
		{"a map of YAML that begins as JSON does", "{apiVersion: v1, kind: Namespace, metadata: {name: a}}", "1 Namespace/a"},
		{"a List", "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Namespace, metadata: {name: a}}\n- {apiVersion: v1, kind: Namespace, metadata: {name: b}}\n", "1 Namespace/a\n1 Namespace/b"},
		{"a list of one kind", "apiVersion: v1\nkind: NamespaceList\nitems: [{metadata: {name: a}}]\n", "1 Namespace/a"},
		{"an empty List", "apiVersion: v1\nkind: List\nitems: []\n", ""},
		{"a List of null", "apiVersion: v1\nkind: List\nitems:\n", ""},
		{"a merge that is overridden", "base: &b {name: b}\napiVersion: v1\nkind: Namespace\nmetadata:\n  <<: *b\n  name: a\n", "1 Namespace/a"},
		{"a kind that is called like a list", "apiVersion: acme.io/v1\nkind: AllowList\nmetadata: {name: a}\nspec: {}\n", "1 AllowList/a"},
		{"a name that the API server makes up", "apiVersion: v1\nkind: Pod\nmetadata: {generateName: a-}\n", "1 Pod/"},
		{"what kustomize reads", "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [a.yaml]\n", ""},
		{"an anchor", "apiVersion: v1\nkind: &a Namespace\nmetadata: {name: *a}\n", "1 Namespace/Namespace"},
	} {
		t.Run(c.name, func(t *testing.T) {
			objects, err := Parse("a.yaml", []byte(c.text))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, summary(objects)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestParseErrors(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"no map", "- a\n", "a.yaml:1: this is not a Kubernetes object: it is not a map of fields"},
		{"no apiVersion", "kind: Pod\n", "a.yaml:1: this is not a Kubernetes object: it is of kind Pod, and has no apiVersion"},
		{"no kind", "\napiVersion: v1\n", "a.yaml:2: this is not a Kubernetes object: it has no kind"},
		{"what a program reads", "apiVersion: kind.x-k8s.io/v1alpha4\nkind: Cluster\n", "a.yaml:1: this is not a Kubernetes object: it has no metadata"},
		{"no name of a kind of others", "apiVersion: acme.io/v1\nkind: Shop\nmetadata: {labels: {a: b}}\n", "a.yaml:1: this Shop has no metadata.name, and whoever it is applied with refuses it"},
		{"no metadata of a kind of Kubernetes", "apiVersion: networking.k8s.io/v1\nkind: Ingress\n", "a.yaml:1: this Ingress has no metadata.name, and whoever it is applied with refuses it"},
		{"no name", "apiVersion: v1\nkind: Pod\n", "a.yaml:1: this Pod has no metadata.name, and whoever it is applied with refuses it"},
		{"all of them", "a: 1\n---\n" + named("a") + "---\nb: 1\n", "a.yaml:1: this is not a Kubernetes object: it has no apiVersion\na.yaml:7: this is not a Kubernetes object: it has no apiVersion"},
		{"a field twice", named("a") + "---\n" + named("b") + "kind: Secret\n", `a.yaml:8: this is not YAML: key "kind" already set in map`},
		{"no YAML", named("a") + "---\na: [1\n", "a.yaml:5: this is not YAML: did not find expected ',' or ']'"},
		{"not a name", "apiVersion: v1\nkind: Pod\nmetadata: {[a]: b}\n", "a.yaml:1: this is not YAML: invalid map key: []interface {}{\"a\"}"},
		{"a fraction as a name", "{1.5: b}\n", "a.yaml:1: a field is called 1.5, which is not a name"},
		{"no number", "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: .nan\n", "a.yaml:1: a number is infinite or none, which JSON cannot hold"},
		{"an item of a list", "apiVersion: v1\nkind: List\nitems: [a]\n", "a.yaml:1: an item of this list is not a Kubernetes object"},
	} {
		t.Run(c.name, func(t *testing.T) {
			objects, err := Parse("a.yaml", []byte(c.text))
			if err == nil || objects != nil {
				t.Fatalf("%v, %v; want an error and nothing else", objects, err)
			}
			if diff := cmp.Diff(c.want, err.Error()); diff != "" {
				t.Error(diff)
			}
			if _, ok := errors.AsType[*SyntaxError](err); !ok {
				t.Errorf("%T is no *SyntaxError", err)
			}
		})
	}
	if _, err := Parse("a.json", []byte("{\n\"a\": }")); err == nil || !strings.HasPrefix(err.Error(), "a.json:1: this is not JSON: ") {
		t.Errorf("a file of JSON is read as another: %v", err)
	}
}

func TestFields(t *testing.T) {
	objects, err := Parse("a.yaml", []byte(`
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web, on: "yes"}, annotations: {note: x}}
spec: {replicas: 3, paused: on, big: 18446744073709551615, ratio: 0.5, none: null, 8080: http, list: [{a: 1}, b]}
`))
	if err != nil {
		t.Fatal(err)
	}
	o := objects[0]
	want := map[string]any{"replicas": int64(3), "paused": true, "big": float64(1 << 63 * 2), "ratio": 0.5, "none": nil, "8080": "http",
		"list": []any{map[string]any{"a": int64(1)}, "b"}}
	if diff := cmp.Diff(want, Map(o.Fields, "spec")); diff != "" {
		t.Error(diff)
	}
	if n, ok := Int(o.Fields, "spec", "replicas"); n != 3 || !ok {
		t.Error("replicas:", n, ok)
	}
	if n, ok := Int(o.Fields, "spec", "ratio"); n != 0 || ok {
		t.Error("ratio is a whole number:", n)
	}
	if _, ok := Int(o.Fields, "spec", "replicas", "min"); ok {
		t.Error("there is something below a number")
	}
	if got := len(List(o.Fields, "spec", "list")); got != 2 {
		t.Error("the list has", got)
	}
	if got := Maps(o.Fields, "spec", "list"); len(got) != 1 {
		t.Error("the maps are", got)
	}
	if diff := cmp.Diff(map[string]string{"app": "web", "true": "yes"}, Strings(o.Fields, "metadata", "labels")); diff != "" {
		t.Error(diff)
	}
	if o.Label("app") != "web" || o.Label("none") != "" || o.Annotation("note") != "x" {
		t.Error("labels or annotations are not found")
	}
	if (o.ID() != ID{"apps", "Deployment", "", "web"}) || o.String() != "Deployment/web" {
		t.Error("it is", o.ID())
	}
}

// FuzzParse wants no panic on any input, lines that are in the file, and values that JSON can hold.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		named("a") + "---\n" + named("b"), "%YAML 1.1\n--- |\n a\n...\n---\n", "a: &a [*a]\n", "&a {<<: *a}", "{\"kind\": \"List\"}",
		"apiVersion: v1\nkind: List\nitems: [{}, {items: []}]\n", "\ufeff---\r\n- \t", "? [a]\n: b", "{\"a\": 1e999}", "a: !!binary =\n", "a: .inf\n",
	} {
		f.Add("a.yaml", []byte(seed))
		f.Add("a.json", []byte(seed))
	}
	f.Fuzz(func(t *testing.T, file string, data []byte) {
		objects, err := Parse(file, data)
		if err != nil && objects != nil {
			t.Fatal("objects beside an error")
		}
		lines := strings.Count(string(data), "\n") + 1
		for _, o := range objects {
			if o.Line < 1 || o.Line > lines {
				t.Fatalf("line %d of %d", o.Line, lines)
			}
			if _, err := json.Marshal(o.Fields); err != nil {
				t.Fatal(err)
			}
		}
	})
}
