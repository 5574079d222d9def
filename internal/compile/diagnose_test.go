package compile

import (
	"testing"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/load"
	"github.com/scantling/scantling/internal/transition"
)

// TestFindingStandsWhereItIsDecided wants the override of an environment before that of its group, and that before the app itself.
func TestFindingStandsWhereItIsDecided(t *testing.T) {
	line := 0
	node := func(key string, fields ...*load.Node) *load.Node {
		line++
		return &load.Node{Kind: load.Struct, Key: key, KeyPos: diag.Pos{File: "app.cue", Line: line}, Fields: fields}
	}
	specs := Specs{Project: &load.Project{Apps: []load.AppSpec{{Name: "web", Node: node("web", node("rollout"), node("environments",
		node("prod", node("rollout")), node("prod-eu", node("rollout"))))}}}}
	web := specs.Project.Apps[0].Node
	for _, c := range []struct {
		env  *app.Environment
		want *load.Node
	}{
		{&app.Environment{Name: "dev"}, web.Field("rollout")},
		{&app.Environment{Name: "prod-us", Group: "prod"}, web.At("environments", "prod", "rollout")},
		{&app.Environment{Name: "prod-eu", Group: "prod"}, web.At("environments", "prod-eu", "rollout")},
	} {
		d := diagnose(specs, transition.Finding{App: "web"}, c.env)
		if d.Pos != c.want.KeyPos || d.Env != c.env.Name {
			t.Errorf("%s: the finding stands at %v of %s, want %v", c.env.Name, d.Pos, d.Env, c.want.KeyPos)
		}
	}
}
