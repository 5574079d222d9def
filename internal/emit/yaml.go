// Package emit turns finished objects into YAML whose bytes never vary, and keeps the output directory in step with them
// without ever touching a file that is not its own.
package emit

import (
	"encoding/base64"
	"fmt"
	"reflect"
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
