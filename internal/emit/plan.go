package emit

import (
	"encoding"
	"encoding/json"
	"reflect"
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
