package emit

import (
	"strings"
)

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
