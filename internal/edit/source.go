package edit

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"

	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/load"
)

// source is one spec file's text.
type source struct {
	file string
	data []byte
	yaml bool // or JSON; else CUE
}

func (s *source) splice(start, end int, text string) Change {
	after := bytes.Join([][]byte{s.data[:start], []byte(text), s.data[end:]}, nil)
	return Change{File: s.file, Before: s.data, After: after}
}

// offset returns where a position is; -1: not in this text.
func (s *source) offset(p diag.Pos) int {
	at := 0
	for range p.Line - 1 {
		i := bytes.IndexByte(s.data[at:], '\n')
		if i < 0 {
			return -1
		}
		at += i + 1
	}
	if at += p.Col - 1; p.File != s.file || p.Col < 1 || at >= len(s.data) {
		return -1
	}
	return at
}

// label is a field's name up to its value, in CUE, YAML or JSON.
var label = regexp.MustCompile(`^["']?image["']?[?!]?[ \t]*:[ \t]*$`)

// literal returns the place of a field's value when it is one plain string, written after its label.
func (s *source) literal(n *load.Node) (start, end int, ok bool) {
	key, start := s.offset(n.KeyPos), s.offset(n.Pos)
	if n.Kind != load.String || key < 0 || start < key || !label.Match(s.data[key:start]) {
		return 0, 0, false
	}
	for _, text := range []string{`"` + n.Text + `"`, `'` + n.Text + `'`, n.Text} {
		if !s.yaml && text[:1] != `"` || !bytes.HasPrefix(s.data[start:], []byte(text)) {
			continue
		}
		end = start + len(text)
		return start, end, s.ends(end)
	}
	return 0, 0, false
}

// ends reports whether a value can end here, rather than go on as an expression or a longer scalar.
func (s *source) ends(at int) bool {
	rest := bytes.TrimLeft(s.data[at:], " \t")
	comment := "//"
	if s.yaml {
		comment = "#"
		if bytes.HasPrefix(rest, []byte("#")) && len(rest) == len(s.data)-at {
			return false // a # belongs to the scalar it touches
		}
	}
	return len(rest) == 0 || strings.IndexByte("\r\n,}]@", rest[0]) >= 0 || bytes.HasPrefix(rest, []byte(comment))
}

// into returns what to insert, and where, to add a field at the beginning of a struct.
func (s *source) into(in *load.Node, keys []string, ref string) (at int, text string, ok bool) {
	at = s.offset(in.Pos)
	if at < 0 {
		return 0, "", false
	}
	first := s.offset(in.Fields[0].KeyPos)
	if first < at {
		return 0, "", false
	}
	indent, alone := s.indent(first)
	switch {
	case s.data[at] == '{' && alone: // on a line of its own
		sep := ""
		if s.yaml {
			sep = ","
		}
		return first, s.flow(keys, ref) + sep + s.newline() + indent, true
	case s.data[at] == '{':
		return at + 1, s.flow(keys, ref) + ", ", true
	case s.yaml && alone:
		return first, s.block(keys, ref, indent) + s.newline() + indent, true
	}
	return 0, "", false
}

// beside returns what to insert, and where, to add a field after the app's image.
func (s *source) beside(app, image *load.Node, keys []string, ref string) (at int, text string, ok bool) {
	_, end, ok := s.literal(image)
	key := s.offset(image.KeyPos)
	if !ok {
		return 0, "", false
	}
	indent, alone := s.indent(key)
	open := s.offset(app.Pos)
	inFlow := open >= 0 && s.data[open] == '{'
	switch {
	case s.yaml && inFlow, !alone && s.follows(key, "{,"):
		return end, ", " + s.flow(keys, ref), true
	case alone && (s.yaml || inFlow):
		line := end + bytes.IndexByte(append(s.data[end:len(s.data):len(s.data)], '\n'), '\n')
		if line > 0 && s.data[line-1] == '\r' {
			line--
		}
		text := s.flow(keys, ref)
		if s.yaml {
			text = s.block(keys, ref, indent)
		}
		return line, s.newline() + indent + text, true
	}
	return 0, "", false
}

// atEnd returns a field at the top of a CUE file; CUE unifies it with what is written above.
func (s *source) atEnd(keys []string, ref string) string {
	text := s.flow(keys, ref) + s.newline()
	if len(s.data) > 0 && !bytes.HasSuffix(s.data, []byte("\n")) {
		text = s.newline() + text
	}
	return text
}

// indent returns what stands before a place in its line, and whether that is nothing but blanks.
func (s *source) indent(at int) (string, bool) {
	before := string(s.data[bytes.LastIndexByte(s.data[:at], '\n')+1 : at])
	return before, strings.Trim(before, " \t") == ""
}

// follows reports whether the last character before a place, blanks left out, is one of these.
func (s *source) follows(at int, chars string) bool {
	before := bytes.TrimRight(s.data[:at], " \t")
	return len(before) > 0 && strings.IndexByte(chars, before[len(before)-1]) >= 0
}

func (s *source) newline() string {
	if bytes.Contains(s.data, []byte("\r\n")) {
		return "\r\n"
	}
	return "\n"
}

var identifier = regexp.MustCompile(`^[A-Za-z_$][A-Za-z0-9_$]*$`)

// flow writes nested fields on one line: a: b: "x" in CUE, "a": {"b": "x"} in YAML and JSON.
func (s *source) flow(keys []string, ref string) string {
	if s.yaml {
		return strings.Join(quoteAll(keys), ": {") + ": " + quote(ref) + strings.Repeat("}", len(keys)-1)
	}
	var b strings.Builder
	for _, k := range keys {
		if !identifier.MatchString(k) {
			k = quote(k)
		}
		b.WriteString(k + ": ")
	}
	return b.String() + quote(ref)
}

// block writes nested fields as YAML below one another; indent is that of the first.
func (s *source) block(keys []string, ref, indent string) string {
	var b strings.Builder
	for i, k := range keys {
		if i > 0 {
			b.WriteString(s.newline() + indent + strings.Repeat("  ", i))
		}
		b.WriteString(k + ":")
	}
	if !isPlain(ref) {
		ref = quote(ref)
	}
	return b.String() + " " + ref
}

func quoteAll(keys []string) []string {
	out := make([]string, len(keys))
	for i, k := range keys {
		out[i] = quote(k)
	}
	return out
}

// quote writes a string as CUE, YAML and JSON all read it.
func quote(s string) string { return strconv.QuoteToASCII(s) }
