package resolve

import (
	"reflect"
	"strings"
	"testing"

	"github.com/scantling/scantling/internal/app"
)

// TestPatches holds what becomes of a patch and a waiver: plain data of Go, with a place for each path.
func TestPatches(t *testing.T) {
	a, found := resolveApp(t, testPlatform, `patches: [
	{target: "Deployment/web", reason: "slow", expires: "2027-03-31", patch: spec: {
		minReadySeconds: 30, paused: true, x: null, y: 1.5
		template: metadata: annotations: "acme.io/a": "b"
	}},
	{target: "Service/web", reason: "r", expires: "2027-01-01", patch: [
		{op: "move", from: "/spec/a~1b", path: "/spec/c"},
		{op: "test", path: "/spec/c", value: [1, "x"]},
	]},
]
waive: [{guarantee: "budget-allows-eviction", reason: "one pod", expires: "2027-03-31"}]`)
	if len(found) > 0 {
		t.Fatal(format(found))
	}
	merge := map[string]any{"spec": map[string]any{
		"minReadySeconds": int64(30), "paused": true, "x": nil, "y": 1.5,
		"template": map[string]any{"metadata": map[string]any{"annotations": map[string]any{"acme.io/a": "b"}}},
	}}
	if !reflect.DeepEqual(a.Patches[0].Merge, merge) {
		t.Errorf("got %#v", a.Patches[0].Merge)
	}
	ops := []app.Operation{{Op: "move", From: "/spec/a~1b", Path: "/spec/c"}, {Op: "test", Path: "/spec/c", Value: []any{int64(1), "x"}}}
	if !reflect.DeepEqual(a.Patches[1].Operations, ops) {
		t.Errorf("got %#v", a.Patches[1].Operations)
	}
	for path, line := range map[string]int{
		"target": 3, "expires": 3, "patch.spec.paused": 4, `patch.spec.template.metadata.annotations."acme.io/a"`: 5,
		"patch.spec.template.metadata.labels": 5, "patch.spec.template.spec.containers[0].image": 5, "elsewhere": 3,
	} {
		if got := a.Patches[0].At(path).Line; got != line {
			t.Errorf("%s is on line %d, not %d", path, got, line)
		}
	}
	if got := a.Patches[1].At("patch[1].value[0]").Line; got != 9 {
		t.Errorf("the operation is on line %d", got)
	}
	if w := a.Waivers[0]; w.Guarantee != "budget-allows-eviction" || w.Reason != "one pod" || w.Expires != "2027-03-31" || w.Pos.Line != 12 {
		t.Errorf("got %+v", w)
	}
}

// TestEnvironmentReplacesPatches holds that patches are a list like any other.
func TestEnvironmentReplacesPatches(t *testing.T) {
	a, _ := resolveApp(t, testPlatform, `patches: [{target: "Deployment/web", reason: "all", expires: "2027-03-31", patch: spec: paused: true}]
environments: prod: patches: [{target: "Deployment/web", reason: "prod", expires: "2027-03-31", patch: spec: paused: false}]`)
	if len(a.Patches) != 1 || a.Patches[0].Reason != "prod" {
		t.Errorf("got %+v", a.Patches)
	}
}

// TestUnknownGuarantee holds that a waiver names what is promised.
func TestUnknownGuarantee(t *testing.T) {
	files := map[string]string{"platform.cue": testPlatform, "app.cue": oneApp(`waive: [{guarantee: "budget-alows-eviction", reason: "one pod", expires: "2027-03-31"}]`)}
	fleets, found := resolveWith(t, files, Options{Guarantees: []string{"budget-allows-eviction", "pods-spread"}})
	want := `app.cue:2:21: apps.web.waive[0].guarantee: there is no guarantee "budget-alows-eviction" [guarantee-is-known]
	want: a name that scantling verify prints
	help: did you mean "budget-allows-eviction"?
`
	if got := format(found); !strings.Contains(got, want) || len(fleets[0].Apps[0].Waivers) > 0 {
		t.Errorf("got %s", got)
	}
}
