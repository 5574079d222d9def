package edit

import (
	"bytes"
	"path"
	"slices"
	"strings"

	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/load"
)

// doc is one spec file on its way.
type doc struct {
	file   string
	before []byte
	text   []byte
	root   *load.Written
	cue    bool // else YAML or JSON
	json   bool
}

// update gives the file a new text; false: it cannot be read.
func (d *doc) update(text []byte) bool {
	root, ok := load.Outline(d.file, text)
	if ok {
		d.text, d.root = text, root
		d.cue, d.json = path.Ext(d.file) == ".cue", path.Ext(d.file) == ".json" || root.Form == load.Braced
	}
	return ok
}

// cut replaces a piece of a text.
type cut struct {
	from, to int
	text     string
}

// cut returns the text with pieces replaced that don't overlap.
func (d *doc) cut(cuts []cut) []byte {
	slices.SortStableFunc(cuts, func(a, b cut) int { return a.from - b.from })
	var out bytes.Buffer
	at := 0
	for _, c := range cuts {
		out.Write(d.text[at:c.from])
		out.WriteString(c.text)
		at = c.to
	}
	out.Write(d.text[at:])
	return out.Bytes()
}

// place is where a field is written: the way to it from the top of a file.
type place struct {
	doc   *doc
	trail []*load.Written
}

func (p place) field() *load.Written  { return p.trail[len(p.trail)-1] }
func (p place) parent() *load.Written { return p.trail[len(p.trail)-2] }

func (p place) pos() diag.Pos {
	before := p.doc.text[:p.field().Start]
	return diag.Pos{File: p.doc.file, Line: bytes.Count(before, []byte("\n")) + 1, Col: len(before) - bytes.LastIndexByte(before, '\n')}
}

// places returns where a path below w is written.
func (d *doc) places(w *load.Written, keys []string, above []*load.Written) []place {
	trail := append(slices.Clip(above), w)
	if len(keys) == 0 {
		return []place{{d, trail}}
	}
	var all []place
	for _, f := range w.Fields {
		if f.Key == keys[0] {
			all = append(all, d.places(f, keys[1:], trail)...)
		}
	}
	return all
}

// surroundings are what stands around a field of a struct.
type surroundings struct {
	indent    string // what stands before it on its line
	lineStart int
	lineEnd   int  // of its last line, before the line end
	next      int  // beginning of the line below; the end of the text if there is none
	comma     int  // behind the field; -1: none
	alone     bool // nothing but a comma and a comment shares its lines
}

func (d *doc) around(w *load.Written) surroundings {
	s := surroundings{lineStart: bytes.LastIndexByte(d.text[:w.Start], '\n') + 1, comma: -1}
	s.indent = string(d.text[s.lineStart:w.Start])
	if w.End < len(d.text) {
		if at := d.skip(w.End); at < len(d.text) && d.text[at] == ',' {
			s.comma = at
		}
	}
	s.lineEnd, s.next = len(d.text), len(d.text)
	if i := bytes.IndexByte(d.text[w.End:], '\n'); i >= 0 {
		s.lineEnd, s.next = w.End+i, w.End+i+1
		if i > 0 && d.text[s.lineEnd-1] == '\r' {
			s.lineEnd--
		}
	}
	rest := w.End
	if s.comma >= 0 {
		rest = s.comma + 1
	}
	s.alone = strings.Trim(s.indent, " \t") == "" && rest <= s.lineEnd && d.isRemark(d.text[rest:s.lineEnd])
	return s
}

// isRemark reports whether a piece of a line is blank or a comment.
func (d *doc) isRemark(text []byte) bool {
	text = bytes.TrimLeft(text, " \t\r")
	return len(text) == 0 || bytes.HasPrefix(text, []byte(d.comment()))
}

func (d *doc) comment() string {
	if d.cue {
		return "//"
	}
	return "#"
}

// skip returns the first place at or behind one that is neither blank nor in a comment.
func (d *doc) skip(at int) int {
	for at < len(d.text) {
		switch rest := d.text[at:]; {
		case strings.IndexByte(" \t\r\n", rest[0]) >= 0:
			at++
		case bytes.HasPrefix(rest, []byte(d.comment())):
			i := bytes.IndexByte(rest, '\n')
			if i < 0 {
				return len(d.text)
			}
			at += i
		default:
			return at
		}
	}
	return at
}

// newline is the line end that the file has.
func (d *doc) newline() string {
	if bytes.Contains(d.text, []byte("\r\n")) {
		return "\r\n"
	}
	return "\n"
}
