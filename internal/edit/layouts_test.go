package edit

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// layout is one way to write the app web. Comments that say keep are not those of a field that a release removes.
type layout struct {
	name  string
	files map[string]string
}

func newProject(t *testing.T, l layout) *project {
	t.Helper()
	p := &project{dir: t.TempDir(), texts: map[string][]byte{}}
	for name, text := range l.files {
		if err := os.WriteFile(filepath.Join(p.dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

// layouts reads testdata/layouts.txtar, each file of it as it is, with CRLF, without its last line end, and behind a byte order mark.
func layouts() []layout {
	archive, err := txtar.ParseFile("testdata/layouts.txtar")
	if err != nil {
		panic(err)
	}
	var all []layout
	byName := map[string]int{}
	for _, f := range archive.Files {
		name, file, _ := strings.Cut(f.Name, "/")
		i, ok := byName[name]
		if !ok {
			i = len(all)
			byName[name] = i
			all = append(all, layout{name, map[string]string{}})
		}
		all[i].files[file] = string(f.Data)
	}
	variants := []struct {
		name string
		make func(string) string
	}{
		{"CRLF", func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }},
		{"no line end", func(s string) string { return strings.TrimSuffix(s, "\n") }},
		{"byte order mark", func(s string) string { return "\ufeff" + s }},
	}
	for _, l := range all[:len(all):len(all)] {
		for _, v := range variants {
			other := layout{l.name + ", " + v.name, map[string]string{}}
			for file, text := range l.files {
				other.files[file] = v.make(text)
			}
			all = append(all, other)
		}
	}
	return all
}
