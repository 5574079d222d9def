package resolve

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/load"
)

// strange are values that stand where something else belongs. The loader reports them, but what it reports comes here as well.
var strange = []load.Node{
	{Kind: load.Null},
	{Kind: load.Bool, Text: "true"},
	{Kind: load.Bool, Text: "false"},
	{Kind: load.Int, Text: "-99999999999999999999"},
	{Kind: load.Float, Text: "1e400"},
	{Kind: load.String, Text: "@:%\x00/.."},
	{Kind: load.Struct, Fields: []*load.Node{{Kind: load.Struct, Key: ""}, {Kind: load.List, Key: "a.b[0]["}, {Kind: load.Null, Key: "["}}},
	{Kind: load.List},
	{Kind: load.List, Elems: []*load.Node{{Kind: load.Null}, {Kind: load.Struct}, {Kind: load.List}}},
}

// Whatever stands at any place of a spec or a platform, resolve answers.
func TestStrangeValuesDoNotPanic(t *testing.T) {
	dir := t.TempDir()
	for name, content := range corpus {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	p, found, err := load.Load(load.Options{Dir: dir})
	if err != nil || diag.HasErrors(found) {
		t.Fatal(err, format(found))
	}
	tryStrange(t, p, p.Platform, "platform")
	for i, a := range p.Apps {
		alone := *p
		alone.Apps = p.Apps[i : i+1]
		tryStrange(t, &alone, a.Node, "apps."+a.Name)
	}
}

// tryStrange puts every strange value in every place below a node of a project.
func tryStrange(t *testing.T, p *load.Project, root *load.Node, path string) {
	eachNode(root, path, func(n *load.Node, path string) {
		was := *n
		for i, s := range strange {
			*n = s
			n.Key, n.Pos, n.KeyPos = was.Key, was.Pos, was.KeyPos
			resolveStrange(t, p, fmt.Sprintf("%s is strange value %d", path, i))
		}
		*n = was
	})
}

func resolveStrange(t *testing.T, p *load.Project, what string) {
	defer func() {
		if r := recover(); r != nil {
			t.Errorf("%s: %v", what, r)
		}
	}()
	Fleets(p, Options{})
}

func eachNode(n *load.Node, path string, visit func(n *load.Node, path string)) {
	visit(n, path)
	for _, f := range n.Fields {
		eachNode(f, path+"."+f.Key, visit)
	}
	for i, e := range n.Elems {
		eachNode(e, fmt.Sprintf("%s[%d]", path, i), visit)
	}
}

func TestSmallestAppIsSilent(t *testing.T) {
	fleets, found := resolveText(t, map[string]string{"app.cue": `apps: web: {team: "a", tier: "standard", image: "registry.acme.io/web:1.0"}`})
	if len(fleets) != 1 || fleets[0].Env.Name != "local" || len(fleets[0].Apps) != 1 || len(found) > 0 {
		t.Errorf("%d fleets\n%s", len(fleets), format(found))
	}
}
