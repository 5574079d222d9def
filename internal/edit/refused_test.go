package edit

import (
	"strings"
	"testing"
)

// TestApplyRefused wants what is not written out in one place to stay, with the place.
func TestApplyRefused(t *testing.T) {
	for _, test := range []struct {
		name, file, text string
		env              string
		sets             []Set
		want             string
	}{
		{"expression", "app.cue", "apps: web: {tier: \"standard\", rollout: canary: weight: 5 + 5}", "", []Set{Int("rollout.canary.weight", 20)}, "app.cue:1:56: apps.web.rollout.canary.weight: the weight is not written here as one plain value"},
		{"interpolation", "app.cue", "_v: \"1\"\napps: web: image: \"a:\\(_v)\"", "", []Set{String("image", "b:2")}, "app.cue:2:19: apps.web.image: the image is not written here"},
		{"reference", "app.cue", "_idle: {image: \"a:1\", phase: \"warm\"}\napps: web: rollout: blueGreen: {active: \"blue\", idle: _idle}", "", []Set{String("rollout.blueGreen.idle.phase", "preview")}, "the phase is not written in the app itself"},
		{"template", "app.cue", "apps: [string]: image: \"a:1\"\napps: web: {}", "", []Set{String("image", "b:2")}, "app.cue:1:24: apps.web.image: the image is not written in the app itself"},
		{"removal from a template", "app.cue", "apps: [string]: rollout: canary: weight: 5\napps: web: rollout: canary: weight: 5", "", []Set{Remove("rollout.canary.weight")}, "the weight comes from more than one place"},
		{"of a template alone", "app.cue", "apps: [string]: rollout: canary: weight: 5\napps: web: {}", "", []Set{Remove("rollout.canary.weight")}, "the weight is not written in the app itself"},
		{"twice", "app.cue", "apps: web: image: \"a:1\"\napps: web: image: \"a:1\"", "", []Set{String("image", "b:2")}, "app.cue:2:12: apps.web.image: the image is written in app.cue:1:12, too"},
		{"alias", "app.yaml", "apps:\n  web:\n    env: {A: &a a:1}\n    image: *a\n", "", []Set{String("image", "b:2")}, "the image is not written here"},
		{"below an alias", "app.yaml", "apps:\n  api: &a\n    image: a:1\n    rollout: {canary: {}}\n  web: *a\n", "", []Set{String("rollout.canary.image", "b:2")}, "app.yaml:4:23: apps.web.rollout.canary.image: canary is not written out here"},
		{"merged", "app.yaml", "apps:\n  api: &a\n    image: a:1\n  web:\n    <<: *a\n    tier: standard\n", "", []Set{String("image", "b:2")}, "the image is not written in the app itself"},
		{"of others, too", "app.yaml", "apps:\n  web: &a\n    image: a:1\n    tier: standard\n  zoo: *a\n", "", []Set{String("image", "b:2")}, "app.yaml:5:3: apps.web.image: this is the image of app \"zoo\", too"},
		{"alias of what goes", "app.yaml", "apps:\n  web:\n    image: a:1\n    rollout: {canary: {image: &i c:1}}\n    env: {I: *i}\n", "", []Set{Remove("rollout.canary.image")}, "the file is written in a way"},
		{"absent", "app.cue", "apps: web: {image: \"a:1\", environments: prod: false}", "prod", []Set{String("image", "b:2")}, "the app is not in environment \"prod\""},
		{"removal below the base", "app.cue", "apps: web: {image: \"a:1\", rollout: canary: weight: 5}", "prod", []Set{Remove("rollout.canary.weight")}, "app.cue:1:44: apps.web.environments.prod.rollout.canary.weight: this is written for all environments"},
		{"fields that follow", "app.cue", "apps: web: {image: \"a:1\"\n\tif image == \"a:1\" {replicas: 3}\n}", "", []Set{String("image", "b:2")}, "other fields come or go with the image"},
		{"all or none", "app.cue", "apps: web: {image: \"a:1\", rollout: canary: weight: 5 + 5}", "", []Set{String("image", "b:2"), Int("rollout.canary.weight", 20)}, "the weight is not written here"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := newProject(t, layout{files: map[string]string{test.file: test.text}})
			if refused := p.apply(t, "web", test.env, test.sets...); !strings.Contains(refused, test.want) {
				t.Errorf("got %q, want a refusal with %q", refused, test.want)
			}
			if after := p.text(t, p.app(t, "web")); after != test.text {
				t.Errorf("the spec changed:\n%s", after)
			}
		})
	}
}
