package patch

import (
	"fmt"
	"reflect"
	"strings"

	"k8s.io/apimachinery/pkg/util/json"
	"k8s.io/apimachinery/pkg/util/strategicpatch"

	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

// document returns an object as the API server would get it: of maps, lists, strings, bools, int64 and float64.
func document(o generator.Object) (map[string]any, error) {
	if p, ok := o.(kube.Passthrough); ok {
		return clone(map[string]any(p)).(map[string]any), nil
	}
	text, err := json.Marshal(o)
	if err != nil {
		return nil, err
	}
	var fields map[string]any
	if err := json.Unmarshal(text, &fields); err != nil {
		return nil, err
	}
	delete(fields, "status") // the cluster's, and never written
	return fields, nil
}

// schemaOf returns the type of an object that has all fields of its kind, which is so for Kubernetes' own kinds; nil: the object's type
// is none, or only the part that we write.
func schemaOf(o generator.Object) reflect.Type {
	t := reflect.TypeOf(o)
	if t.Kind() != reflect.Pointer || !strings.HasPrefix(t.Elem().PkgPath(), "k8s.io/api/") {
		return nil
	}
	return t.Elem()
}

// typed returns a patched document as an object of the type that it had, with what that object comes to as a document. A kind of which
// our type has only a part stays a document as soon as it has more.
func (r *report) typed(o generator.Object, fields map[string]any) (generator.Object, map[string]any) {
	t := reflect.TypeOf(o)
	if t.Kind() != reflect.Pointer {
		return kube.Passthrough(fields), fields
	}
	v := reflect.New(t.Elem())
	text, err := json.Marshal(fields)
	if err == nil {
		err = json.Unmarshal(text, v.Interface())
	}
	after := fields
	if err == nil {
		after, err = document(v.Interface().(generator.Object))
	}
	switch {
	case schemaOf(o) == nil && (err != nil || !reflect.DeepEqual(after, fields)):
		return kube.Passthrough(fields), fields
	case err != nil:
		r.fail("patch-fits-object", "patch", "this leaves no "+kube.Kind(o)+" that Kubernetes would take", "", "")
		return o, fields
	}
	return v.Interface().(generator.Object), after
}

// mergeStrategic is what kubectl patch does by default. The library is made for objects that an API server has looked at: should it
// panic on some patch, that patch is refused.
func mergeStrategic(before, patch map[string]any, t reflect.Type) (after map[string]any, err error) {
	defer func() {
		if p := recover(); p != nil {
			after, err = nil, fmt.Errorf("%v", p)
		}
	}()
	original, changes := clone(before).(map[string]any), clone(patch).(map[string]any)
	return strategicpatch.StrategicMergeMapPatch(original, changes, reflect.New(t).Elem().Interface())
}

// mergeJSON is a JSON merge patch (RFC 7386), which replaces lists and removes what is null.
func mergeJSON(before, patch any) any {
	changes, ok := patch.(map[string]any)
	if !ok {
		return clone(patch)
	}
	after := map[string]any{}
	if fields, ok := before.(map[string]any); ok {
		after = clone(fields).(map[string]any)
	}
	for k, v := range changes {
		if v == nil {
			delete(after, k)
		} else {
			after[k] = mergeJSON(after[k], v)
		}
	}
	return after
}
