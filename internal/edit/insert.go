package edit

import (
	"bytes"
	"slices"
	"strings"

	"github.com/scantling/scantling/internal/load"
)

// insertion returns what adds a field below the struct at p: keys lead to it, t is its value. False: there is no room.
func (p place) insertion(keys []string, t *tree) ([]cut, bool) {
	i := len(p.trail) - 1
	for ; p.trail[i].Form == load.Chained; i-- { // a: b: c: 1 is extended by a: b: d: 2 beside it
		keys = append([]string{p.trail[i].Key}, keys...)
	}
	in := p.trail[i]
	anchor := slices.IndexFunc(in.Fields, func(w *load.Written) bool { return w.Form == load.Ellipsis }) - 1
	switch {
	case i < len(p.trail)-1:
		anchor = slices.Index(in.Fields, p.trail[i+1])
	case len(in.Fields) == 0:
		return p.first(in, keys, t)
	case anchor == -1: // the ellipsis is the only one
		return []cut{{in.Fields[0].Start, in.Fields[0].Start, p.doc.inline(keys, t, false) + ", "}}, true
	case anchor == -2:
		anchor = len(in.Fields) - 1
	}
	return p.after(in, in.Fields[anchor], keys, t)
}

// after adds a field behind another one of the same struct: below it where that has its lines for itself, else beside it.
func (p place) after(in, w *load.Written, keys []string, t *tree) ([]cut, bool) {
	d, s := p.doc, p.doc.around(w)
	if in.Form == load.Below {
		if !s.alone {
			return nil, false
		}
		return []cut{{s.lineEnd, s.lineEnd, d.newline() + d.below(keys, t, s.indent, p.step(s.indent))}}, true
	}
	text := d.inline(keys, t, in.Form == load.Braced && d.quotesLabels(in))
	if !s.alone || in.Form == load.Braced && s.lineEnd >= in.ValueEnd {
		return []cut{{w.End, w.End, ", " + text}}, true
	}
	text = d.newline() + s.indent + text
	switch {
	case s.comma >= 0:
		return []cut{{s.lineEnd, s.lineEnd, text + ","}}, true
	case d.cue:
		return []cut{{s.lineEnd, s.lineEnd, text}}, true
	}
	return []cut{{w.End, w.End, ","}, {s.lineEnd, s.lineEnd, text}}, true
}

// first adds a field to a struct that has none: { }.
func (p place) first(in *load.Written, keys []string, t *tree) ([]cut, bool) {
	if in.Form != load.Braced {
		return nil, false
	}
	d := p.doc
	text := d.inline(keys, t, d.quotesLabels(in))
	inside := d.text[in.Value+1 : in.ValueEnd-1]
	line := bytes.LastIndexByte(inside, '\n')
	if line < 0 {
		return []cut{{in.Value + 1, in.Value + 1, string(inside) + text}}, true
	}
	at, indent := in.Value+1+line, string(inside[line+1:])
	if at > 0 && d.text[at-1] == '\r' {
		at--
	}
	step := "  "
	if d.cue {
		step = "\t"
	}
	return []cut{{at, at, d.newline() + indent + step + text}}, true
}

// step is by how much the fields of a YAML struct are indented below its name.
func (p place) step(indent string) string {
	const usual = "  "
	if len(p.trail) < 3 {
		return usual
	}
	outer := p.doc.around(p.field()).indent
	if strings.Trim(outer, " ") != "" || len(outer) >= len(indent) {
		return usual
	}
	return indent[len(outer):]
}

// quotesLabels reports whether the labels of a flow struct stand in double quotes.
func (d *doc) quotesLabels(in *load.Written) bool {
	if len(in.Fields) > 0 {
		return d.json || d.text[in.Fields[0].Start] == '"' && !d.cue
	}
	return d.json
}
