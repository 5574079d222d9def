package load

import (
	"slices"

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
