package compile_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/edit"
	"github.com/scantling/scantling/internal/transition"
)

// written is an app as somebody may write it by hand in the middle of a release.
type written struct {
	rollout, image, more string
}

func (w written) String() string {
	return fmt.Sprintf(`package shop
apps: web: {
	team: "shop", namespace: "web", tier: "critical", image: %q
	rollout: %s
	scale: {min: 3, max: 10}
	environments: plain: false
	%s
}
`, w.image, w.rollout, w.more)
}

func colour(active, idle, phase string) string {
	if phase == "" {
		return fmt.Sprintf("blueGreen: {active: %q}", active)
	}
	return fmt.Sprintf("blueGreen: {active: %q, idle: {image: %q, phase: %q}}", active, idle, phase)
}

func split(via string, weight int) string {
	if weight < 0 {
		return fmt.Sprintf("canary: {via: %q}", via)
	}
	return fmt.Sprintf("canary: {via: %q, image: %q, weight: %d}", via, imageTwo, weight)
}

// imageThree is a version that was never tried.
const imageThree = "registry.acme.io/web:3.0@sha256:3333333333333333333333333333333333333333333333333333333333333333"

// TestUnsafeStepsAreSeen takes steps that promote and rollback never take: the rules of the product see each, and so do the checks
// of TestStepsAreSafe.
func TestUnsafeStepsAreSeen(t *testing.T) {
	const byGateway, byIstio = `expose: {host: "web.acme.io", via: "gateway"}`, `expose: {host: "web.acme.io", via: "istio"}`
	for _, test := range []struct {
		name          string
		before, after written
		rule          string
	}{
		{"E03: from preview to all traffic", written{colour("blue", imageTwo, "preview"), imageOne, ""}, written{colour("green", imageOne, "previous"), imageTwo, ""}, "flip-finds-capacity"},
		{"E02: pods that change in the flip's commit", written{colour("blue", imageTwo, "warm"), imageOne, ""}, written{colour("green", imageOne, "previous"), imageTwo, `env: LEVEL: "debug"`}, "flip-changes-only-traffic"},
		{"another image than the one that was tried", written{colour("blue", imageTwo, "warm"), imageOne, ""}, written{colour("green", imageOne, "previous"), imageThree, ""}, "flip-changes-only-traffic"},
		{"a colour that does not run yet", written{colour("blue", "", ""), imageOne, ""}, written{colour("green", imageOne, "previous"), imageTwo, ""}, "flip-changes-only-traffic"},
		{"a canary that begins at 20 % behind a gateway", written{split("gateway", -1), imageOne, byGateway}, written{split("gateway", 20), imageOne, byGateway}, "backend-comes-at-zero"},
		{"a canary that begins at 20 % behind Istio", written{split("istio", -1), imageOne, byIstio}, written{split("istio", 20), imageOne, byIstio}, "backend-comes-at-zero"},
		{"a canary that begins at 20 % in the mesh", written{split("istio", -1), imageOne, ""}, written{split("istio", 20), imageOne, ""}, "backend-comes-at-zero"},
		{"a canary that goes at 20 % behind a gateway", written{split("gateway", 20), imageOne, byGateway}, written{split("gateway", -1), imageOne, byGateway}, "backend-leaves-at-zero"},
		{"a canary that goes at 20 % behind Istio", written{split("istio", 20), imageOne, byIstio}, written{split("istio", -1), imageOne, byIstio}, "backend-leaves-at-zero"},
		{"a canary that goes at 25 % of the pods", written{split("replicas", 25), imageOne, ""}, written{split("replicas", -1), imageOne, ""}, "backend-leaves-at-zero"},
		{"rolling becomes blue-green at once", written{"rolling: {}", imageOne, ""}, written{colour("blue", "", ""), imageOne, ""}, "serving-workload-stays"},
		{"blue-green becomes rolling at once", written{colour("blue", "", ""), imageOne, ""}, written{"rolling: {}", imageOne, ""}, "serving-workload-stays"},
		{"a Deployment becomes a Rollout at once", written{"rolling: {}", imageOne, ""}, written{split("argo", -1), imageOne, ""}, "serving-workload-stays"},
		{"a Rollout becomes a Deployment at once", written{split("argo", -1), imageOne, ""}, written{"rolling: {}", imageOne, ""}, "serving-workload-stays"},
		{"Flagger is left at once", written{split("flagger", -1), imageOne, byGateway}, written{"rolling: {}", imageOne, byGateway}, "clones-are-handed-over"},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := fleet{dir: t.TempDir(), files: map[string][]byte{}, parsed: cache{}}
			put(t, f.dir, "platform.cue", platformOfCombos)
			put(t, f.dir, "app.cue", "")
			file := filepath.Join(f.dir, "app.cue")
			f.files[file] = []byte(test.before.String())
			before := f.render(t)
			f.files[file] = []byte(test.after.String())
			after := f.render(t)
			found := transition.Check(before.objects, after.objects)
			if !slices.ContainsFunc(found, func(f transition.Finding) bool { return f.Rule == test.rule && f.Severity == diag.Error }) {
				t.Errorf("want an error %s, found %+v", test.rule, found)
			}
			var sets []edit.Set
			if strings.Contains(test.before.rollout, `"blue", idle`) {
				sets = []edit.Set{edit.String("rollout.blueGreen.active", "green")}
			}
			problems := unsafeStep("web", before.spaces["web"], after.spaces["web"], sets)
			if len(problems) == 0 {
				t.Error("the checks of safe steps see nothing")
			}
		})
	}
}
