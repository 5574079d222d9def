package emit

import (
	"strings"
	"unicode/utf8"
)

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
