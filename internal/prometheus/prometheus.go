// Package prometheus asks a Prometheus, or a file with answers that somebody else fetched from one, what series are worth now.
package prometheus

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"
)

// A Source answers queries: a Server or a File.
type Source interface {
	// Instant evaluates a query at a time; the zero time is the source's own now. A File answers as of the time when it was made.
	Instant(ctx context.Context, q Query, at time.Time) (Answer, error)
}

// A Query is an expression whose answer is a vector: one value a series. What concerns a range of time asks for it within the
// expression, as max_over_time(x[14d]) does.
type Query struct {
	Name     string // of its answer in a file: a word such as "budget"
	Expr     string // in PromQL
	Optional bool   // a file may lack the answer, which is then empty
}

// An Answer is what a query found.
type Answer struct {
	Samples  []Sample // by labels; empty: no series matched
	Warnings []string // why the answer may be incomplete, in the server's words
}

// A Sample is what one series is worth.
type Sample struct {
	Labels map[string]string
	Value  float64   // may be NaN or infinite
	Time   time.Time // of the evaluation; the newest point of the series may be five minutes older
}

// Error is why there is no answer, for the person who asked.
type Error struct {
	Problem string // lower case, no full stop; never with a password or a token
	Help    string // may be empty
}

// Error returns the problem alone.
func (e *Error) Error() string { return e.Problem }

// sorted orders samples by their labels, in place.
func sorted(samples []Sample) []Sample {
	slices.SortStableFunc(samples, func(a, b Sample) int {
		return cmp.Or(strings.Compare(signature(a.Labels), signature(b.Labels)), a.Time.Compare(b.Time))
	})
	return samples
}

// signature tells series apart: no label contains the byte that separates them, as Prometheus' own hash has it.
func signature(labels map[string]string) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		b.WriteString(name + "\xff" + labels[name] + "\xff")
	}
	return b.String()
}
