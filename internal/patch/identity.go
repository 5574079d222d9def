package patch

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/kube"
	"github.com/scantling/scantling/internal/load"
)

// identity is what tells whose object it is, and which: who changes that means another object. Labels are those by which policies,
// monitors, budgets and the cleaning of old objects know what is ours; the version is only for people.
var identity = [][]string{
	{"apiVersion"}, {"kind"}, {"metadata", "name"}, {"metadata", "namespace"}, {"metadata", "generateName"},
}

var identityLabels = []string{
	kube.LabelName, kube.LabelInstance, kube.LabelComponent, kube.LabelPartOf, kube.LabelManagedBy, kube.LabelTier, kube.LabelOwner,
	kube.LabelTrack, kube.LabelColor,
}

// labelled are the places of labels that must stay; a workload's selector cannot change while it runs.
var labelled = [][]string{
	{"metadata", "labels"},
	{"spec", "template", "metadata", "labels"},
	{"spec", "jobTemplate", "spec", "template", "metadata", "labels"},
}

// identity refuses a patch that makes the object another one, or somebody else's.
func (r *report) identity(before, after map[string]any) {
	for _, path := range identity {
		r.keeps(before, after, path)
	}
	for _, labels := range labelled {
		for _, label := range identityLabels {
			r.keeps(before, after, append(append([]string{}, labels...), label))
		}
	}
	if workload := at(before, []string{"spec", "template", "spec"}) != nil; workload {
		r.keeps(before, after, []string{"spec", "selector"})
	}
}

// keeps refuses a change of one field.
func (r *report) keeps(before, after map[string]any, path []string) {
	have, got := at(before, path), at(after, path)
	cause := r.cause(path)
	if reflect.DeepEqual(have, got) || slices.ContainsFunc(r.found, func(d diag.Diagnostic) bool { return d.Pos == r.patch.At(cause) }) {
		return // what one line does to several fields is one mistake
	}
	want := ""
	if text, ok := have.(string); ok {
		want = fmt.Sprintf("%q", text)
	}
	r.fail("patch-keeps-object", cause, fmt.Sprintf("%s of %s must stay as it is", pathOf(path), r.patch.Target), want, "")
}

// cause returns the part of the patch that changed a field of the object: the field itself, else what is around it.
func (r *report) cause(path []string) string {
	if r.patch.Merge != nil {
		return "patch." + pathOf(path)
	}
	cause := "patch"
	for i, op := range r.patch.Operations {
		if op.Op != "test" && overlaps(op.Path, path) || op.Op == "move" && overlaps(op.From, path) {
			cause = fmt.Sprintf("patch[%d]", i)
		}
	}
	return cause
}

// overlaps reports whether what a pointer leads to holds a path, or lies in what the path leads to.
func overlaps(pointer string, path []string) bool {
	for i, step := range steps(pointer) {
		if i < len(path) && unescape(step) != path[i] {
			return false
		}
	}
	return true
}

// at returns what stands at a path of a document; nil: nothing.
func at(v any, path []string) any {
	for _, name := range path {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[name]
	}
	return v
}

func pathOf(names []string) string {
	path := ""
	for _, name := range names {
		path = load.Join(path, name)
	}
	return path
}
