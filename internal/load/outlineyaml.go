package load

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// yamlText finds where the nodes of a YAML text end: the parser says only where they begin.
type yamlText struct {
	text  []byte
	lines []int // where each begins
}

func outlineYAML(text []byte) (root *Written, ok bool) {
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil || len(doc.Content) != 1 {
		return nil, false
	}
	t := &yamlText{text: text, lines: []int{0}}
	for i, r := range string(text) {
		switch {
		case r == '\r', r == '\n', r == '\u0085', r == '\u2028', r == '\u2029': // what the parser counts as the end of a line
			t.lines = append(t.lines, i+utf8.RuneLen(r))
		}
	}
	defer func() { // an offset behind the end: the text is not what the parser says
		if recover() != nil {
			root, ok = nil, false
		}
	}()
	root = &Written{}
	return root, t.value(root, doc.Content[0], -1)
}

// offset returns where a node begins: before its anchor and tag.
func (t *yamlText) offset(n *yaml.Node) int {
	at := t.lines[n.Line-1]
	for range n.Column - 1 {
		_, size := utf8.DecodeRune(t.text[at:])
		at += size
	}
	return at
}

// value notes the place and form of a value and its fields; indent is that of the field or list that it is in. False: the text is
// not what the parser says.
func (t *yamlText) value(w *Written, n *yaml.Node, indent int) bool {
	w.Value = t.offset(n)
	at := t.properties(w.Value)
	simple := at == w.Value
	ok := true
	switch {
	case n.Kind == yaml.AliasNode:
		w.ValueEnd = at + 1 + t.word(at+1)
	case n.Kind == yaml.ScalarNode:
		w.ValueEnd, ok = t.scalar(n, at, indent)
		if one := !bytes.ContainsAny(t.text[at:w.ValueEnd], "\n"); simple && one && w.ValueEnd > at {
			w.Form = Plain
		}
	case n.Kind == yaml.MappingNode && t.text[at] == '{':
		w.Form, w.Value = Braced, at
		w.ValueEnd, ok = t.mapping(w, n, at+1, indent)
		w.ValueEnd = t.closing(w.ValueEnd, '}')
	case n.Kind == yaml.MappingNode && n.Style&yaml.FlowStyle == 0:
		w.Form = Below
		w.ValueEnd, ok = t.mapping(w, n, at, n.Column-1)
	case n.Kind == yaml.MappingNode: // [a: b]
		w.ValueEnd, ok = t.mapping(&Written{}, n, at, indent)
	case n.Kind == yaml.SequenceNode:
		w.ValueEnd, ok = t.sequence(n, at, indent)
	}
	w.End = w.ValueEnd
	return ok
}

func (t *yamlText) mapping(w *Written, n *yaml.Node, at, indent int) (end int, ok bool) {
	end = at
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		label, f := &Written{}, &Written{}
		if !t.value(label, key, indent) {
			return 0, false
		}
		f.Start, f.LabelEnd = label.Value, label.ValueEnd
		named := label.Form == Plain && key.Value != "<<"
		if indent = key.Column - 1; w.Form == Braced {
			indent = -1 // brackets decide, not columns
		}
		if !t.value(f, value, indent) {
			return 0, false
		}
		f.ValueEnd = max(f.ValueEnd, f.LabelEnd)
		if f.End = f.ValueEnd; named && f.Value > f.LabelEnd {
			f.Key = key.Value
		}
		end = max(end, f.End)
		w.Fields = append(w.Fields, f)
	}
	return end, true
}

func (t *yamlText) sequence(n *yaml.Node, at, indent int) (end int, ok bool) {
	flow := t.text[at] == '['
	if end = at + 1; !flow {
		indent = n.Column - 1
	}
	for _, e := range n.Content {
		elem := &Written{}
		if !t.value(elem, e, indent) {
			return 0, false
		}
		end = max(end, elem.End)
	}
	if flow {
		end = t.closing(end, ']')
	}
	return end, true
}

// closing returns the place behind the bracket that closes a flow collection whose last value ends at a place.
func (t *yamlText) closing(at int, bracket byte) int {
	for t.text[at] != bracket {
		if t.text[at] == '#' {
			at += bytes.IndexByte(t.text[at:], '\n')
		}
		at++
	}
	return at + 1
}

// properties returns where a value begins behind its anchor and tag.
func (t *yamlText) properties(at int) int {
	for at < len(t.text) && (t.text[at] == '&' || t.text[at] == '!') {
		at += t.word(at)
		for at < len(t.text) && strings.IndexByte(" \t\n", t.text[at]) >= 0 {
			at++
		}
	}
	return at
}

// word returns the length of what stands at a place up to the next blank or bracket.
func (t *yamlText) word(at int) int {
	i := bytes.IndexAny(t.text[at:], " \t\n,[]{}")
	if i < 0 {
		return len(t.text) - at
	}
	return i
}

// scalar returns where a scalar ends.
func (t *yamlText) scalar(n *yaml.Node, at, indent int) (end int, ok bool) {
	switch {
	case n.Style&yaml.DoubleQuotedStyle != 0:
		for end = at + 1; t.text[end] != '"'; end++ {
			if t.text[end] == '\\' {
				end++
			}
		}
		return end + 1, t.text[at] == '"'
	case n.Style&yaml.SingleQuotedStyle != 0:
		for end = at + 1; t.text[end] != '\'' || end+1 < len(t.text) && t.text[end+1] == '\''; end++ {
			if t.text[end] == '\'' {
				end++
			}
		}
		return end + 1, t.text[at] == '\''
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		return t.blockScalar(at, indent), true
	}
	return t.plain(n.Value, at)
}

// plain follows an unquoted scalar through the text, over its line ends.
func (t *yamlText) plain(value string, at int) (end int, ok bool) {
	end = at
	for i := 0; i < len(value); i++ {
		if value[i] == ' ' || value[i] == '\t' || value[i] == '\n' {
			continue
		}
		for end < len(t.text) && strings.IndexByte(" \t\n", t.text[end]) >= 0 {
			end++
		}
		if end >= len(t.text) || t.text[end] != value[i] {
			return 0, false
		}
		end++
	}
	return end, true
}

// blockScalar returns where a | or > scalar ends: with its last line that is indented deeper than what holds it; with + the empty
// lines below are part of it.
func (t *yamlText) blockScalar(at, indent int) int {
	header, rest, _ := bytes.Cut(t.text[at:], []byte("\n"))
	end := at + len(bytes.TrimRight(header, " "))
	keep := bytes.IndexByte(bytes.SplitN(header, []byte("#"), 2)[0], '+') >= 0
	next := at + len(header) + 1
	for line := range bytes.Lines(rest) {
		content := bytes.TrimRight(line, " \n")
		switch deep := len(line) - len(bytes.TrimLeft(line, " ")); {
		case len(content) == 0 && keep:
			end = next + len(bytes.TrimRight(line, "\n"))
		case len(content) == 0:
		case deep <= indent:
			return end
		default:
			end = next + len(bytes.TrimRight(line, "\n"))
		}
		next += len(line)
	}
	return end
}
