package release

import (
	"maps"
	"strconv"
	"strings"
	"testing"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/load"
)

// state is the fields of a spec that a release moves, by path; via is not one of them but decides like a platform does.
type state map[string]string

const via = "rollout.canary.via"

var steps = []app.Step{{Weight: 10, PauseSeconds: 600}, {Weight: 50, PauseSeconds: 5400}}

// target is what the loader and the resolver make of a state.
func (s state) target() Target {
	a := app.App{Env: &app.Environment{Name: "prod"}, Name: "web", Namespace: "shop", Kind: app.Service, Image: s["image"]}
	switch {
	case s[activeField] != "":
		a.Rollout.Strategy, a.Role = app.BlueGreen, app.Role(s[activeField])
		if s[idleImageField] != "" {
			other := map[app.Role]app.Role{app.RoleBlue: app.RoleGreen, app.RoleGreen: app.RoleBlue}[a.Role]
			a.Rollout.Phase, a.Other = app.Phase(s[idlePhaseField]), &app.Side{Role: other, Image: s[idleImageField]}
		}
	case s[via] != "":
		weight, _ := strconv.Atoi(s[canaryWeightField])
		a.Rollout.Strategy = app.Canary
		a.Rollout.Split = &app.Split{Engine: app.Engine(s[via]), Steps: steps, Weight: int32(weight), Hold: s[canaryHoldField] == "true"}
		if s[canaryImageField] != "" {
			a.Other = &app.Side{Role: app.RoleCanary, Image: s[canaryImageField]}
		}
	default:
		a.Rollout.Strategy = app.Rolling
	}
	return Target{Spec: load.AppSpec{Name: "web", Node: &load.Node{Kind: load.Struct, KeyPos: diag.Pos{File: "app.cue", Line: 1}}}, App: a}
}

// take returns the state after a step.
func (s state) take(step Step) state {
	after := maps.Clone(s)
	for _, set := range step.Sets {
		if set.Kind != load.Null {
			after[set.Path] = set.Text
			continue
		}
		maps.DeleteFunc(after, func(path, _ string) bool { return path == set.Path || strings.HasPrefix(path, set.Path+".") })
	}
	return after
}

func colours(active, image, idle, phase string) state {
	s := state{activeField: active, imageField: image}
	if idle != "" {
		s[idleImageField], s[idlePhaseField] = idle, phase
	}
	return s
}

func canary(image, other, weight string) state {
	s := state{via: "istio", imageField: image}
	if other != "" {
		s[canaryImageField] = other
	}
	if weight != "" {
		s[canaryWeightField] = weight
	}
	return s
}

