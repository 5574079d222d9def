package main

import (
	"errors"
	"sync"
	"time"
)

// errBusy means that as much work is under way as can be done in time: one more request would only make all others slower.
var errBusy = errors.New("too many requests at the same time")

// A limiter bounds how much is done at the same time. What is over the bound fails at once instead of queueing: a queue in front of
// a database that is too slow holds requests whose clients have gone.
type limiter chan struct{}

func (l limiter) do(f func() error) error {
	select {
	case l <- struct{}{}:
		defer func() { <-l }()
		return f()
	default:
		return errBusy
	}
}

// A breaker spares a dependency that has failed several times in a row, and its callers the wait. After a pause one caller may try.
type breaker struct {
	mu       sync.Mutex
	failures int
	until    time.Time
}

const (
	breakerFailures = 5               // in a row: one slow answer is no outage
	breakerPause    = 1 * time.Second // of an outage's callers, one a pause waits for the timeout
)

// allow reports whether the dependency may be called. Whoever calls it then says so with done.
func (b *breaker) allow() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failures < breakerFailures {
		return true
	}
	now := time.Now()
	if now.Before(b.until) {
		return false
	}
	b.until = now.Add(breakerPause) // others wait for what this one finds
	return true
}

func (b *breaker) done(ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if ok {
		b.failures = 0
		return
	}
	b.failures++
	b.until = time.Now().Add(breakerPause)
}
