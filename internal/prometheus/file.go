package prometheus

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// File holds answers that somebody else fetched, for where no server can be reached. It is either what the API answered to the
// only query that is needed, as curl wrote it; or a list of answers, each with the name or the text of its query:
//
//	[{"name": "budget", "answer": {"status": "success", "data": {...}}},
//	 {"query": "up", "status": "success", "data": {...}}]
//
// Script prints what makes such a list.
type File struct {
	name    string
	entries []entry
}

type entry struct {
	Name   string    `json:"name"`
	Query  string    `json:"query"`
	Answer *envelope `json:"answer"`
	envelope
}

// ReadFile reads the answers to the queries that a command asks; name is the file's, for messages. An answer that is needed and
// not there is an error, and so is one that the server refused: better now than half way.
func ReadFile(name string, data []byte, asked []Query) (*File, error) {
	f := &File{name: name}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")) // PowerShell writes one
	var err error
	if bytes.HasPrefix(bytes.TrimSpace(data), []byte("[")) {
		err = json.Unmarshal(data, &f.entries)
	} else {
		var lone entry
		if err = json.Unmarshal(data, &lone); err == nil && lone.Name == "" && lone.Query == "" {
			only, problem := sole(asked)
			if problem != "" {
				return nil, f.fail(problem, "fetch all of them: --print-queries prints what does")
			}
			lone.Name = only.Name
		}
		f.entries = []entry{lone}
	}
	if err != nil {
		return nil, f.fail("not answers of Prometheus' query API: "+plain(err), "--print-queries prints what fetches them")
	}
	for i := range f.entries {
		if e := &f.entries[i]; e.Answer == nil {
			e.Answer = &e.envelope
		}
	}
	for _, q := range asked {
		if _, err := f.Instant(context.Background(), q, time.Time{}); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// sole returns the only query that is needed, or why a lone answer does not do.
func sole(asked []Query) (only Query, problem string) {
	needed := slices.DeleteFunc(slices.Clone(asked), func(q Query) bool { return q.Optional })
	if len(needed) != 1 {
		return Query{}, fmt.Sprintf("one answer without a name, and %d queries are needed", len(needed))
	}
	return needed[0], ""
}

// Instant looks the answer up. What time it is about was decided when the file was made.
func (f *File) Instant(_ context.Context, q Query, _ time.Time) (Answer, error) {
	i := slices.IndexFunc(f.entries, func(e entry) bool {
		return e.Name == q.Name || e.Query != "" && sameText(e.Query, q.Expr)
	})
	switch {
	case i < 0 && q.Optional:
		return Answer{}, nil
	case i < 0:
		return Answer{}, f.fail(fmt.Sprintf("no answer to the query %q", q.Name), "fetch it: --print-queries prints what does")
	}
	a, err := f.entries[i].Answer.answer()
	if err != nil {
		problem, help := err.Error(), "fetch it again: --print-queries prints what does"
		if e, ok := err.(*Error); ok {
			problem, help = e.Problem, cmp.Or(e.Help, help)
		}
		return Answer{}, f.fail(fmt.Sprintf("query %q: %s", q.Name, problem), help)
	}
	return a, nil
}

func (f *File) fail(problem, help string) *Error {
	return &Error{Problem: f.name + ": " + problem, Help: help}
}

// sameText compares queries as people copy them: with other spaces and line breaks.
func sameText(a, b string) bool {
	return slices.Equal(strings.Fields(a), strings.Fields(b))
}
