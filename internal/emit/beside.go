package emit

import (
	"bytes"
	"cmp"
	"fmt"
	"strings"
)

// Beside is a document for a tool outside the cluster, and its place beside the manifests.
type Beside struct {
	Tree      string // has a dot, which no environment's name has
	Env       string
	Platform  bool // of the platform, which belongs to no namespace
	Namespace string
	App       string // empty for the namespace's own
	Name      string // begins with whose it is, and a dot
	Content   any    // written as YAML; a string or []byte as it is
}

// LayoutBeside renders documents for other tools into files, one each: TREE/ENV/NAMESPACE/NAME, or for the platform's TREE/NAME. It
// refuses a name that does not say whose it is: a run over a part of the project could not tell what is its to remove.
func LayoutBeside(docs []Beside) ([]File, error) {
	var files []File
	for _, d := range docs {
		path, err := d.path()
		if err != nil {
			return nil, err
		}
		var data []byte
		switch c := d.Content.(type) {
		case []byte:
			data = c
		case string:
			data = []byte(c)
		default:
			if h, ok := c.(interface{ Heading(file string) string }); ok { // comments that say what it is
				data = []byte(h.Heading(d.Name))
			}
			if data, err = AppendYAML(data, c); err != nil {
				return nil, fmt.Errorf("%s: %w", path, err)
			}
		}
		files = append(files, File{Path: path, Data: bytes.Clone(data)})
	}
	return files, nil
}

// path returns the file of d.
func (d Beside) path() (string, error) {
	steps, owner := []string{d.Tree, d.Env, d.Namespace, d.Name}, cmp.Or(d.App, "namespace")
	if d.Platform {
		steps, owner = []string{d.Tree, d.Name}, d.Env
	}
	for _, s := range steps {
		if !fileName(s) {
			return "", fmt.Errorf("%s/%s: %q cannot be a file name", d.Tree, d.Name, s)
		}
	}
	if !strings.Contains(d.Tree, ".") {
		return "", fmt.Errorf("%s/%s: %q could be an environment", d.Tree, d.Name, d.Tree)
	}
	if first, _, ok := strings.Cut(d.Name, "."); !ok || first != owner {
		return "", fmt.Errorf("%s/%s: the name does not begin with %q", d.Tree, d.Name, owner+".")
	}
	return strings.Join(steps, "/"), nil
}