// TestSteps walks through every state; a refusal is written as its problem.
func TestSteps(t *testing.T) {
	held := canary("w:1", "w:2", "10")
	held[canaryHoldField] = "true"
	for _, test := range []struct {
		name     string
		at       state
		promote  any // the state after, or the problem
		rollback any
	}{
		{"rolling", state{imageField: "w:1"}, "there is nothing to promote: a rolling update replaces pods by itself", "there is no second version to go back to: a rolling update replaces pods by itself"},

		{"blue alone", colours("blue", "w:1", "", ""), "there is nothing to promote: the idle colour does not run", "there is nothing to roll back: the idle colour does not run"},
		{"preview", colours("blue", "w:1", "w:2", "preview"), colours("blue", "w:1", "w:2", "warm"), colours("blue", "w:1", "", "")},
		{"warm", colours("blue", "w:1", "w:2", "warm"), colours("green", "w:2", "w:1", "previous"), colours("blue", "w:1", "", "")},
		{"previous", colours("green", "w:2", "w:1", "previous"), colours("green", "w:2", "", ""), colours("blue", "w:1", "w:2", "preview")},
		{"green to blue", colours("green", "w:2", "w:3", "warm"), colours("blue", "w:3", "w:2", "previous"), colours("green", "w:2", "", "")},

		{"no canary", canary("w:1", "", ""), "there is nothing to promote: no canary is in progress", "there is nothing to roll back: no canary is in progress"},
		{"canary without weight", canary("w:1", "w:2", ""), canary("w:1", "w:2", "10"), canary("w:1", "", "")},
		{"canary at 0", canary("w:1", "w:2", "0"), canary("w:1", "w:2", "10"), canary("w:1", "", "")},
		{"at the first step", canary("w:1", "w:2", "10"), canary("w:1", "w:2", "50"), canary("w:1", "w:2", "0")},
		{"between steps", canary("w:1", "w:2", "30"), canary("w:1", "w:2", "50"), canary("w:1", "w:2", "0")},
		{"at the last step", canary("w:1", "w:2", "50"), canary("w:2", "w:2", "50"), canary("w:1", "w:2", "0")},
		{"behind the last step", canary("w:1", "w:2", "99"), canary("w:2", "w:2", "99"), canary("w:1", "w:2", "0")},
		{"the stable side is new", canary("w:2", "w:2", "50"), canary("w:2", "w:2", "0"), "the new version is everywhere: the stable pods run the image of the canary"},
		{"the canary is empty", canary("w:2", "w:2", "0"), canary("w:2", "", ""), "the new version is everywhere: the stable pods run the image of the canary"},
		{"held", held, "the canary is held at 10 % of the traffic", nil},
		{"Argo", state{via: "argo", imageField: "w:1"}, "Argo Rollouts moves the weight by itself, and the spec has none", "Argo Rollouts moves the weight by itself, and the spec has none"},
		{"Flagger", state{via: "flagger", imageField: "w:1"}, "Flagger moves the weight by itself, and the spec has none", "Flagger moves the weight by itself, and the spec has none"},
	} {
		t.Run(test.name, func(t *testing.T) {
			wantStep(t, test.at, test.promote, "promote", Target.Promote)
			if test.rollback != nil {
				wantStep(t, test.at, test.rollback, "rollback", Target.Rollback)
			}
		})
	}
}

func wantStep(t *testing.T, at state, want any, name string, move func(Target) (Step, *diag.Diagnostic)) {
	t.Helper()
	step, refused := move(at.target())
	if problem, ok := want.(string); ok {
		if refused == nil || refused.Problem != problem || refused.Help == "" || !refused.Pos.IsValid() || len(step.Sets) > 0 {
			t.Errorf("%s: %+v and %+v, want a refusal with help: %s", name, step, refused, problem)
		}
		return
	}
	if refused != nil {
		t.Errorf("%s is refused: %s", name, refused.Problem)
		return
	}
	if got := at.take(step); !maps.Equal(got, want.(state)) {
		t.Errorf("%s leads to %v, want %v", name, got, want)
	}
	if !strings.HasPrefix(step.Does, "web: ") || step.Next == "" {
		t.Errorf("%s says %q and %q", name, step.Does, step.Next)
	}
}

// TestSequences promotes a release to its end, and takes it back from everywhere: to where it began, unless the new version is
// everywhere.
func TestSequences(t *testing.T) {
	begin := func(s state, field string) state {
		step, refused := s.target().BeginIdle("w:2")
		if field == "canary" {
			step, refused = s.target().BeginCanary("w:2")
		}
		if refused != nil {
			t.Fatal(refused.Problem)
		}
		return s.take(step)
	}
	for _, test := range []struct {
		name        string
		first, last state
		field       string
		promotes    int
	}{
		{"blue to green", colours("blue", "w:1", "", ""), colours("green", "w:2", "", ""), "idle", 3},
		{"green to blue", colours("green", "w:1", "", ""), colours("blue", "w:2", "", ""), "idle", 3},
		{"canary", canary("w:1", "", ""), canary("w:2", "", ""), "canary", 5},
	} {
		t.Run(test.name, func(t *testing.T) {
			at := begin(test.first, test.field)
			for i := range test.promotes {
				if back := all(at, Target.Rollback); !maps.Equal(back, test.first) && at[imageField] != at[canaryImageField] {
					t.Errorf("after %d promotions rollback leads to %v", i, back)
				}
				step, refused := at.target().Promote()
				if refused != nil {
					t.Fatalf("promotion %d is refused: %s", i+1, refused.Problem)
				}
				at = at.take(step)
			}
			if !maps.Equal(at, test.last) {
				t.Errorf("the release ends at %v, want %v", at, test.last)
			}
			if _, refused := at.target().Promote(); refused == nil {
				t.Error("there is one more step")
			}
		})
	}
}

