// Package patch is the escape hatch: it changes generated objects as a team asks, and refuses what would not be the object any more.
package patch

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
	"github.com/scantling/scantling/internal/load"
	"github.com/scantling/scantling/internal/shape"
)

// Apply makes an app's patches, in their order, on the objects that are rendered for it. The objects that it is given are not
// changed: those that no patch names are returned as they are, and the others are replaced at their place. An object that a
// diagnostic is about stays as it was.
func Apply(a *app.App, objects []generator.Object) ([]generator.Object, []diag.Diagnostic) {
	if len(a.Patches) == 0 {
		return objects, nil
	}
	out := slices.Clone(objects)
	var found []diag.Diagnostic
	for _, p := range a.Patches {
		r := report{patch: p}
		if i := r.target(out, a.Namespace); i >= 0 {
			out[i] = r.apply(out[i])
		}
		found = append(found, r.found...)
	}
	return out, found
}

// report is one patch and what there is to say about it.
type report struct {
	patch app.Patch
	found []diag.Diagnostic
}

// fail adds an error about a path of the patch.
func (r *report) fail(rule, path, problem, want, help string) {
	r.found = append(r.found, diag.Diagnostic{
		Rule: rule, Pos: r.patch.At(path), Path: strings.TrimSuffix(r.patch.Path+"."+path, "."), Problem: problem, Want: want, Help: help,
	})
}

// target returns the index of the object that the patch names; negative: there is none. Of two with one name, as where drills have a
// namespace of their own, the one in the app's namespace is meant. The hash at the end of a name, which is another with each image or
// content, may be left out.
func (r *report) target(objects []generator.Object, namespace string) int {
	names := make([]string, len(objects))
	target, hashed := -1, []int(nil)
	for i, o := range objects {
		names[i] = kube.Kind(o) + "/" + o.GetName()
		if names[i] == r.patch.Target && (target < 0 || o.GetNamespace() == namespace) {
			target = i
		}
		if name, hash, ok := cutLast(names[i]); ok && name == r.patch.Target && isHash(hash) {
			hashed = append(hashed, i)
		}
	}
	switch {
	case target >= 0:
		return target
	case len(hashed) == 1:
		return hashed[0]
	}
	help := ""
	if near := nearest(r.patch.Target, names); near != "" {
		help = fmt.Sprintf("did you mean %q?", near)
	}
	kind, _, _ := strings.Cut(r.patch.Target, "/")
	if slices.Contains([]string{"Namespace", "ResourceQuota", "LimitRange"}, kind) && help == "" {
		help = "what a namespace holds beside its apps is of all of them, so no app may patch it"
	}
	r.fail("patch-finds-object", "target", fmt.Sprintf("no %s is rendered for this app", r.patch.Target), load.Prose(ofKind(kind, names), "or"), help)
	return -1
}

// cutLast cuts a name at its last dash.
func cutLast(name string) (before, after string, ok bool) {
	i := strings.LastIndexByte(name, '-')
	if i < 0 {
		return name, "", false
	}
	return name[:i], name[i+1:], true
}

// isHash reports whether the end of a name is what our names of changing content end in: eight digits of a hash.
func isHash(s string) bool { return len(s) == 8 && strings.Trim(s, "0123456789abcdef") == "" }

// ofKind returns the targets of a kind; all of them where there is none of it.
func ofKind(kind string, names []string) []string {
	same := slices.DeleteFunc(slices.Clone(names), func(n string) bool { return !strings.HasPrefix(n, kind+"/") })
	if len(same) == 0 {
		return names
	}
	return same
}

// nearest returns the target that was probably meant: of the same kind if there is but one of it, else one of nearly the same letters.
func nearest(target string, names []string) string {
	if near := load.Nearest(target, names); near != "" {
		return near
	}
	kind, _, _ := strings.Cut(target, "/")
	if same := ofKind(kind, names); len(same) == 1 {
		return same[0]
	}
	return ""
}

// apply returns the patched object; the object itself where the patch is refused.
func (r *report) apply(o generator.Object) generator.Object {
	before, err := document(o)
	if err != nil {
		r.fail("patch-is-possible", "patch", "this object cannot be patched", "", "what broke is a defect of scantling, please report it")
		return o
	}
	t := schemaOf(o)
	after := before
	if r.patch.Merge != nil {
		after = r.merge(before, t)
	} else {
		after = r.operate(before)
	}
	if len(r.found) > 0 {
		return o
	}
	if r.patch.Merge == nil {
		r.misshapen(mismatches(t, after, "", false))
	}
	if len(r.found) == 0 {
		r.identity(before, after)
	}
	if len(r.found) > 0 {
		return o
	}
	patched, after := r.typed(o, after)
	if len(r.found) == 0 && reflect.DeepEqual(before, after) {
		r.fail("patch-has-effect", "patch", fmt.Sprintf("this changes nothing: %s is so already", r.patch.Target), "", "remove the patch")
	}
	if len(r.found) > 0 {
		return o
	}
	return patched
}

// mismatches holds a patch or what it leads to against the type of the object; where we do not know all of it, its metadata alone.
func mismatches(t reflect.Type, v map[string]any, path string, directives bool) []shape.Mismatch {
	if t != nil {
		return shape.Check(t, v, path, directives)
	}
	return shape.Check(reflect.TypeFor[metav1.ObjectMeta](), v["metadata"], load.Join(path, "metadata"), false)
}

// misshapen reports what an object of its type cannot hold, each at the last operation that wrote there.
func (r *report) misshapen(found []shape.Mismatch) {
	for _, m := range found {
		at := len(r.patch.Operations) - 1
		for i, op := range r.patch.Operations {
			if path := pointerPath(op.Path); strings.HasPrefix(m.Path, path) {
				at = i
			}
		}
		r.fail("patch-fits-object", fmt.Sprintf("patch[%d]", at), m.Path+": "+m.Problem, m.Want, m.Help)
	}
}

// merge lays the patch over a document: of a type of Kubernetes' own as kubectl does by default, of another as a JSON merge patch.
func (r *report) merge(before map[string]any, t reflect.Type) map[string]any {
	for _, m := range mismatches(t, r.patch.Merge, "patch", t != nil) {
		r.fail("patch-fits-object", m.Path, m.Problem, m.Want, m.Help)
	}
	switch {
	case len(r.found) > 0:
		return nil
	case t == nil:
		return mergeJSON(before, r.patch.Merge).(map[string]any)
	}
	after, err := mergeStrategic(before, r.patch.Merge, t)
	if err != nil {
		r.fail("patch-is-possible", "patch", "this is not a strategic merge patch of "+r.patch.Target, "fields of the object, and directives such as $patch: delete at an element of a list", "a list of JSON patch operations says more exactly what is to be done")
	}
	return after
}

// operate does the operations on a document.
func (r *report) operate(before map[string]any) map[string]any {
	var root any = clone(before)
	for i, op := range r.patch.Operations {
		after, problem := operation(root, op)
		if problem != "" {
			r.fail("patch-is-possible", fmt.Sprintf("patch[%d]", i), problem, "", "")
			return nil
		}
		root = after
	}
	after, ok := root.(map[string]any)
	if !ok {
		r.fail("patch-keeps-object", "patch", "nothing is left of "+r.patch.Target, "", "")
		return nil
	}
	return after
}

// clone copies a document.
func clone(v any) any {
	switch v := v.(type) {
	case map[string]any:
		m := maps.Clone(v)
		for k, e := range m {
			m[k] = clone(e)
		}
		return m
	case []any:
		l := slices.Clone(v)
		for i, e := range l {
			l[i] = clone(e)
		}
		return l
	}
	return v
}
