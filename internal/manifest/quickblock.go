package manifest

import "strings"

// block reads a literal block whose field stands at an indent, as scripts and expressions of rules are written. One that begins with
// a tab, a blank or an empty line, or holds what is not plain ASCII, is the parser's.
func (q *quick) block(header string, indent int) any {
	deep := q.indent
	if deep <= indent || q.rest == "" || q.rest[0] == '\t' {
		return q.fail()
	}
	lines := q.here
	for q.indent >= deep || q.indent == 0 && q.rest == "" {
		if !isASCII(q.rest) || q.rest == "" && q.indent > 0 || !q.ended {
			return q.fail()
		}
		q.next()
	}
	margin, lines := lines[:deep], lines[deep:len(lines)-len(q.here)]
	text := strings.ReplaceAll(lines, "\n"+margin, "\n")
	end := len(strings.TrimRight(text, "\n"))
	if header == "|" {
		end++
	}
	return text[:end]
}

// isASCII reports whether a line has nothing but visible ASCII, blanks and tabs.
func isASCII(line string) bool {
	for i := range len(line) {
		if c := line[i]; (c < ' ' || c > '~') && c != '\t' {
			return false
		}
	}
	return true
}
