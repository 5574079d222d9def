package judge_test

import (
	"reflect"
	"slices"
	"testing"

	"github.com/scantling/scantling/e2e/judge"
	"github.com/scantling/scantling/e2e/judge/manifest"
)

// An edit changes a set as a mistake in a generator would: every object of the kind at once.
type edit func(docs []manifest.Document) []manifest.Document

// set writes a value at a path of every object of a kind that has the field above it.
func set(kind string, value any, path ...any) edit {
	return change(kind, func(object map[string]any) { put(object, value, path) })
}

// drop takes a field away from every object of a kind.
func drop(kind string, path ...any) edit {
	return change(kind, func(object map[string]any) {
		if fields, ok := at(object, path[:len(path)-1]).(map[string]any); ok {
			delete(fields, path[len(path)-1].(string))
		}
	})
}

// change does something to every object of a kind.
func change(kind string, do func(object map[string]any)) edit {
	return func(docs []manifest.Document) []manifest.Document {
		for _, d := range docs {
			if d.GetKind() == kind {
				do(d.Object)
			}
		}
		return docs
	}
}

// named restricts an edit in place to the objects of one name.
func named(name string, e edit) edit {
	return func(docs []manifest.Document) []manifest.Document {
		var chosen []manifest.Document
		for _, d := range docs {
			if d.GetName() == name {
				chosen = append(chosen, d)
			}
		}
		e(chosen)
		return docs
	}
}

// remove takes every object of a kind out of the set.
func remove(kind string) edit {
	return func(docs []manifest.Document) []manifest.Document {
		return slices.DeleteFunc(docs, func(d manifest.Document) bool { return d.GetKind() == kind })
	}
}

// repeat puts every object of a kind into the set twice.
func repeat(kind string) edit { return again(kind, "") }

// double puts every object of a kind into the set a second time, under another name.
func double(kind string) edit { return again(kind, "-2") }

func again(kind, suffix string) edit {
	return func(docs []manifest.Document) []manifest.Document {
		for _, d := range docs {
			if d.GetKind() == kind {
				second := manifest.Document{File: d.File, Unstructured: d.DeepCopy()}
				second.SetName(d.GetName() + suffix)
				docs = append(docs, second)
			}
		}
		return docs
	}
}

// all is one edit after the other.
func all(edits ...edit) edit {
	return func(docs []manifest.Document) []manifest.Document {
		for _, e := range edits {
			docs = e(docs)
		}
		return docs
	}
}

// at returns what stands at a path of keys and indexes, or nil.
func at(value any, path []any) any {
	for _, step := range path {
		switch step := step.(type) {
		case string:
			fields, _ := value.(map[string]any)
			value = fields[step]
		case int:
			items, _ := value.([]any)
			if step >= len(items) {
				return nil
			}
			value = items[step]
		}
	}
	return value
}

// put writes a value at a path, if what it belongs to is there.
func put(object map[string]any, value any, path []any) {
	above, last := at(object, path[:len(path)-1]), path[len(path)-1]
	switch above := above.(type) {
	case map[string]any:
		above[last.(string)] = value
	case []any:
		if i := last.(int); i < len(above) {
			above[i] = value
		}
	}
}

// apply edits a copy of a set, and says whether that changed anything.
func apply(e edit, s judge.Set) (docs []manifest.Document, changed bool) {
	for _, d := range s.Docs {
		docs = append(docs, manifest.Document{File: d.File, Unstructured: d.DeepCopy()})
	}
	docs = e(docs)
	return docs, !slices.EqualFunc(docs, s.Docs, func(a, b manifest.Document) bool { return reflect.DeepEqual(a.Object, b.Object) })
}

// rewritten writes the text of edited documents anew.
func rewritten(t *testing.T, docs []manifest.Document) []manifest.Document {
	t.Helper()
	for i, d := range docs {
		written, err := manifest.New(d.File, d.Object)
		if err != nil {
			t.Fatal(err)
		}
		read, err := manifest.Parse(d.File, written.Text)
		if err != nil {
			t.Fatal(err)
		}
		docs[i] = read[0]
	}
	return docs
}
