package load

import (
	"strings"
	"testing"

	"cuelang.org/go/cue/parser"

	"github.com/scantling/scantling/internal/diag"
)

// tree reads plain CUE as a node.
func tree(t *testing.T, text string) *Node {
	t.Helper()
	f, err := parser.ParseFile("app.cue", text)
	if err != nil {
		t.Fatal(err)
	}
	n, ok := (literals{position, mergeStructs}).structLit(f.Decls, diag.Pos{File: "app.cue"})
	if !ok {
		t.Fatal("not plain data")
	}
	return n
}

// flat writes a tree in one line, with the line of each scalar when lines is set.
func flat(n *Node, lines bool) string {
	switch {
	case n == nil:
		return "absent"
	case n.Kind == Struct:
		var fields []string
		for _, f := range n.Fields {
			fields = append(fields, f.Key+":"+flat(f, lines))
		}
		return "{" + strings.Join(fields, " ") + "}"
	case n.Kind == List:
		var elems []string
		for _, e := range n.Elems {
			elems = append(elems, flat(e, lines))
		}
		return "[" + strings.Join(elems, " ") + "]"
	case lines:
		return n.Text + "@" + itoa(n.Pos.Line)
	}
	return n.Text
}

func TestMerge(t *testing.T) {
	for _, c := range []struct{ name, app, want string }{
		{"nothing to override", "a: 1", "{a:1}"},
		{"environment wins over group and app", "args: [\"x\"]\nport: 1\nenvironments: prod: port: 2\nenvironments: \"prod-eu\": port: 3", "{args:[x] port:3}"},
		{"group alone", "port: 1\nenvironments: prod: port: 2", "{port:2}"},
		{"another environment", "port: 1\nenvironments: dev: port: 2", "{port:1}"},
		{"deep", "scale: {min: 1, max: 2}\nenvironments: prod: scale: max: 9", "{scale:{min:1 max:9}}"},
		{"lists replace", "args: [\"a\", \"b\"]\nenvironments: prod: args: [\"c\"]", "{args:[c]}"},
		{"added", "team: \"a\"\nenvironments: prod: env: X: \"1\"", "{team:a env:{X:1}}"},
		{"scale replaces replicas", "replicas: 2\nenvironments: prod: scale: min: 3", "{scale:{min:3}}"},
		{"replicas replaces scale", "scale: min: 3\nenvironments: prod: replicas: 1", "{replicas:1}"},
		{"size replaces resources", "resources: {cpu: \"1\", memory: \"1Gi\"}\nenvironments: prod: size: \"xs\"", "{size:xs}"},
		{"ports replaces port", "port: 1\nenvironments: prod: ports: http: 2", "{ports:{http:2}}"},
		{"metrics off", "metrics: port: 1\nenvironments: prod: metrics: false", "{metrics:false}"},
		{"metrics on", "metrics: false\nenvironments: prod: metrics: port: 1", "{metrics:{port:1}}"},
		{"another rollout", "rollout: canary: weight: 5\nenvironments: prod: rollout: rolling: {}", "{rollout:{rolling:{}}}"},
		{"the same rollout", "rollout: canary: weight: 5\nenvironments: prod: rollout: canary: hold: true", "{rollout:{canary:{weight:5 hold:true}}}"},
		{"another kind of need", "needs: {db: postgres: pool: 1, x: app: {}}\nenvironments: prod: needs: db: mysql: {}", "{needs:{db:{mysql:{}} x:{app:{}}}}"},
		{"another source of a secret", "secrets: a: {key: \"k\", env: \"E\"}\nenvironments: prod: secrets: a: existing: \"s\"", "{secrets:{a:{env:E existing:s}}}"},
		{"hosts replaces host", "expose: {host: \"a\", path: \"/\"}\nenvironments: prod: expose: hosts: [\"b\"]", "{expose:{path:/ hosts:[b]}}"},
		{"not there", "a: 1\nenvironments: prod: false", "absent"},
		{"not in the environment", "a: 1\nenvironments: {prod: a: 2, \"prod-eu\": false}", "absent"},
		{"only in one environment of the group", "a: 1\nenvironments: {prod: false, \"prod-eu\": b: 2}", "{a:1 b:2}"},
	} {
		t.Run(c.name, func(t *testing.T) {
			app := tree(t, c.app)
			before := flat(app, true)
			if got := flat(Merge(app, "prod", "prod-eu"), false); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
			if after := flat(app, true); after != before {
				t.Errorf("the app itself changed from %s to %s", before, after)
			}
		})
	}
}

// TestMergeKeepsPositions shows that each value of a merged app is at the line of whoever wrote it.
func TestMergeKeepsPositions(t *testing.T) {
	app := tree(t, "port: 1\nscale: {min: 1, max: 2}\nenvironments: prod: scale: max: 9\n")
	if got, want := flat(Merge(app, "", "prod"), true), "{port:1@1 scale:{min:1@2 max:9@3}}"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestCheckMerged finds what an override alone may leave out, but the merged app may not.
func TestCheckMerged(t *testing.T) {
	app := tree(t, "team: \"a\"\ntier: \"standard\"\nimage: \"a:1\"\nenvironments: prod: storage: data: size: \"1Gi\"")
	var c checker
	c.check(app, appRule(), "apps.web", false)
	if len(c.found) > 0 {
		t.Errorf("the override alone: %s", render(c.found))
	}
	if found := CheckMerged("web", Merge(app, "", "prod")); len(found) != 1 || found[0].Problem != "mount is missing" || found[0].Pos.Line != 4 {
		t.Errorf("merged: %s", render(found))
	}
}

func TestPlatformIn(t *testing.T) {
	p := tree(t, `
environments: prod: {kubernetes: "1.34", databases: orders: host: "b"}
environments: dev: kubernetes: "1.34"
databases: orders: {kind: "postgres", host: "a", cidrs: ["10.0.0.0/8"]}
`)
	if got := PlatformIn(p, "prod").At("databases", "orders"); flat(got, false) != "{kind:postgres host:b cidrs:[10.0.0.0/8]}" {
		t.Errorf("prod: %s", flat(got, false))
	}
	if got := PlatformIn(p, "dev").At("databases", "orders", "host"); flat(got, false) != "a" {
		t.Errorf("dev: %s", flat(got, false))
	}
	if found := CheckPlatform(PlatformIn(p, "prod")); len(found) > 0 {
		t.Error(render(found))
	}
}
