package emit

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// field is one key of a structure.
type field struct {
	name      string
	label     []byte // the name with its colon, quoted where it must be
	index     []int  // path through embedded structs
	tagged    bool
	plan      *plan
	omitEmpty bool
	omitZero  bool
}

// of returns the field of struct v, and whether it is to be written.
func (f *field) of(v reflect.Value) (reflect.Value, bool) {
	for i, x := range f.index {
		if i > 0 && v.Kind() == reflect.Pointer {
			if v.IsNil() {
				return v, false
			}
			v = v.Elem()
		}
		v = v.Field(x)
	}
	return v, !(f.omitEmpty && empty(v) || f.omitZero && zero(v))
}

// empty is the meaning of omitempty; a struct is never empty.
func empty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Array, reflect.Map, reflect.Slice, reflect.String:
		return v.Len() == 0
	case reflect.Struct:
		return false
	}
	return v.IsZero()
}

// zero is the meaning of omitzero: a type may say itself what zero is. The fields of a structure are always addressable.
func zero(v reflect.Value) bool {
	if v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		return v.IsNil()
	}
	if z, ok := v.Addr().Interface().(interface{ IsZero() bool }); ok {
		return z.IsZero()
	}
	return v.IsZero()
}

// fields returns the fields of t that JSON would write, sorted by name. Of several with one name the least deeply embedded
// wins, then the one with a tag; where that leaves two, neither is written.
func (b builder) fields(t reflect.Type) ([]field, error) {
	all, err := b.collect(t, nil, map[reflect.Type]bool{})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(all, func(x, y field) int {
		return cmp.Or(cmp.Compare(x.name, y.name), precedence(x, y))
	})
	var won []field
	for len(all) > 0 {
		n := 1
		for n < len(all) && all[n].name == all[0].name {
			n++
		}
		if n == 1 || precedence(all[0], all[1]) != 0 {
			won = append(won, all[0])
		}
		all = all[n:]
	}
	return won, nil
}

// precedence is negative when x hides y.
func precedence(x, y field) int {
	if c := cmp.Compare(len(x.index), len(y.index)); c != 0 || x.tagged == y.tagged {
		return c
	}
	if x.tagged {
		return -1
	}
	return 1
}

// collect lists the fields of t and of the structs embedded in it. open holds the embedding types, so that a type that embeds
// a pointer to itself ends.
func (b builder) collect(t reflect.Type, index []int, open map[reflect.Type]bool) ([]field, error) {
	if open[t] {
		return nil, nil
	}
	open[t] = true
	defer delete(open, t)
	var all []field
	for i := range t.NumField() {
		sf := t.Field(i)
		tag := sf.Tag.Get("json")
		if tag == "-" {
			continue
		}
		name, options, _ := strings.Cut(tag, ",")
		path := append(slices.Clip(index), i)
		if inner, ok := embedded(sf); ok && name == "" && !marshals(inner) {
			fields, err := b.collect(inner, path, open)
			if err != nil {
				return nil, err
			}
			all = append(all, fields...)
			continue
		}
		if !sf.IsExported() {
			continue
		}
		f := field{name: cmp.Or(name, sf.Name), index: path, tagged: name != ""}
		f.label = appendKey(nil, f.name, 0)
		for option := range strings.SplitSeq(options, ",") {
			switch option {
			case "omitempty":
				f.omitEmpty = true
			case "omitzero":
				f.omitZero = true
			case "string":
				return nil, fmt.Errorf("%s.%s: the option \"string\" of its json tag is not supported", t, sf.Name)
			}
		}
		var err error
		if f.plan, err = b.plan(sf.Type); err != nil {
			return nil, err
		}
		all = append(all, f)
	}
	return all, nil
}

// embedded returns the struct that sf embeds, directly or by an exported pointer.
func embedded(sf reflect.StructField) (reflect.Type, bool) {
	t := sf.Type
	if t.Kind() == reflect.Pointer && sf.IsExported() {
		t = t.Elem()
	}
	return t, sf.Anonymous && t.Kind() == reflect.Struct
}
