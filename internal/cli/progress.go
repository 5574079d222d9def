package cli

import (
	"fmt"
	"time"
)

// Work that ends sooner needs no line about it, and one that changes faster cannot be read.
const (
	progressAfter = 500 * time.Millisecond
	progressEvery = 100 * time.Millisecond
)

// progress returns what shows on a terminal how far long work is, and what wipes it away; on anything else both do nothing.
func (s *streams) progress(verb string) (step func(done, total int), end func()) {
	if !isTerminal(s.err) {
		return func(int, int) {}, func() {}
	}
	next := time.Now().Add(progressAfter)
	shown := false
	step = func(done, total int) {
		if now := time.Now(); now.After(next) {
			next = now.Add(progressEvery)
			shown = true
			fmt.Fprintf(s.err, "\r%s %d/%d", verb, done, total)
		}
	}
	end = func() {
		if shown {
			fmt.Fprint(s.err, "\r\x1b[K")
		}
	}
	return step, end
}
