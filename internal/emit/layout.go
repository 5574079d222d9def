package emit

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"strings"
	"unicode"
)

// Document is one object and its place in the output.
type Document struct {
	Env       string
	Platform  bool // of the platform's own objects, which belong to no namespace's file
	Namespace string
	App       string // empty for the namespace's own objects
	Kind      string
	Name      string
	Elsewhere string // namespace that the object lies in, if it is another one
	Object    any
}

// File is one file of a rendered tree, held once in its final bytes.
type File struct {
	Path string // relative to the tree, with slashes
	Data []byte
}

// documentRoom is how many bytes a file sets aside for each of its documents: more than the 3,100 that they have on average, so that few
// files have to grow.
const documentRoom = 4 << 10

// separator stands between two YAML documents.
const separator = "---\n"

// Layout renders documents into files: one an app, ENV/NAMESPACE/APP.yaml, or with split one an object,
// ENV/NAMESPACE/APP/KIND-NAME.yaml, whose name has the namespace of an object that lies elsewhere before its own:
// KIND-ELSEWHERE.NAME.yaml. A namespace's own objects are those of an app called "namespace", a name that no app may have. The
// platform's own are in ENV/platform.yaml, or with split in ENV/platform/platform/KIND-NAME.yaml: a namespace may be called
// "platform", an app may not. Files, and documents within a file, keep the order in which they come. It is a pure function:
// workers call it app by app and let go of the objects.
func Layout(docs []Document, split bool) ([]File, error) {
	var files []File
	at := map[string]int{}
	room := documentRoom
	if !split {
		room *= len(docs)
	}
	for _, d := range docs {
		path, err := d.path(split)
		if err != nil {
			return nil, err
		}
		i, ok := at[path]
		if !ok {
			i = len(files)
			at[path] = i
			files = append(files, File{Path: path, Data: make([]byte, 0, room)})
		} else {
			files[i].Data = append(files[i].Data, separator...)
		}
		if files[i].Data, err = AppendYAML(files[i].Data, d.Object); err != nil {
			return nil, fmt.Errorf("%s/%s: %w", d.Kind, d.Name, err)
		}
	}
	for i := range files {
		files[i].Data = bytes.Clone(files[i].Data) // without the room that append left: a fleet's files are all held until written
	}
	return files, nil
}

// path returns the file of d.
func (d Document) path(split bool) (string, error) {
	steps := []string{d.Env, d.Namespace, cmp.Or(d.App, "namespace")}
	switch {
	case d.Platform && split:
		steps = []string{d.Env, "platform", "platform"}
	case d.Platform:
		steps = []string{d.Env, "platform"}
	}
	if split {
		name := d.Name
		if d.Elsewhere != "" {
			name = d.Elsewhere + "." + name
		}
		steps = append(steps, strings.ToLower(d.Kind)+"-"+name)
	}
	for _, s := range steps {
		if !fileName(s) {
			return "", fmt.Errorf("%s/%s: %q cannot be a file name", d.Kind, d.Name, s)
		}
	}
	return strings.Join(steps, "/") + ".yaml", nil
}

// fileName reports whether s is safe as one step of a path. Hidden names are not: the index and unfinished files have those.
func fileName(s string) bool {
	return s != "" && s[0] != '.' && strings.IndexFunc(s, func(r rune) bool {
		return r == '/' || r == '\\' || unicode.IsControl(r) || r == unicode.ReplacementChar
	}) < 0
}

// Stream writes files as one stream of documents, in the order given.
func Stream(w io.Writer, files []File) error {
	for i, f := range files {
		if i > 0 {
			if _, err := io.WriteString(w, separator); err != nil {
				return err
			}
		}
		if _, err := w.Write(f.Data); err != nil {
			return err
		}
	}
	return nil
}
