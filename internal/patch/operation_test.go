package patch

import (
	"encoding/json"
	"reflect"
	"testing"

	utiljson "k8s.io/apimachinery/pkg/util/json"

	"github.com/scantling/scantling/internal/app"
)

// TestOperation holds the examples of RFC 6902, appendix A, and its corners.
func TestOperation(t *testing.T) {
	for _, c := range []struct{ name, doc, op, want, problem string }{
		{"A.1 add a member", `{"foo": "bar"}`, `{"op": "add", "path": "/baz", "value": "qux"}`, `{"baz": "qux", "foo": "bar"}`, ""},
		{"A.2 add an element", `{"foo": ["bar", "baz"]}`, `{"op": "add", "path": "/foo/1", "value": "qux"}`, `{"foo": ["bar", "qux", "baz"]}`, ""},
		{"A.3 remove a member", `{"baz": "qux", "foo": "bar"}`, `{"op": "remove", "path": "/baz"}`, `{"foo": "bar"}`, ""},
		{"A.4 remove an element", `{"foo": ["bar", "qux", "baz"]}`, `{"op": "remove", "path": "/foo/1"}`, `{"foo": ["bar", "baz"]}`, ""},
		{"A.5 replace", `{"baz": "qux", "foo": "bar"}`, `{"op": "replace", "path": "/baz", "value": "boo"}`, `{"baz": "boo", "foo": "bar"}`, ""},
		{"A.6 move a member", `{"foo": {"bar": "baz", "waldo": "fred"}, "qux": {"corge": "grault"}}`, `{"op": "move", "from": "/foo/waldo", "path": "/qux/thud"}`,
			`{"foo": {"bar": "baz"}, "qux": {"corge": "grault", "thud": "fred"}}`, ""},
		{"A.7 move an element", `{"foo": ["all", "grass", "cows", "eat"]}`, `{"op": "move", "from": "/foo/1", "path": "/foo/3"}`, `{"foo": ["all", "cows", "eat", "grass"]}`, ""},
		{"A.8 test", `{"baz": "qux", "foo": ["a", 2, "c"]}`, `{"op": "test", "path": "/foo/1", "value": 2}`, `{"baz": "qux", "foo": ["a", 2, "c"]}`, ""},
		{"A.9 a test that fails", `{"baz": "qux"}`, `{"op": "test", "path": "/baz", "value": "bar"}`, "", `/baz is "qux", not "bar"`},
		{"another struct", `{"baz": {"a": 1}}`, `{"op": "test", "path": "/baz", "value": {"a": 2}}`, "", "/baz is a struct, not the one of the test"},
		{"A.10 add a nested member", `{"foo": "bar"}`, `{"op": "add", "path": "/child", "value": {"grandchild": {}}}`, `{"foo": "bar", "child": {"grandchild": {}}}`, ""},
		{"A.12 add below nothing", `{"foo": "bar"}`, `{"op": "add", "path": "/baz/bat", "value": "qux"}`, "", "there is no /baz; the object has foo"},
		{"A.14 escapes", `{"/": 9, "~1": 10}`, `{"op": "test", "path": "/~01", "value": 10}`, `{"/": 9, "~1": 10}`, ""},
		{"A.15 a text is no number", `{"/": 9, "~1": 10}`, `{"op": "test", "path": "/~01", "value": "10"}`, "", `/~01 is 10, not "10"`},
		{"A.16 add a list at the end", `{"foo": ["bar"]}`, `{"op": "add", "path": "/foo/-", "value": ["abc", "def"]}`, `{"foo": ["bar", ["abc", "def"]]}`, ""},
		{"add replaces", `{"foo": null}`, `{"op": "add", "path": "/foo", "value": 1}`, `{"foo": 1}`, ""},
		{"add null", `{"foo": 1}`, `{"op": "add", "path": "/bar", "value": null}`, `{"foo": 1, "bar": null}`, ""},
		{"numbers are equal by value", `{"foo": 1}`, `{"op": "test", "path": "/foo", "value": 1.0}`, `{"foo": 1}`, ""},
		{"order of members does not matter", `{"foo": {"a": 1, "b": [2]}}`, `{"op": "test", "path": "/foo", "value": {"b": [2], "a": 1}}`, `{"foo": {"a": 1, "b": [2]}}`, ""},
		{"copy", `{"foo": {"a": [1]}}`, `{"op": "copy", "from": "/foo/a", "path": "/foo/b"}`, `{"foo": {"a": [1], "b": [1]}}`, ""},
		{"move to the same place", `{"foo": 1}`, `{"op": "move", "from": "/foo", "path": "/foo"}`, `{"foo": 1}`, ""},
		{"move into itself", `{"foo": {"a": 1}}`, `{"op": "move", "from": "/foo", "path": "/foo/a"}`, "", "/foo/a lies inside /foo, so nothing can be moved there"},
		{"past the end", `{"foo": [1]}`, `{"op": "add", "path": "/foo/2", "value": 1}`, "", "there is no /foo/2; the list has 1 element"},
		{"a leading zero", `{"foo": [1, 2]}`, `{"op": "remove", "path": "/foo/01"}`, "", "there is no /foo/01; the list has 2 elements"},
		{"a negative index", `{"foo": [1, 2]}`, `{"op": "remove", "path": "/foo/-1"}`, "", "there is no /foo/-1; the list has 2 elements"},
		{"replace nothing", `{"foo": 1}`, `{"op": "replace", "path": "/bar", "value": 2}`, "", "there is no /bar; the object has foo"},
		{"below a scalar", `{"foo": "x"}`, `{"op": "add", "path": "/foo/bar", "value": 2}`, "", `/foo is "x", which has no fields`},
		{"an empty name", `{"": 1}`, `{"op": "remove", "path": "/"}`, `{}`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var fields map[string]any
			var op struct {
				Op, Path, From string
				Value          any
			}
			for text, into := range map[string]any{c.doc: &fields, c.op: &op} {
				if err := json.Unmarshal([]byte(text), into); err != nil {
					t.Fatal(err)
				}
			}
			var raw map[string]any
			if err := utiljson.Unmarshal([]byte(c.op), &raw); err != nil {
				t.Fatal(err)
			}
			if err := utiljson.Unmarshal([]byte(c.doc), &fields); err != nil {
				t.Fatal(err)
			}
			got, problem := operation(clone(fields), app.Operation{Op: op.Op, Path: op.Path, From: op.From, Value: raw["value"]})
			if problem != c.problem {
				t.Fatalf("got problem %q, want %q", problem, c.problem)
			}
			if c.want == "" {
				return
			}
			var want map[string]any
			if err := utiljson.Unmarshal([]byte(c.want), &want); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, any(want)) {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}

// TestMergeJSON holds examples of RFC 7386, appendix A.
func TestMergeJSON(t *testing.T) {
	for _, c := range [][3]string{
		{`{"a": "b"}`, `{"a": "c"}`, `{"a": "c"}`},
		{`{"a": "b"}`, `{"b": "c"}`, `{"a": "b", "b": "c"}`},
		{`{"a": "b", "b": "c"}`, `{"a": null}`, `{"b": "c"}`},
		{`{"a": ["b"]}`, `{"a": "c"}`, `{"a": "c"}`},
		{`{"a": {"b": "c"}}`, `{"a": {"b": "d", "c": null}}`, `{"a": {"b": "d"}}`},
		{`{"a": [{"b": "c"}]}`, `{"a": [1]}`, `{"a": [1]}`},
		{`{"e": null}`, `{"a": 1}`, `{"e": null, "a": 1}`},
		{`{}`, `{"a": {"bb": {"ccc": null}}}`, `{"a": {"bb": {}}}`},
		{`{"a": "foo"}`, `{"a": {"b": 1}}`, `{"a": {"b": 1}}`},
	} {
		var v [3]map[string]any
		for i, text := range c {
			if err := utiljson.Unmarshal([]byte(text), &v[i]); err != nil {
				t.Fatal(err)
			}
		}
		if got := mergeJSON(v[0], v[1]); !reflect.DeepEqual(got, any(v[2])) {
			t.Errorf("%s and %s: got %v, want %s", c[0], c[1], got, c[2])
		}
	}
}
