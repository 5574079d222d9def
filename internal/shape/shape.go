// Package shape holds values that people wrote against the types of the Kubernetes API, as strictly as its server can.
package shape

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/scantling/scantling/internal/load"
)

// Mismatch is a value that its type does not take, or a field that it does not have.
type Mismatch struct{ Path, Problem, Want, Help string }

// Check holds a value of maps, lists and scalars against a type, and names what does not fit by its path, which begins with path. In a
// strategic merge patch fields may be directives, and elements of lists must say which they are.
func Check(t reflect.Type, v any, path string, patch bool) []Mismatch {
	s := shape{patch: patch}
	s.check(t, v, path)
	return s.found
}

type shape struct {
	patch bool // the value is a strategic merge patch
	found []Mismatch
}

func (s *shape) fail(path, problem, want, help string) {
	s.found = append(s.found, Mismatch{path, problem, want, help})
}

var unmarshaler = reflect.TypeFor[json.Unmarshaler]()

// check holds the value at path against t.
func (s *shape) check(t reflect.Type, v any, path string) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case v == nil || t.Kind() == reflect.Interface:
		return
	case reflect.PointerTo(t).Implements(unmarshaler):
		s.special(t, v, path)
		return
	}
	want := ""
	switch t.Kind() {
	case reflect.Struct:
		if m, ok := v.(map[string]any); ok {
			s.fields(t, m, path)
			return
		}
		want = "a struct"
	case reflect.Map:
		if m, ok := v.(map[string]any); ok {
			for _, k := range slices.Sorted(maps.Keys(m)) {
				if !s.patch || k != "$patch" {
					s.check(t.Elem(), m[k], load.Join(path, k))
				}
			}
			return
		}
		want = "a struct"
	case reflect.Slice:
		want = s.list(t, v, path)
	case reflect.String:
		want = unless(isA[string](v), "a text")
	case reflect.Bool:
		want = unless(isA[bool](v), "true or false")
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		i, ok := v.(int64)
		if ok && t.Bits() == 32 && (i < math.MinInt32 || i > math.MaxInt32) {
			s.fail(path, fmt.Sprintf("%d does not fit", i), fmt.Sprintf("a whole number up to %d", math.MaxInt32), "")
			return
		}
		want = unless(ok, "a whole number")
	case reflect.Float32, reflect.Float64:
		want = unless(isA[int64](v) || isA[float64](v), "a number")
	}
	if want != "" {
		s.fail(path, fmt.Sprintf("%s is not %s", Show(v), want), "", quotes(v, want, path))
	}
}

// list holds a list against t; it returns what is wanted instead of v.
func (s *shape) list(t reflect.Type, v any, path string) (want string) {
	if t.Elem().Kind() == reflect.Uint8 {
		return unless(isA[string](v), "a text in base64")
	}
	l, ok := v.([]any)
	if !ok {
		return "a list"
	}
	for i, e := range l {
		s.check(t.Elem(), e, path+"["+strconv.Itoa(i)+"]")
	}
	return ""
}

// fields holds the fields of a struct against t.
func (s *shape) fields(t reflect.Type, m map[string]any, path string) {
	known := structFields(t)
	for _, name := range slices.Sorted(maps.Keys(m)) {
		f, ok := known[name]
		switch {
		case s.patch && strings.HasPrefix(name, "$"):
			s.directive(name, m[name], known, load.Join(path, name))
		case ok:
			s.check(f.Type, m[name], load.Join(path, name))
			s.keyed(f, m[name], load.Join(path, name))
		default:
			s.unknown(load.Join(path, name), name, slices.Sorted(maps.Keys(known)))
		}
	}
}

// fewNames is up to how many names of fields a message lists: a pod has forty.
const fewNames = 12

func (s *shape) unknown(path, name string, names []string) {
	want, help := "", ""
	if len(names) <= fewNames {
		want = load.Prose(names, "or")
	}
	if near := load.Nearest(name, names); near != "" {
		help = fmt.Sprintf("did you mean %q?", near)
	}
	s.fail(path, fmt.Sprintf("unknown field %q", load.Clip(name)), want, help)
}

