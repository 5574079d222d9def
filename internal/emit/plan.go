package emit

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"sync"
)

// shape is the way the values of a Go type are written.
type shape uint8

const (
	unsupported shape = iota
	boolean
	integer
	unsigned
	float
	text
	number // json.Number
	binary // []byte, as base64
	structure
	mapping
	sequence
	pointer
	dynamic   // an interface: the value decides
	marshaler // json.Marshaler or encoding.TextMarshaler
)

// plan is how one Go type is written, worked out once.
type plan struct {
	shape  shape
	fields []field // of a structure, in output order
	elem   *plan   // of a pointer, sequence or mapping
}

// plans holds the finished plans, by reflect.Type. It is a cache of facts about types, so whoever fills it, the content is the same.
var plans sync.Map

// planOf returns the plan of t.
func planOf(t reflect.Type) (*plan, error) {
	if p, ok := plans.Load(t); ok {
		return p.(*plan), nil
	}
	// Types may be recursive, so a plan can refer to itself while it is built. Nobody may see it before it is complete, or
	// objects written in that instant would lose fields: all plans of one build are published together at its end.
	b := builder{}
	p, err := b.plan(t)
	if err != nil {
		return nil, err
	}
	for t, p := range b {
		plans.LoadOrStore(t, p)
	}
	return p, nil
}

// builder holds the plans of one build.
type builder map[reflect.Type]*plan

func (b builder) plan(t reflect.Type) (*plan, error) {
	if p, ok := b[t]; ok {
		return p, nil
	}
	p := &plan{shape: shapeOf(t)}
	b[t] = p
	var err error
	switch p.shape {
	case pointer, sequence, mapping:
		p.elem, err = b.plan(t.Elem())
	case structure:
		p.fields, err = b.fields(t)
	}
	return p, err
}

var (
	jsonMarshaler = reflect.TypeFor[json.Marshaler]()
	textMarshaler = reflect.TypeFor[encoding.TextMarshaler]()
)

func marshals(t reflect.Type) bool {
	pt := reflect.PointerTo(t)
	return pt.Implements(jsonMarshaler) || pt.Implements(textMarshaler)
}

func shapeOf(t reflect.Type) shape {
	switch {
	case t.Kind() == reflect.Pointer:
		return pointer
	case t.Kind() == reflect.Interface:
		return dynamic
	case t == reflect.TypeFor[json.Number]():
		return number
	case marshals(t):
		return marshaler
	}
	switch t.Kind() {
	case reflect.Bool:
		return boolean
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return integer
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return unsigned
	case reflect.Float32, reflect.Float64:
		return float
	case reflect.String:
		return text
	case reflect.Struct:
		return structure
	case reflect.Map:
		return mapping
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 && !marshals(t.Elem()) {
			return binary
		}
		return sequence
	case reflect.Array:
		return sequence
	}
	return unsupported
}

// marshaler writes a value that knows its own JSON or text.
func (w *writer) marshaler(v reflect.Value, at place) error {
	if v.CanAddr() {
		v = v.Addr()
	} else {
		c := reflect.New(v.Type())
		c.Elem().Set(v)
		v = c
	}
	m, ok := v.Interface().(json.Marshaler)
	if !ok {
		b, err := v.Interface().(encoding.TextMarshaler).MarshalText()
		if err != nil {
			return err
		}
		w.text(string(b), at)
		return nil
	}
	b, err := m.MarshalJSON()
	if err != nil {
		return err
	}
	return w.json(b, at)
}

// json writes a JSON text.
func (w *writer) json(b []byte, at place) error {
	// A quantity, a port or a time is a short string or integer without escapes: decoding it would cost more than writing the object.
	if n := len(b); n >= 2 && b[0] == '"' && b[n-1] == '"' && simple(b[1:n-1]) {
		w.text(string(b[1:n-1]), at)
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var x any
	if err := d.Decode(&x); err != nil {
		return fmt.Errorf("its own JSON is wrong: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("its own JSON is more than one value")
	}
	return w.any(x, at)
}

// simple reports whether b, from inside JSON quotes, stands for itself.
func simple(b []byte) bool {
	for _, c := range b {
		if c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
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
