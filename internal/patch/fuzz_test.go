package patch

import (
	"strings"
	"testing"

	utiljson "k8s.io/apimachinery/pkg/util/json"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/emit"
)

// FuzzApply holds that no patch panics, that what comes out can be written, and that nothing is said in words that are not ours.
func FuzzApply(f *testing.F) {
	for _, seed := range []string{
		`{"spec": {"template": {"spec": {"containers": [{"name": "web", "$patch": "replace"}]}}}}`,
		`{"spec": {"template": {"spec": {"$setElementOrder/containers": [{"name": "proxy"}, {"name": "web"}]}}}}`,
		`{"spec": {"template": {"spec": {"$setElementOrder/containers": ["proxy", 1, null]}}}}`,
		`{"metadata": {"$deleteFromPrimitiveList/finalizers": ["a"], "finalizers": ["b"]}}`,
		`{"metadata": {"$deleteFromPrimitiveList/labels": [{}], "$retainKeys": [1]}}`,
		`{"spec": {"template": {"spec": {"containers": [null, {"name": {}}, {"name": "web", "ports": [{"containerPort": 1}]}]}}}}`,
		`{"spec": {"template": {"spec": {"containers": [{"$patch": "replace"}, {"name": "x"}]}}}}`,
		`{"spec": {"template": {"spec": {"$retainKeys": ["containers"], "containers": null}}}}`,
		`{"spec": {"strategy": {"rollingUpdate": {"maxSurge": 1e3}}}}`,
		`{"spec": null}`, `{"$patch": "replace"}`, `{"metadata": {"labels": {"$patch": "delete"}}}`,
	} {
		f.Add("Deployment/web", seed)
		f.Add("ServiceMonitor/web", seed)
	}
	f.Add("Deployment/web", `[{"op": "add", "path": "/spec/template/spec/containers/-", "value": {"name": "x"}}]`)
	f.Add("Deployment/web", `[{"op": "remove", "path": "/spec/template/spec/containers/-"}]`)
	f.Add("Deployment/web", `[{"op": "move", "from": "/spec", "path": "/spec/x"}, {"op": "copy", "from": "/metadata", "path": "/spec"}]`)
	f.Add("SealedSecret/web-token", `[{"op": "replace", "path": "/~1~0", "value": []}]`)
	f.Fuzz(func(t *testing.T, target, text string) {
		p := app.Patch{Target: target}
		var ops []map[string]any
		if utiljson.Unmarshal([]byte(text), &p.Merge) != nil {
			if utiljson.Unmarshal([]byte(text), &ops) != nil {
				return
			}
			for _, op := range ops {
				word := func(name string) string { s, _ := op[name].(string); return s }
				p.Operations = append(p.Operations, app.Operation{Op: word("op"), Path: word("path"), From: word("from"), Value: op["value"]})
			}
		}
		a := web
		a.Patches = []app.Patch{p}
		after, found := Apply(&a, objects())
		for _, d := range found {
			for _, word := range []string{"map[", "interface", "nil", "json:", "cannot unmarshal", "reflect", "defect"} {
				if strings.Contains(d.Problem+d.Help, word) && !strings.Contains(text+target, word) {
					t.Errorf("%q in %+v", word, d)
				}
			}
		}
		for _, o := range after {
			if _, err := emit.AppendYAML(nil, o); err != nil {
				t.Error(err)
			}
		}
	})
}