// directives are what strategic merge reads beside fields, the prefix of a field's name where they end in a slash.
var directives = []string{"$patch", "$retainKeys", "$setElementOrder/", "$deleteFromPrimitiveList/"}

func (s *shape) directive(name string, v any, known map[string]reflect.StructField, path string) {
	word, field, of := strings.Cut(name, "/")
	if of {
		word += "/"
	}
	_, isField := known[field]
	_, isList := v.([]any)
	switch {
	case !slices.Contains(directives, word):
		s.fail(path, fmt.Sprintf("unknown directive %q", load.Clip(name)), load.Prose(directives, "or"), "")
	case of && !isField:
		s.fail(path, fmt.Sprintf("there is no field %q", load.Clip(field)), "", "")
	case word == "$patch" && v != "delete" && v != "replace" && v != "merge":
		s.fail(path, Show(v)+" is not a directive", `"delete", "replace" or "merge"`, "")
	case word != "$patch" && !isList:
		s.fail(path, Show(v)+" is not a list", "", "")
	}
}

// keyed sees to it that elements of a list that is merged bear the key by which they are found.
func (s *shape) keyed(f reflect.StructField, v any, path string) {
	key := f.Tag.Get("patchMergeKey")
	l, ok := v.([]any)
	if key == "" || !ok || !s.patch || !strings.Contains(f.Tag.Get("patchStrategy"), "merge") {
		return
	}
	for i, e := range l {
		m, ok := e.(map[string]any)
		if ok && m[key] == nil && m["$patch"] != "replace" {
			at := path + "[" + strconv.Itoa(i) + "]"
			s.fail(at, fmt.Sprintf("nothing says which element this is: it has no %s", key), key+", by which the elements of this list are told apart", "")
		}
	}
}

// structFields are the fields of a struct by their names in JSON, those of embedded ones among them.
func structFields(t reflect.Type) map[string]reflect.StructField {
	fields := map[string]reflect.StructField{}
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		inner := f.Type
		if inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		switch {
		case name == "" && f.Anonymous && inner.Kind() == reflect.Struct:
			maps.Copy(fields, structFields(inner))
		case name != "" && name != "-":
			fields[name] = f
		}
	}
	return fields
}

// special asks a type that reads its own JSON.
func (s *shape) special(t reflect.Type, v any, path string) {
	text, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(text, reflect.New(t).Interface())
	}
	if err != nil {
		want := "a " + strings.ToLower(t.Name())
		switch t.Name() {
		case "IntOrString":
			want = `a whole number or a text, such as 1 or "25%"`
		case "Quantity":
			want = `a quantity, such as "500m" or "1Gi"`
		case "Time", "MicroTime":
			want = `a time, such as "2027-03-31T12:00:00Z"`
		}
		s.fail(path, Show(v)+" is not right here", want, "")
	}
}

// quotes shows how a scalar that is of the wrong type for its quotes is written.
func quotes(v any, want, path string) string {
	name := path[strings.LastIndexByte(path, '.')+1:] + ": "
	if strings.HasSuffix(name, "]: ") { // an element of a list has no name
		name = ""
	}
	switch x := v.(type) {
	case string:
		_, err := strconv.ParseInt(x, 10, 64)
		if want == "a whole number" && err == nil || want == "true or false" && (x == "true" || x == "false") {
			return fmt.Sprintf("remove the quotes: %s%s", name, x)
		}
	case int64, bool:
		if want == "a text" {
			return fmt.Sprintf("add quotes: %s%q", name, fmt.Sprint(x))
		}
	}
	return ""
}

// Show writes a value for a message.
func Show(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case map[string]any:
		return "a struct"
	case []any:
		return "a list"
	case string:
		return fmt.Sprintf("%q", load.Clip(v))
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1e15 {
			return fmt.Sprintf("%.1f", v) // 3.0 is no 3
		}
	}
	return fmt.Sprint(v)
}

func isA[T any](v any) bool {
	_, ok := v.(T)
	return ok
}

func unless(ok bool, want string) string {
	if ok {
		return ""
	}
	return want
}
