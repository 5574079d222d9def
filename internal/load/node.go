package load

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/scantling/scantling/internal/diag"
)

// Kind is the type of a node's value.
type Kind uint8

// The kinds of data that a spec can hold.
const (
	Null Kind = iota
	Bool
	Int
	Float
	String
	Struct
	List
	Invalid // a value that could not be computed or that the field does not take; a diagnostic says why
)

// Node is one value of a spec, with the place where the user wrote it. A nil *Node is an absent field, and every method
// accepts it.
type Node struct {
	Kind   Kind
	Key    string   // the field's name in its struct; empty in a list and at the root
	KeyPos diag.Pos // the field's label; in a list and at the root the same as Pos
	Pos    diag.Pos // the value
	Text   string   // a scalar: the string itself, or the number or bool as text ("8080", "99.9", "true")
	Fields []*Node  // of a Struct, in source order
	Elems  []*Node  // of a List
	raw    string   // a number as it was written, where Text is another: 1.10, 007
	lacks  bool     // a Struct: a diagnostic says that something of it was not found or not written, so no other needs to
}

// Faulty reports whether a diagnostic has been made about n itself, so that what follows from n needs no other.
func (n *Node) Faulty() bool { return n != nil && (n.Kind == Invalid || n.lacks) }

// Field returns the field of n with this name, or nil.
func (n *Node) Field(name string) *Node {
	if n == nil {
		return nil
	}
	i := slices.IndexFunc(n.Fields, func(f *Node) bool { return f.Key == name })
	if i < 0 {
		return nil
	}
	return n.Fields[i]
}

// At returns the node that names lead to, or nil.
func (n *Node) At(names ...string) *Node {
	for _, name := range names {
		n = n.Field(name)
	}
	return n
}

// Data returns the node as data: maps, lists, string, bool, int64, float64 and nil. A whole number that is too large for that is
// returned as the second value.
func (n *Node) Data() (data any, tooLarge *Node) {
	switch n.Kind {
	case Struct:
		m := make(map[string]any, len(n.Fields))
		for _, f := range n.Fields {
			v, large := f.Data()
			m[f.Key], tooLarge = v, cmp.Or(tooLarge, large)
		}
		return m, tooLarge
	case List:
		l := make([]any, len(n.Elems))
		for i, e := range n.Elems {
			v, large := e.Data()
			l[i], tooLarge = v, cmp.Or(tooLarge, large)
		}
		return l, tooLarge
	case Bool:
		return n.Text == "true", nil
	case Int:
		i, err := strconv.ParseInt(n.Text, 10, 64)
		if err != nil {
			return i, n
		}
		return i, nil
	case Float:
		f, _ := strconv.ParseFloat(n.Text, 64)
		return f, nil
	case String:
		return n.Text, nil
	}
	return nil, nil
}

// Places adds to all where the node and everything in it was written, by paths that begin with path.
func (n *Node) Places(all map[string]diag.Pos, path string) {
	if n == nil {
		return
	}
	all[path] = n.KeyPos
	for _, f := range n.Fields {
		f.Places(all, join(path, f.Key))
	}
	for i, e := range n.Elems {
		e.Places(all, path+"["+strconv.Itoa(i)+"]")
	}
}
