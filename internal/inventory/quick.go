package inventory

import (
	"reflect"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// quickly decodes fields into a value of the type of their kind, several times as fast as the converter of Kubernetes. At what is not plainly
// of the type that it should be, and at types that read their own JSON, it gives up, and the converter decodes all of it. What both decode
// is the same.
func quickly(fields map[string]any, v reflect.Value) bool {
	plan := planOf(v.Type())
	if plan == nil {
		return false
	}
	for name, value := range fields {
		at, ok := plan[name]
		if ok && value != nil && !set(v.FieldByIndex(at), value) {
			return false
		}
	}
	return true
}

// set puts a decoded value, which is not nil, where it belongs.
func set(to reflect.Value, value any) bool {
	switch special := to.Addr().Interface().(type) {
	case *resource.Quantity:
		return setQuantity(special, value)
	case *intstr.IntOrString:
		return setIntOrString(special, value)
	case *any:
		*special = value
		return true
	}
	switch value := value.(type) {
	case string:
		if to.Kind() == reflect.String {
			to.SetString(value)
			return true
		}
	case bool:
		if to.Kind() == reflect.Bool {
			to.SetBool(value)
			return true
		}
	case int64:
		if to.CanInt() && !to.OverflowInt(value) {
			to.SetInt(value)
			return true
		}
	case map[string]any:
		switch to.Kind() {
		case reflect.Struct:
			return quickly(value, to)
		case reflect.Map:
			return setMap(to, value)
		}
	case []any:
		if to.Kind() == reflect.Slice {
			return setList(to, value)
		}
	}
	if to.Kind() == reflect.Pointer {
		to.Set(reflect.New(to.Type().Elem()))
		return set(to.Elem(), value)
	}
	return false
}

func setList(to reflect.Value, values []any) bool {
	to.Set(reflect.MakeSlice(to.Type(), len(values), len(values)))
	for i, value := range values {
		if value != nil && !set(to.Index(i), value) {
			return false
		}
	}
	return true
}

func setMap(to reflect.Value, values map[string]any) bool {
	if texts, ok := to.Addr().Interface().(*map[string]string); ok {
		*texts = make(map[string]string, len(values))
		for name, value := range values {
			if (*texts)[name], ok = value.(string); !ok {
				return false
			}
		}
		return true
	}
	t := to.Type()
	if t.Key().Kind() != reflect.String {
		return false
	}
	to.Set(reflect.MakeMapWithSize(t, len(values)))
	for name, value := range values {
		element := reflect.New(t.Elem()).Elem()
		if value != nil && !set(element, value) {
			return false
		}
		to.SetMapIndex(reflect.ValueOf(name).Convert(t.Key()), element)
	}
	return true
}

func setQuantity(to *resource.Quantity, value any) bool {
	text, ok := value.(string)
	if !ok || text == "" {
		return false
	}
	q, err := resource.ParseQuantity(text)
	*to = q
	return err == nil
}

func setIntOrString(to *intstr.IntOrString, value any) bool {
	switch value := value.(type) {
	case string:
		*to = intstr.FromString(value)
		return true
	case int64:
		*to = intstr.FromInt32(int32(value))
		return int64(to.IntVal) == value
	}
	return false
}

// plans are the fields of types by their names in JSON. They are written once and then only read.
var plans sync.Map // of reflect.Type and map[string][]int

// planOf returns where the fields of a struct stand; nil: it reads its JSON itself.
func planOf(t reflect.Type) map[string][]int {
	if known, ok := plans.Load(t); ok {
		return known.(map[string][]int)
	}
	var plan map[string][]int
	if !reflect.PointerTo(t).Implements(reflect.TypeFor[interface{ UnmarshalJSON([]byte) error }]()) {
		plan = map[string][]int{}
		for i := range t.NumField() {
			f := t.Field(i)
			name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
			switch inlined := name == "" && (f.Anonymous || strings.Contains(options, "inline")); {
			case inlined && f.Type.Kind() == reflect.Struct:
				for below, path := range planOf(f.Type) {
					plan[below] = append([]int{i}, path...)
				}
			case !inlined && f.IsExported():
				if name == "" {
					name = f.Name
				}
				plan[name] = []int{i}
			}
		}
	}
	plans.Store(t, plan)
	return plan
}
