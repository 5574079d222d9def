package edit

import (
	"slices"
	"strings"

	"github.com/scantling/scantling/internal/load"
)

// removal returns what takes the field at p out of its struct; elsewhere: the struct is also written in another place, so this
// one may go with its last field. Nil: it cannot be taken out.
func (p place) removal(elsewhere bool) []cut {
	i := len(p.trail) - 1
	if p.parent().Form == load.Chained {
		if !elsewhere {
			return []cut{{p.field().Start, p.field().End, "{}"}}
		}
		for p.trail[i-1].Form == load.Chained {
			i--
		}
	}
	in, w := p.trail[i-1], p.trail[i]
	s := p.doc.around(w)
	switch {
	case in.Form == load.Below && !s.alone:
		return nil
	case in.Form == load.Below && len(in.Fields) == 1:
		return p.emptied(i-1, s)
	case in.Form == load.Below:
		return []cut{p.doc.lines(w, s)}
	case s.alone && (in.Form != load.Braced || s.lineEnd < in.ValueEnd):
		return p.doc.ownLines(in, w, s)
	}
	return p.doc.shared(in, w, s)
}

// lines takes out the lines of a field, its own comment with them; of a YAML struct also the comments at its end.
func (d *doc) lines(w *load.Written, s surroundings) cut {
	c := cut{from: s.lineStart, to: s.next}
	if w.Form == load.Below {
		c.to = d.comments(c.to, len(s.indent))
	}
	if c.to == len(d.text) && !strings.HasSuffix(string(d.text), "\n") && c.from > 0 { // the line end before goes instead
		if c.from--; c.from > 0 && d.text[c.from-1] == '\r' {
			c.from--
		}
	}
	return c
}

// comments returns the end of the comments below a place that are indented deeper than a field: they are about what it holds.
func (d *doc) comments(at, indent int) int {
	end := at
	for at < len(d.text) {
		line, _, _ := strings.Cut(string(d.text[at:]), "\n")
		content := strings.TrimLeft(line, " ")
		at = min(at+len(line)+1, len(d.text))
		switch {
		case strings.TrimSpace(content) == "":
		case len(line)-len(content) <= indent || content[0] != '#':
			return end
		default:
			end = at
		}
	}
	return end
}

// emptied takes the only field out of a YAML struct and leaves {} in its place.
func (p place) emptied(i int, s surroundings) []cut {
	d, in := p.doc, p.trail[i]
	if i == 0 || in.LabelEnd == 0 {
		return nil
	}
	at := in.LabelEnd + strings.IndexByte(string(d.text[in.LabelEnd:]), ':') + 1
	for rest := at; ; { // behind an anchor, before a comment
		for rest < len(d.text) && d.text[rest] == ' ' {
			rest++
		}
		if rest >= len(d.text) || d.text[rest] != '&' && d.text[rest] != '!' {
			break
		}
		for rest < len(d.text) && strings.IndexByte(" \r\n", d.text[rest]) < 0 {
			rest++
		}
		at = rest
	}
	return []cut{{at, at, " {}"}, d.lines(p.trail[i+1], s)}
}

// ownLines takes out a field that shares its lines with no other. A comma that would be left before a closing brace goes, too,
// where it had no successor: JSON wants that.
func (d *doc) ownLines(in, w *load.Written, s surroundings) []cut {
	cuts := []cut{d.lines(w, s)}
	if i := slices.Index(in.Fields, w); !d.cue && s.comma < 0 && i > 0 {
		if at := d.skip(in.Fields[i-1].End); d.text[at] == ',' {
			cuts = append(cuts, cut{at, at + 1, ""})
		}
	}
	return cuts
}

// shared takes out a field that shares a line with others or with a brace.
func (d *doc) shared(in, w *load.Written, s surroundings) []cut {
	i := slices.Index(in.Fields, w)
	blanks := w.Start - (len(s.indent) - len(strings.TrimRight(s.indent, " \t")))
	end := w.End
	if s.comma >= 0 && s.comma < s.lineEnd {
		end = s.comma + 1
	}
	hasNext := i+1 < len(in.Fields)
	switch {
	case i > 0:
		before := in.Fields[i-1]
		comma := d.skip(before.End)
		if d.text[comma] != ',' { // lines separate them
			return []cut{{blanks, w.End, ""}}
		}
		if !strings.Contains(string(d.text[comma:w.Start]), "\n") {
			return []cut{{comma, w.End, ""}}
		}
		if hasNext || s.comma >= 0 {
			for hasNext && end < in.Fields[i+1].Start && (d.text[end] == ' ' || d.text[end] == '\t') {
				end++
			}
			return []cut{{w.Start, end, ""}}
		}
		return []cut{{comma, comma + 1, ""}, {blanks, w.End, ""}}
	case hasNext && s.comma > s.lineEnd:
		return []cut{{w.Start, w.End, ""}, {s.comma, s.comma + 1, ""}}
	case hasNext:
		for d.text[end] == ' ' || d.text[end] == '\t' {
			end++
		}
		return []cut{{w.Start, end, ""}}
	}
	if d.isRemark(d.text[end:s.lineEnd]) {
		end = s.lineEnd
	}
	return []cut{{blanks, end, ""}}
}
