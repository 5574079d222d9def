package resolve

import (
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/scantling/scantling/internal/load"
)

// Whatever stands at any place of an app, or of what the platform says about others, the apps that it is connected with are
// resolved all the same.
func TestStrangeConnectionsDoNotPanic(t *testing.T) {
	t.Parallel()
	archive, err := txtar.ParseFile("testdata/graph_everything.txtar")
	if err != nil {
		t.Fatal(err)
	}
	archive.Files = slices.DeleteFunc(archive.Files, func(f txtar.File) bool { return strings.HasPrefix(f.Name, "want") })
	dir := t.TempDir()
	if err := txtar.Write(archive, dir); err != nil {
		t.Fatal(err)
	}
	p, _, err := load.Load(load.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range p.Apps {
		for _, field := range []string{"needs", "secrets", "kubernetes", "expose", "calledBy"} {
			if n := a.Node.Field(field); n != nil {
				tryStrange(t, p, n, "apps."+a.Name+"."+field)
			}
		}
	}
	for _, field := range []string{"databases", "teams", "apps"} {
		tryStrange(t, p, p.Platform.Field(field), "platform."+field)
	}
}
