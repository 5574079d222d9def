package emit

import (
	"errors"
)

// follows is what stands before a value on its line.
type follows uint8

const (
	nothing follows = iota // the value is the document
	key                    // "name:"
	dash                   // "-"
)

// place is where a value is written.
type place struct {
	indent int // column of the key or dash the value belongs to, -2 for a document
	after  follows
	depth  int
	prune  *prune // what may be left out below here, nil for nothing
}

// under returns the place of an entry at column indent of the collection written at p.
func (p place) under(indent int, after follows, prune *prune) place {
	return place{indent: indent, after: after, depth: p.depth + 1, prune: prune}
}

// entries returns the column of the entries of a mapping at p. A sequence shares it, unless it follows a key: then its
// dashes stand under the key itself, as kubectl and sigs.k8s.io/yaml write them.
func (p place) entries() int { return p.indent + 2 }

// begin opens entry number n of a collection at p: on the line of the dash before it for the first, else on a line of its own.
func (w *writer) begin(n int, p place, column int) {
	switch {
	case n == 0 && p.after == nothing:
		return
	case n == 0 && p.after == dash:
		w.buf = append(w.buf, ' ')
		return
	case n == 0:
		w.buf = append(w.buf, '\n')
	}
	w.pad(column)
}

func (w *writer) pad(column int) {
	for range column {
		w.buf = append(w.buf, ' ')
	}
}

// lead separates a value from the key or dash on its line.
func (w *writer) lead(at place) {
	if at.after != nothing {
		w.buf = append(w.buf, ' ')
	}
}

// inline writes a value that needs no quoting and takes the rest of its line.
func (w *writer) inline(s string, at place) {
	w.lead(at)
	w.buf = append(w.buf, s...)
	w.buf = append(w.buf, '\n')
}

// pathError says where in the object a value could not be written.
type pathError struct {
	path string
	err  error
}

func (e *pathError) Error() string { return e.path + ": " + e.err.Error() }
func (e *pathError) Unwrap() error { return e.err }

// within adds a step in front of the path of err.
func within(step string, err error) error {
	if inner, ok := errors.AsType[*pathError](err); ok {
		return &pathError{step + "." + inner.path, inner.err}
	}
	return &pathError{step, err}
}
