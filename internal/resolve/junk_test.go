package resolve

import (
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/scantling/scantling/internal/load"
)

// TestJunkNeverPanics puts a value of every kind, and nothing, in the place of every value of a whole project, unchecked by the
// loader: whatever stands in a spec, resolving ends.
func TestJunkNeverPanics(t *testing.T) {
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
	junk := []load.Node{
		{Kind: load.Null},
		{Kind: load.Bool, Text: "false"},
		{Kind: load.Int, Text: "99999999999999999999"},
		{Kind: load.String, Text: "\x00/☃"},
		{Kind: load.Struct, Fields: []*load.Node{{Key: "", Kind: load.Struct}, {Key: "app", Kind: load.Struct}}},
		{Kind: load.List, Elems: []*load.Node{{Kind: load.Struct}, {Kind: load.String}}},
	}
	resolves := 0
	var walk func(list []*load.Node)
	walk = func(list []*load.Node) {
		for _, n := range list {
			was := *n
			for _, j := range junk {
				j.Key, j.KeyPos, j.Pos = was.Key, was.KeyPos, was.Pos
				*n = j
				Fleets(p, Options{})
				resolves++
			}
			n.Key = "absent" // as if the field were not there
			Fleets(p, Options{})
			*n = was
			walk(slices.Concat(was.Fields, was.Elems))
		}
	}
	walk([]*load.Node{p.Platform})
	for _, a := range p.Apps {
		walk([]*load.Node{a.Node})
	}
	if resolves < 1000 {
		t.Fatalf("only %d values were tried", resolves)
	}
}
