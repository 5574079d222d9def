package emit

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
)

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
	if isPositiveInteger(b) {
		w.inline(string(b), at)
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

// isPositiveInteger reports whether b is one, as JSON writes it.
func isPositiveInteger(b []byte) bool {
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(b) > 0 && b[0] != '0'
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
