package manifest

import (
	"strconv"
	"strings"
)

// quick reads the part of YAML that generated manifests are made of, several times as fast as the parser: maps and lists in block
// style, literal blocks, and scalars on one line whose type is plain to see. At whatever else it gives up, and the parser reads the chunk. What
// both read is the same.
type quick struct {
	here   string // the present line and all below it
	text   string // below the present line
	indent int    // of the present line, from which "- " may have been taken; -1: there is none
	rest   string // of the present line, behind the indent
	ended  bool   // the present line has its line break
	failed bool
	labels map[string]any // of the same file, by their text: objects of one app have the same
}

// quickly returns the fields of a chunk; false: it is for the parser.
func quickly(c chunk, labels map[string]any) (fields map[string]any, line int, ok bool) {
	line = c.line
	text, separated := strings.CutPrefix(c.text, "---\n")
	if separated {
		line++
	}
	q := quick{text: text, labels: labels} // the values are pieces of it
	q.next()
	fields = q.fields(0)
	return fields, line, len(fields) > 0 && !q.failed && q.indent < 0
}

// next goes to the next line.
func (q *quick) next() {
	if q.text == "" || q.failed {
		q.indent, q.rest, q.here = -1, "", ""
		return
	}
	q.here = q.text
	line, rest, ended := strings.Cut(q.text, "\n")
	q.text, q.rest, q.ended = rest, strings.TrimLeft(line, " "), ended
	q.indent = len(line) - len(q.rest)
}

// fail gives up: no line is left.
func (q *quick) fail() any {
	q.failed = true
	q.next()
	return nil
}

// fields reads a map whose fields begin at an indent.
func (q *quick) fields(indent int) map[string]any {
	m := map[string]any{}
	for q.indent == indent && !q.isItem() {
		key, value, ok := field(q.rest)
		if _, again := m[key]; again || !ok {
			q.fail()
			break
		}
		q.next()
		switch {
		case value == "" && key == "labels":
			m[key] = q.shared(indent)
		case value == "":
			m[key] = q.below(indent)
		case value == "|" || value == "|-":
			m[key] = q.block(value, indent)
		default:
			m[key] = q.scalar(value)
		}
	}
	if q.indent > indent { // a scalar goes on, or an indent is odd
		q.fail()
	}
	return m
}

// below reads the value of a field at an indent with nothing behind its colon.
func (q *quick) below(indent int) any {
	switch {
	case q.indent >= indent && q.isItem():
		return q.items(q.indent)
	case q.indent > indent:
		return q.fields(q.indent)
	}
	return q.fail()
}

// shared reads the value of a field at an indent as below does, or takes what the same lines came to before.
func (q *quick) shared(indent int) any {
	lines := q.here
	for rest := lines; ; {
		line, after, _ := strings.Cut(rest, "\n")
		if rest == "" || len(line)-len(strings.TrimLeft(line, " ")) <= indent {
			lines = lines[:len(lines)-len(rest)]
			break
		}
		rest = after
	}
	if known, ok := q.labels[lines]; ok {
		q.text = q.here[len(lines):]
		q.next()
		return known
	}
	from := q.here
	v := q.below(indent)
	if !q.failed && len(from)-len(q.here) == len(lines) {
		q.labels[lines] = v
	}
	return v
}

// items reads a list whose dashes stand at an indent.
func (q *quick) items(indent int) []any {
	var all []any
	for q.indent == indent && q.isItem() {
		item := q.rest[len("- "):]
		if _, _, ok := field(item); ok {
			q.indent, q.rest = indent+len("- "), item
			all = append(all, q.fields(q.indent))
		} else {
			q.next()
			all = append(all, q.scalar(item))
		}
	}
	if q.indent > indent {
		q.fail()
	}
	return all
}

func (q *quick) isItem() bool { return strings.HasPrefix(q.rest, "- ") }

// field parts a line into the name of a field and what stands behind its colon; false: it has no plain name. A colon within a name, as in
// k8s:app, has no blank behind it.
func field(line string) (key, value string, ok bool) {
	const longest = 128 // bytes: more than any name has, and far less than the parser allows
	key, value, ok = strings.Cut(line, ": ")
	if !ok {
		key, ok = strings.CutSuffix(line, ":")
	} else if value == "" {
		return "", "", false
	}
	if !ok || len(key) > longest || !isWords(key) {
		return "", "", false
	}
	return key, value, true
}

// scalar reads a value that ends with its line.
func (q *quick) scalar(s string) any {
	switch s {
	case "{}":
		return map[string]any{}
	case "[]":
		return []any{}
	case "true", "false":
		return s == "true"
	}
	if isWords(s) || isQuantity(s) {
		return s
	}
	if text, ok := unquoted(s); ok {
		return text
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil && strconv.FormatInt(n, 10) == s {
		return n
	}
	return q.fail()
}

// isWords reports whether a text without quotes is a text and nothing else.
func isWords(s string) bool {
	if s == "" || !isLetter(s[0]) && s[0] != '/' {
		return false
	}
	if !isPlain(s) {
		return false
	}
	if len(s) > len("false") {
		return true
	}
	switch strings.ToLower(s) {
	case "y", "yes", "true", "on", "n", "no", "false", "off", "null":
		return false
	}
	return true
}

// isPlain reports whether a text without quotes is visible ASCII that ends where its line does: no colon in it begins a value, and no
// hash a comment.
func isPlain(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case c < ' ' || c > '~':
			return false
		case c == ':' && (i+1 == len(s) || s[i+1] == ' '):
			return false
		case c == ' ' && (i+1 == len(s) || s[i+1] == '#'):
			return false
		}
	}
	return true
}

// isQuantity reports whether a text is one like 250m, 1Gi, 25%, 1.4.0, 10.0.0.0/8, 30 2 * * * or 1 - max(x): it has what no spelling of
// a number or a date has.
func isQuantity(s string) bool {
	if s == "" || !isDigit(s[0]) || !isPlain(s) {
		return false
	}
	if strings.ContainsAny(s, "({") {
		return true
	}
	text := strings.Count(s, ".") > 1
	for i := range len(s) {
		switch c := s[i]; {
		case strings.IndexByte("mKMGTPihs/%*", c) >= 0:
			text = true
		case !isLetter(c) && !isDigit(c) && strings.IndexByte(".-, ", c) < 0:
			return false
		}
	}
	return text
}

// unquoted returns the text between quotes, when nothing in it means more than itself: the other kind of quotes does not, and two single
// quotes are one.
func unquoted(s string) (text string, ok bool) {
	if len(s) < 2 || s[0] != s[len(s)-1] {
		return "", false
	}
	text = s[1 : len(s)-1]
	switch s[0] {
	case '"':
		ok = !strings.ContainsAny(text, `"\`)
	case '\'':
		ok = strings.Count(text, "'") == 2*strings.Count(text, "''")
		text = strings.ReplaceAll(text, "''", "'")
	}
	for i := range len(text) {
		ok = ok && ' ' <= text[i] && text[i] <= '~'
	}
	return text, ok
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
func isDigit(c byte) bool  { return '0' <= c && c <= '9' }
