package emit

import (
	"cmp"
	"encoding"
	"fmt"
	"reflect"
	"slices"
	"strconv"
)

// mapping writes a Go map with its keys, as JSON would spell them, in bytewise order.
func (w *writer) mapping(p *plan, v reflect.Value, at place) error {
	if v.IsNil() {
		w.inline("null", at)
		return nil
	}
	if m, ok := stringMap(v); ok {
		return writeMap(w, m, at, func(s string, at place) error { w.text(s, at); return nil })
	}
	type entry struct {
		key   string
		value reflect.Value
	}
	entries := make([]entry, 0, v.Len())
	for it := v.MapRange(); it.Next(); {
		k, err := keyText(it.Key())
		if err != nil {
			return err
		}
		entries = append(entries, entry{k, it.Value()})
	}
	slices.SortFunc(entries, func(a, b entry) int { return cmp.Compare(a.key, b.key) })
	for i, e := range entries {
		w.begin(i, at, at.entries())
		w.key(e.key, at.entries())
		if err := w.value(p.elem, e.value, at.under(at.entries(), key, nil)); err != nil {
			return within(e.key, err)
		}
	}
	if len(entries) == 0 {
		w.inline("{}", at)
	}
	return nil
}

// document writes a mapping of a decoded document.
func (w *writer) document(m map[string]any, at place) error {
	if m == nil {
		w.inline("null", at)
		return nil
	}
	return writeMap(w, m, at, w.any)
}

// writeMap writes a map with string keys, each value by the function given.
func writeMap[V any](w *writer, m map[string]V, at place, value func(V, place) error) error {
	if len(m) == 0 {
		w.inline("{}", at)
		return nil
	}
	base := len(w.keys)
	for k := range m {
		w.keys = append(w.keys, k)
	}
	slices.Sort(w.keys[base:])
	for i := range len(m) {
		k := w.keys[base+i]
		w.begin(i, at, at.entries())
		w.key(k, at.entries())
		if err := value(m[k], at.under(at.entries(), key, nil)); err != nil {
			return within(k, err)
		}
	}
	w.keys = w.keys[:base]
	return nil
}

// sequence writes a slice or an array.
func (w *writer) sequence(p *plan, v reflect.Value, at place) error {
	if v.Kind() == reflect.Slice && v.IsNil() {
		w.inline("null", at)
		return nil
	}
	return w.items(v.Len(), at, func(i int, at place) error { return w.value(p.elem, v.Index(i), at) })
}

// list writes a sequence of a decoded document.
func (w *writer) list(l []any, at place) error {
	if l == nil {
		w.inline("null", at)
		return nil
	}
	return w.items(len(l), at, func(i int, at place) error { return w.any(l[i], at) })
}

// items writes n items, each by the function given.
func (w *writer) items(n int, at place, item func(i int, at place) error) error {
	if n == 0 {
		w.inline("[]", at)
		return nil
	}
	column := at.entries()
	if at.after == key {
		column = at.indent
	}
	for i := range n {
		w.begin(i, at, column)
		w.buf = append(w.buf, '-')
		if err := item(i, at.under(column, dash, at.prune)); err != nil {
			return within(strconv.Itoa(i), err)
		}
	}
	return nil
}

// stringMap returns v as a plain map of strings, if it is one under whatever name: labels, annotations, data.
func stringMap(v reflect.Value) (map[string]string, bool) {
	t := v.Type()
	if t.Key() != reflect.TypeFor[string]() || t.Elem() != reflect.TypeFor[string]() {
		return nil, false
	}
	m, ok := v.Interface().(map[string]string)
	if !ok {
		m, ok = v.Convert(reflect.TypeFor[map[string]string]()).Interface().(map[string]string)
	}
	return m, ok
}

// keyText returns a map key as encoding/json would spell it.
func keyText(k reflect.Value) (string, error) {
	switch {
	case k.Kind() == reflect.String:
		return k.String(), nil
	case k.Type().Implements(textMarshaler):
		b, err := k.Interface().(encoding.TextMarshaler).MarshalText()
		return string(b), err
	case k.CanInt():
		return strconv.FormatInt(k.Int(), 10), nil
	case k.CanUint():
		return strconv.FormatUint(k.Uint(), 10), nil
	}
	return "", fmt.Errorf("a key of type %s has no form in YAML", k.Type())
}
