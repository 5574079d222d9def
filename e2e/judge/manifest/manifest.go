// Package manifest reads rendered files into the documents that judges look at, and says how a judge reports what is wrong with one.
package manifest

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// MadeBy begins what stands for the file of an object that a controller makes.
const MadeBy = "made by "

// A Document is one object of a rendered file.
type Document struct {
	File string // that it stands in, or MadeBy and a controller
	Text []byte // YAML, as it was rendered
	*unstructured.Unstructured
}

// String names the object as people do: its kind, namespace and name.
func (d Document) String() string {
	if d.GetNamespace() == "" {
		return d.GetKind() + " " + d.GetName()
	}
	return d.GetKind() + " " + d.GetNamespace() + "/" + d.GetName()
}

// New is a document from an object alone; its text is the object as YAML.
func New(file string, object map[string]any) (Document, error) {
	text, err := yaml.Marshal(object)
	return Document{File: file, Text: text, Unstructured: &unstructured.Unstructured{Object: object}}, err
}

// Parse reads every object of a file. A key that stands twice in one map is an error.
func Parse(file string, data []byte) ([]Document, error) {
	var docs []Document
	for _, text := range bytes.Split(append([]byte("\n"), data...), []byte("\n---\n")) {
		if len(bytes.TrimSpace(text)) == 0 {
			continue
		}
		raw, err := yaml.YAMLToJSONStrict(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		object := &unstructured.Unstructured{}
		if err := object.UnmarshalJSON(raw); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		docs = append(docs, Document{File: file, Text: text, Unstructured: object})
	}
	return docs, nil
}

// A Finding is one thing that a judge has against one object.
type Finding struct {
	Judge  string // filled in by whoever asks the judges
	Rule   string // the judge's own name for what is broken
	Object string
	Detail string // the field and what is wrong with it, in the judge's words
}

// String is a finding on one line.
func (f Finding) String() string {
	return fmt.Sprintf("%s: %s: %s: %s", f.Judge, f.Object, f.Rule, f.Detail)
}

// Sort puts findings into an order that does not depend on how they were found.
func Sort(findings []Finding) {
	slices.SortFunc(findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Judge, b.Judge), cmp.Compare(a.Object, b.Object), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Detail, b.Detail))
	})
}
