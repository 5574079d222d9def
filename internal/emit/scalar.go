package emit

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// longKey is the length in bytes from which a key is written as "? key": YAML 1.2 §8.2.2 lets a parser give up on an
// implicit key of more than 1024 characters, and escapes may grow a byte to ten.
const longKey = 100

// text writes a string: plain where every parser of YAML 1.1 and 1.2 reads it back as the same string, as a block where it has
// lines, else in quotes.
func (w *writer) text(s string, at place) {
	if at.after != nothing && blockable(s) {
		w.block(s, at)
		return
	}
	w.lead(at)
	w.buf = append(appendText(w.buf, s), '\n')
}

// key writes a key of a mapping at the given column, with its colon.
func (w *writer) key(s string, column int) { w.buf = appendKey(w.buf, s, column) }

func appendKey(buf []byte, s string, column int) []byte {
	if len(s) <= longKey {
		return append(appendText(buf, s), ':')
	}
	buf = append(appendText(append(buf, "? "...), s), '\n')
	for range column {
		buf = append(buf, ' ')
	}
	return append(buf, ':')
}

// appendText writes a string on one line.
func appendText(buf []byte, s string) []byte {
	switch {
	case plain(s):
		return append(buf, s...)
	case strings.ContainsAny(s, `"\`) && visible(s): // readable, where double quotes would be full of backslashes
		buf = append(buf, '\'')
		for i := range len(s) {
			if s[i] == '\'' {
				buf = append(buf, '\'')
			}
			buf = append(buf, s[i])
		}
		return append(buf, '\'')
	}
	return appendQuoted(buf, s)
}

// appendQuoted writes a string in double quotes, in which any string can be written. What cannot be seen is escaped, and a
// byte that is not UTF-8 becomes U+FFFD, as in JSON.
func appendQuoted(buf []byte, s string) []byte {
	buf = append(buf, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			buf = append(buf, '\\', byte(r))
		case r == '\n':
			buf = append(buf, `\n`...)
		case r == '\t':
			buf = append(buf, `\t`...)
		case r == '\r':
			buf = append(buf, `\r`...)
		case unicode.IsPrint(r):
			buf = utf8.AppendRune(buf, r)
		case r <= 0xff:
			buf = fmt.Appendf(buf, `\x%02x`, r)
		case r <= 0xffff:
			buf = fmt.Appendf(buf, `\u%04x`, r)
		default:
			buf = fmt.Appendf(buf, `\U%08x`, r)
		}
	}
	return append(buf, '"')
}

// visible reports whether s is UTF-8 and every character of it can be seen, the ASCII blank included. Controls, U+0085, U+2028,
// other blanks and marks of direction are not: parsers differ on some, reviewers cannot see any.
func visible(s string) bool {
	for i, r := range s {
		if r < utf8.RuneSelf {
			if r < ' ' || r > '~' {
				return false
			}
		} else if !unicode.IsPrint(r) || r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD") {
			return false
		}
	}
	return true
}
