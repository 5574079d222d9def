package emit

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
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

// plain reports whether s may stand without quotes. It is stricter than YAML: in doubt the answer is no.
func plain(s string) bool {
	if s == "" || s[0] == ' ' || s[len(s)-1] == ' ' || s[len(s)-1] == ':' {
		return false
	}
	switch c := s[0]; {
	case strings.IndexByte(",[]{}&*!|>'\"%@`#?:", c) >= 0: // indicators
		return false
	case c == '-' && (len(s) == 1 || s[1] == ' ') || strings.HasPrefix(s, "---") || strings.HasPrefix(s, "..."):
		return false
	case c == '.' || c == '+' || c == '-' || '0' <= c && c <= '9':
		if numeric(s) {
			return false
		}
	case len(s) <= len("false") && reserved(s):
		return false
	}
	ascii := true
	for i := range len(s) {
		switch c := s[i]; {
		case c >= utf8.RuneSelf:
			ascii = false
		case c < ' ' || c > '~':
			return false
		case c == ':' && s[i+1] == ' ', c == '#' && i > 0 && s[i-1] == ' ': // the last byte is no colon
			return false
		}
	}
	return ascii || visible(s)
}

// reserved reports whether s is a word that some parser reads as a boolean, null or a merge, in whatever case.
func reserved(s string) bool {
	switch strings.ToLower(s) {
	case "y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf", "~", "=", "<<":
		return true
	}
	return false
}

// numeric reports whether some parser could read s, which begins with a digit, dot or sign, as a number or a date. Of what
// looks like one, only versions and addresses such as 1.42.0 are known not to be.
func numeric(s string) bool {
	s = strings.TrimLeft(strings.ReplaceAll(s, "_", ""), "+-") // go-yaml drops all underscores first: +_000 and 0_x1F are numbers
	if s == "" || strings.EqualFold(s, ".inf") || strings.EqualFold(s, ".nan") {
		return true
	}
	if s[0] != '.' && (s[0] < '0' || s[0] > '9') {
		return false // -c
	}
	if len(s) > 1 && s[0] == '0' && strings.IndexByte("xXoObB", s[1]) >= 0 {
		return true
	}
	dotted, dots, previous := true, 0, byte('.')
	for i := range len(s) {
		c := s[i]
		switch {
		case '0' <= c && c <= '9':
		case c == '.' && previous != '.':
			dots++
		case strings.IndexByte(".:+-,eEtTzZ ", c) >= 0:
			dotted = false
		default:
			return false // 100m, 25%, 10.0.0.0/8
		}
		previous = c
	}
	return !dotted || dots < 2 || previous == '.'
}

// blockable reports whether s reads well, and back the same, as a literal block: visible lines, in which also tabs may stand, none
// ending in a blank that an editor would strip.
func blockable(s string) bool {
	if strings.IndexByte(s, '\n') < 0 || strings.Trim(s, "\n") == "" {
		return false
	}
	previous := byte('\n')
	for i := range len(s) {
		c := s[i]
		if c == '\n' && (previous == ' ' || previous == '\t') {
			return false
		}
		if c != '\n' && c != '\t' && (c < ' ' || c == 0x7f) {
			return false
		}
		previous = c
	}
	if previous == ' ' || previous == '\t' {
		return false
	}
	for line := range strings.SplitSeq(s, "\n") {
		for part := range strings.SplitSeq(line, "\t") {
			if !visible(part) {
				return false
			}
		}
	}
	return true
}

// block writes a string as a literal block.
func (w *writer) block(s string, at place) {
	w.buf = append(w.buf, " |"...)
	if s[0] == ' ' || s[0] == '\t' || s[0] == '\n' {
		w.buf = append(w.buf, '2') // the first line would hide how deep the block is
	}
	body := strings.TrimSuffix(s, "\n")
	if len(body) == len(s) {
		w.buf = append(w.buf, '-')
	} else if strings.HasSuffix(body, "\n") {
		w.buf = append(w.buf, '+')
	}
	w.buf = append(w.buf, '\n')
	for line := range strings.SplitSeq(body, "\n") {
		if line != "" {
			w.pad(at.entries())
			w.buf = append(w.buf, line...)
		}
		w.buf = append(w.buf, '\n')
	}
}

// float writes a number as JSON does, but always with a dot before an exponent: to YAML 1.1, 1e+21 is a string.
func (w *writer) float(f float64, bits int, at place) error {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return fmt.Errorf("%v is not a number that Kubernetes knows", f)
	}
	format := byte('f')
	if a := math.Abs(f); a != 0 && (a < 1e-6 || a >= 1e21) {
		format = 'e'
	}
	s := strconv.FormatFloat(f, format, -1, bits)
	if i := strings.IndexByte(s, 'e'); i >= 0 && strings.IndexByte(s, '.') < 0 {
		s = s[:i] + ".0" + s[i:]
	}
	w.inline(s, at)
	return nil
}

// number writes a json.Number, digit by digit unless it has an exponent.
func (w *writer) number(s string, at place) error {
	if !json.Valid([]byte(s)) || s[0] != '-' && (s[0] < '0' || s[0] > '9') {
		return fmt.Errorf("%q is not a number", s)
	}
	if !strings.ContainsAny(s, "eE") {
		w.inline(s, at)
		return nil
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return fmt.Errorf("%q is out of range", s)
	}
	return w.float(f, 64, at)
}