// all moves until it is refused.
func all(s state, move func(Target) (Step, *diag.Diagnostic)) state {
	for range 10 {
		step, refused := move(s.target())
		if refused != nil {
			return s
		}
		s = s.take(step)
	}
	return state{"error": "no end"}
}

// TestBegin wants a version to begin only where it is new, and to be exchanged only while it has no users.
func TestBegin(t *testing.T) {
	for _, test := range []struct {
		name  string
		at    state
		field string
		want  any
	}{
		{"idle", colours("blue", "w:1", "", ""), "idle", colours("blue", "w:1", "w:9", "preview")},
		{"idle in preview", colours("blue", "w:1", "w:2", "preview"), "idle", colours("blue", "w:1", "w:9", "preview")},
		{"idle that is warm", colours("blue", "w:1", "w:2", "warm"), "idle", "green (w:2) is warm, one step before the traffic"},
		{"idle after the flip", colours("green", "w:2", "w:1", "previous"), "idle", "blue holds the previous version, for the way back"},
		{"idle as it is", colours("blue", "w:9", "", ""), "idle", "blue runs this image already"},
		{"idle of a canary", canary("w:1", "", ""), "idle", "the app is not released by blue-green, so it has no idle colour"},
		{"canary", canary("w:1", "", ""), "canary", canary("w:1", "w:9", "")},
		{"canary without users", canary("w:1", "w:2", "0"), "canary", canary("w:1", "w:9", "0")},
		{"canary with users", canary("w:1", "w:2", "10"), "canary", "w:2 has 10 % of the traffic"},
		{"canary as it is", canary("w:9", "", ""), "canary", "the stable pods run this image already"},
		{"canary of a blue-green", colours("blue", "w:1", "", ""), "canary", "the app is not released by a canary"},
		{"canary by Argo", state{via: "argo", imageField: "w:1"}, "canary", "Argo Rollouts moves a canary by itself: the new version is the app's image"},
	} {
		t.Run(test.name, func(t *testing.T) {
			wantStep(t, test.at, test.want, "set", func(target Target) (Step, *diag.Diagnostic) {
				if test.field == "idle" {
					return target.BeginIdle("w:9")
				}
				return target.BeginCanary("w:9")
			})
		})
	}
}

// TestSentences are those that a person decides by.
func TestSentences(t *testing.T) {
	target := canary("w:1", "w:2", "10").target()
	step, _ := target.Promote()
	if want := "web: 10 % -> 50 % of the traffic go to w:2"; step.Does != want {
		t.Errorf("got %q, want %q", step.Does, want)
	}
	if want := "watch it for 1h30m, then scantling promote web; if not, scantling rollback web takes all of it back"; step.Next != want {
		t.Errorf("got %q, want %q", step.Next, want)
	}
	target.Environment = "prod"
	step, _ = target.Promote()
	if !strings.Contains(step.Next, "scantling promote web -e prod") {
		t.Errorf("the environment is not in %q", step.Next)
	}
	for seconds, want := range map[int64]string{30: "30s", 90: "1m30s", 600: "10m", 3600: "1h", 5400: "1h30m", 86400: "24h"} {
		if got := pause(seconds); got != want {
			t.Errorf("%d s are %q, want %q", seconds, got, want)
		}
	}
}
