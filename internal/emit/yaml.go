// Package emit turns finished objects into YAML whose bytes never vary, and keeps the output directory in step with them
// without ever touching a file that is not its own.
package emit

import (
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
)

// maxDepth bounds nesting, so that a cyclic value is an error and not an overflow of the stack; Kubernetes objects stay below 30.
const maxDepth = 500

var errDeep = fmt.Errorf("nested deeper than %d levels, or a cycle", maxDepth)

// AppendYAML appends v as one YAML document, in block style, and returns the extended buffer.
//
// A value is read the way encoding/json reads it (tags, omitempty, omitzero, embedding, marshalers), with two differences: fields
// and keys are sorted bytewise, and marshalers with a pointer receiver also serve values inside maps. Nothing is ever folded at
// a line width, so a change in one place never re-wraps another. Of typed objects (structs, not maps) the named paths that
// carry no intent are left out; see emptyPaths. A byte that is not UTF-8 becomes U+FFFD, as in JSON.
//
// It is safe for concurrent use. On an error dst is returned unchanged.
func AppendYAML(dst []byte, v any) ([]byte, error) {
	w := writer{buf: dst}
	if err := w.any(v, place{indent: -2, after: nothing}); err != nil {
		return dst, err
	}
	return w.buf, nil
}

// writer is the state of one AppendYAML call.
type writer struct {
	buf  []byte
	keys []string // a stack of map keys: each open map sorts its own at the top
}

// follows is what stands before a value on its line.
type follows uint8

const (
	nothing follows = iota // the value is the document
	key                    // "name:"
	dash                   // "-"
)

// place is where a value is written.
type place struct {
	indent int // column of the key or dash the value belongs to, -2 for a document
	after  follows
	depth  int
	prune  *prune // what may be left out below here, nil for nothing
}

// under returns the place of an entry at column indent of the collection written at p.
func (p place) under(indent int, after follows, prune *prune) place {
	return place{indent: indent, after: after, depth: p.depth + 1, prune: prune}
}

// entries returns the column of the entries of a mapping at p. A sequence shares it, unless it follows a key: then its
// dashes stand under the key itself, as kubectl and sigs.k8s.io/yaml write them.
func (p place) entries() int { return p.indent + 2 }

// any writes a value of which nothing is known before; the cases are those of decoded JSON and YAML documents.
func (w *writer) any(x any, at place) error {
	if at.depth > maxDepth {
		return errDeep
	}
	switch x := x.(type) {
	case nil:
		w.inline("null", at)
	case string:
		w.text(x, at)
	case bool:
		w.inline(strconv.FormatBool(x), at)
	case map[string]any:
		return w.document(x, at)
	case []any:
		return w.list(x, at)
	default:
		v := reflect.ValueOf(x)
		if v.Kind() == reflect.Pointer && !v.IsNil() && v.Elem().Kind() == reflect.Struct {
			v = v.Elem()
		}
		p, err := planOf(v.Type())
		if err != nil {
			return err
		}
		if at.after == nothing {
			at.prune = prunesOf(p, v)
		}
		return w.value(p, v, at)
	}
	return nil
}

// value writes v by the plan of its type.
func (w *writer) value(p *plan, v reflect.Value, at place) error {
	if at.depth > maxDepth {
		return errDeep
	}
	switch p.shape {
	case boolean:
		w.inline(strconv.FormatBool(v.Bool()), at)
	case integer:
		w.lead(at)
		w.buf = append(strconv.AppendInt(w.buf, v.Int(), 10), '\n')
	case unsigned:
		w.lead(at)
		w.buf = append(strconv.AppendUint(w.buf, v.Uint(), 10), '\n')
	case float:
		return w.float(v.Float(), v.Type().Bits(), at)
	case text:
		w.text(v.String(), at)
	case number:
		return w.number(v.String(), at)
	case binary:
		if v.IsNil() {
			w.inline("null", at)
		} else {
			w.text(base64.StdEncoding.EncodeToString(v.Bytes()), at)
		}
	case structure:
		return w.structure(p, v, at)
	case mapping:
		return w.mapping(p, v, at)
	case sequence:
		return w.sequence(p, v, at)
	case pointer, dynamic:
		if v.IsNil() {
			w.inline("null", at)
		} else if p.shape == pointer {
			at.depth++
			return w.value(p.elem, v.Elem(), at)
		} else {
			at.depth++
			return w.any(v.Elem().Interface(), at)
		}
	case marshaler:
		return w.marshaler(v, at)
	default:
		return fmt.Errorf("a %s has no form in YAML", v.Type())
	}
	return nil
}

// structure writes the fields of v, which its plan holds in output order.
func (w *writer) structure(p *plan, v reflect.Value, at place) error {
	if !v.CanAddr() { // marshalers with pointer receivers need an address
		c := reflect.New(v.Type()).Elem()
		c.Set(v)
		v = c
	}
	written := 0
	for i := range p.fields {
		f := &p.fields[i]
		fv, ok := f.of(v)
		if !ok {
			continue
		}
		rule := at.prune.at(f.name)
		if rule.always() {
			continue
		}
		start := len(w.buf)
		w.begin(written, at, at.entries())
		w.buf = append(w.buf, f.label...)
		valueAt := len(w.buf)
		if err := w.value(f.plan, fv, at.under(at.entries(), key, rule)); err != nil {
			return within(f.name, err)
		}
		if rule.says(w.buf[valueAt:]) {
			w.buf = w.buf[:start]
			continue
		}
		written++
	}
	if written == 0 {
		w.inline("{}", at)
	}
	return nil
}

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

// begin opens entry number n of a collection at p: on the line of the dash before it for the first, else on a line of its own.
func (w *writer) begin(n int, p place, column int) {
	switch {
	case n == 0 && p.after == nothing:
		return
	case n == 0 && p.after == dash:
		w.buf = append(w.buf, ' ')
		return
	case n == 0:
		w.buf = append(w.buf, '\n')
	}
	w.pad(column)
}

func (w *writer) pad(column int) {
	for range column {
		w.buf = append(w.buf, ' ')
	}
}

// lead separates a value from the key or dash on its line.
func (w *writer) lead(at place) {
	if at.after != nothing {
		w.buf = append(w.buf, ' ')
	}
}

// inline writes a value that needs no quoting and takes the rest of its line.
func (w *writer) inline(s string, at place) {
	w.lead(at)
	w.buf = append(w.buf, s...)
	w.buf = append(w.buf, '\n')
}

// pathError says where in the object a value could not be written.
type pathError struct {
	path string
	err  error
}

func (e *pathError) Error() string { return e.path + ": " + e.err.Error() }
func (e *pathError) Unwrap() error { return e.err }

// within adds a step in front of the path of err.
func within(step string, err error) error {
	if inner, ok := errors.AsType[*pathError](err); ok {
		return &pathError{step + "." + inner.path, inner.err}
	}
	return &pathError{step, err}
}
