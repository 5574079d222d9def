package load

import (
	"testing"
)

// TestOutline wants the text of each field: its label, its value, and the whole of it.
func TestOutline(t *testing.T) {
	for _, test := range []struct {
		name, file, text string
		path             []string
		form             Form
		value, whole     string
	}{
		{"CUE", "a.cue", "a: b: {c: \"x\" @n(1), d: 2}", []string{"a", "b", "c"}, Plain, `"x"`, `c: "x" @n(1)`},
		{"CUE chain", "a.cue", "a: b: {c: 1}\n", []string{"a"}, Chained, "b: {c: 1}", "a: b: {c: 1}"},
		{"CUE braces", "a.cue", "a: b: {c: 1}\n", []string{"a", "b"}, Braced, "{c: 1}", "b: {c: 1}"},
		{"CUE beside templates", "a.cue", "a: #A & {b: 1} & #B\n", []string{"a"}, Braced, "{b: 1}", "a: #A & {b: 1} & #B"},
		{"CUE below templates", "a.cue", "a: #A & {b: 1} & #B\n", []string{"a", "b"}, Plain, "1", "b: 1"},
		{"CUE two structs", "a.cue", "a: {b: 1} & {c: 2}\n", []string{"a"}, Opaque, "{b: 1} & {c: 2}", "a: {b: 1} & {c: 2}"},
		{"CUE choice", "a.cue", "a: {b: 1} | #A\n", []string{"a"}, Opaque, "{b: 1} | #A", "a: {b: 1} | #A"},
		{"CUE expression", "a.cue", "a: {b: 1 + 2}", []string{"a", "b"}, Opaque, "1 + 2", "b: 1 + 2"},
		{"CUE text over lines", "a.cue", "a: \"\"\"\r\n\tx\r\n\t\"\"\"\r\nb: 1", []string{"a"}, Opaque, "\"\"\"\r\n\tx\r\n\t\"\"\"", "a: \"\"\"\r\n\tx\r\n\t\"\"\""},
		{"CUE behind it", "a.cue", "\ufeffa: \"\"\"\r\n\tx\r\n\t\"\"\"\r\nb: 1", []string{"b"}, Plain, "1", "b: 1"},
		{"YAML", "a.yaml", "a:\n  b: x y # c\n", []string{"a", "b"}, Plain, "x y", "b: x y"},
		{"YAML below", "a.yaml", "a: # c\n  b: 1\n  c: [1,\n   2]\nd: 1", []string{"a"}, Below, "b: 1\n  c: [1,\n   2]", "a: # c\n  b: 1\n  c: [1,\n   2]"},
		{"YAML braces", "a.yaml", "a: {b: 'it''s}', c: \"\\\"}\" # }\n }\n", []string{"a"}, Braced, "{b: 'it''s}', c: \"\\\"}\" # }\n }", "a: {b: 'it''s}', c: \"\\\"}\" # }\n }"},
		{"YAML over lines", "a.yaml", "a:\n  b: x\n\n   y\n  c: 1\n", []string{"a", "b"}, Opaque, "x\n\n   y", "b: x\n\n   y"},
		{"YAML block", "a.yaml", "a:\n  b: |\r\n    x\r\n\r\n   # c\r\n  # d\r\n  c: 1\n", []string{"a", "b"}, Opaque, "|\r\n    x\r\n\r\n   # c", "b: |\r\n    x\r\n\r\n   # c"},
		{"YAML anchor", "a.yaml", "a: &x 1\nb: *x\n", []string{"a"}, Opaque, "&x 1", "a: &x 1"},
		{"YAML alias", "a.yaml", "a: &x 1\nb: *x # c\n", []string{"b"}, Opaque, "*x", "b: *x"},
		{"YAML anchored struct", "a.yaml", "a: &x {b: 1}\n", []string{"a", "b"}, Plain, "1", "b: 1"},
		{"YAML nothing", "a.yaml", "a:\nb: 1\n", []string{"a"}, Opaque, "", "a:"},
		{"YAML wide", "a.yaml", "\ufeffü€: {😀: \"ä\", b: 1}\r\n", []string{"ü€", "b"}, Plain, "1", "b: 1"},
		{"JSON", "a.json", "{\"a\": {\"b\": [\"x\", {}], \"c\": \"\\u00e9\"}}", []string{"a", "c"}, Plain, `"\u00e9"`, `"c": "\u00e9"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			w, ok := Outline(test.file, []byte(test.text))
			if !ok {
				t.Fatal("it is not read")
			}
			for _, key := range test.path {
				var next *Written
				for _, f := range w.Fields {
					if f.Key == key {
						next = f
					}
				}
				if w = next; w == nil {
					t.Fatalf("there is no %s", key)
				}
			}
			if got := test.text[w.Value:w.ValueEnd]; got != test.value || w.Form != test.form {
				t.Errorf("the value is %q in form %d, want %q in form %d", got, w.Form, test.value, test.form)
			}
			if got := test.text[w.Start:w.End]; got != test.whole {
				t.Errorf("the field is %q, want %q", got, test.whole)
			}
		})
	}
}

// FuzzOutline wants the outline of whatever the loader reads as YAML to fit the text: fields inside their struct, in order.
func FuzzOutline(f *testing.F) {
	for _, seed := range []string{"a: {b: 1, c: [x, {y: z}]} # c", "a:\n  - b: |\n      x\n    c: 'd'\n", "{\"a\": \"b\"}", "? a\n: b\n", "a: &b !!str c\nd: *b\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		root, ok := Outline("a.yaml", []byte(text))
		if !ok {
			return
		}
		var check func(w *Written)
		check = func(w *Written) {
			if w.Start > w.LabelEnd || w.LabelEnd > w.ValueEnd || w.Value > w.ValueEnd && w.ValueEnd != w.LabelEnd || w.ValueEnd > w.End || w.End > len(text) {
				t.Fatalf("%q: %+v", text, *w)
			}
			at := w.Value
			for _, field := range w.Fields {
				if field.Start < at || field.End > w.ValueEnd {
					t.Fatalf("%q: %+v is not where %+v has it", text, *field, *w)
				}
				at = field.End
				check(field)
			}
		}
		check(root)
	})
}
