package manifest

import "strings"

// block reads a literal block whose field stands at an indent, as scripts and expressions of rules are written. One that begins with
// a blank or an empty line, or holds what is not plain ASCII, is the parser's.
func (q *quick) block(header string, indent int) any {
	deep := q.indent
	if deep <= indent || q.rest == "" {
		return q.fail()
	}
	var text strings.Builder
	for q.indent >= deep || q.indent == 0 && q.rest == "" {
		if !isASCII(q.rest) || q.rest == "" && q.indent > 0 || !q.ended {
			return q.fail()
		}
		for ; q.indent > deep; q.indent-- {
			text.WriteByte(' ')
		}
		text.WriteString(q.rest)
		text.WriteByte('\n')
		q.next()
	}
	s := strings.TrimRight(text.String(), "\n")
	if header == "|" {
		s += "\n"
	}
	return s
}

// isASCII reports whether a line has nothing but visible ASCII, blanks and tabs behind its first character.
func isASCII(line string) bool {
	for i := range len(line) {
		if c := line[i]; (c < ' ' || c > '~') && (c != '\t' || i == 0) {
			return false
		}
	}
	return true
}
