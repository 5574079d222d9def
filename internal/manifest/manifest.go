// Package manifest reads Kubernetes manifests, whoever wrote them, as plain objects.
package manifest

import (
	"cmp"
	"fmt"
	"strings"
)

// Object is one Kubernetes object as it stands in a file. It is only read: objects of one file may share parts of their fields.
type Object struct {
	APIVersion string
	Kind       string
	Namespace  string // empty: cluster-wide, or left to whoever applies it
	Name       string // empty when the API server shall make one up
	File       string // as the caller named it
	Line       int    // where its document begins, from 1

	Fields map[string]any // maps, lists, string, bool, int64, float64 and nil, all of the document
}

// ID is what tells objects apart in a cluster: the version of the API is not part of it.
type ID struct {
	Group     string // empty for the core group
	Kind      string
	Namespace string
	Name      string
}

// ID returns the identity of the object.
func (o Object) ID() ID {
	return ID{Group: o.Group(), Kind: o.Kind, Namespace: o.Namespace, Name: o.Name}
}

// Group returns the API group; empty for the core group.
func (o Object) Group() string {
	group, _, found := strings.Cut(o.APIVersion, "/")
	if !found {
		return ""
	}
	return group
}

// String names the object as messages do: Service/shop/web, or Namespace/shop for what has no namespace.
func (o Object) String() string { return o.ID().String() }

// String returns KIND/NAMESPACE/NAME.
func (id ID) String() string {
	if id.Namespace == "" {
		return id.Kind + "/" + id.Name
	}
	return id.Kind + "/" + id.Namespace + "/" + id.Name
}

// Compare orders identities by namespace, kind, name and group.
func (id ID) Compare(other ID) int {
	return cmp.Or(strings.Compare(id.Namespace, other.Namespace), strings.Compare(id.Kind, other.Kind),
		strings.Compare(id.Name, other.Name), strings.Compare(id.Group, other.Group))
}

// Label returns the value of one label of the object; empty: it has none.
func (o Object) Label(key string) string { return String(o.Fields, "metadata", "labels", key) }

// Annotation returns the value of one annotation; empty: it has none.
func (o Object) Annotation(key string) string {
	return String(o.Fields, "metadata", "annotations", key)
}

// A SyntaxError says where a file is not a manifest.
type SyntaxError struct {
	File    string
	Line    int // from 1; 0: the file as a whole
	Problem string
	Other   bool           // well-formed, but not a Kubernetes object, as the values of a chart
	Fields  map[string]any // of an Other that is a map
}

// Error returns FILE:LINE: PROBLEM.
func (e *SyntaxError) Error() string {
	if e.Line == 0 {
		return e.File + ": " + e.Problem
	}
	return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Problem)
}
