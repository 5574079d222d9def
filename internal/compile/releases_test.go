package compile_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/scantling/scantling/internal/compile"
	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/manifest"
)

// TestReleases puts every strategy, engine and state together with every pair of kind, tier, exposure, scale, mesh and migration.
// What contradicts itself is refused at one of the fields that do, and nothing else is; all else is rendered, and read back as a
// cluster would.
func TestReleases(t *testing.T) {
	t.Parallel()
	all := combos()
	sound := refuseContradictions(t, all)
	callEachOther(sound)
	rendered := renderCombos(t, sound)
	for _, c := range sound {
		for _, check := range releaseChecks {
			for _, problem := range check.check(rendered[c.mesh], rendered[c.mesh][c.name], c) {
				t.Errorf("%s: %s\n%s", check.name, problem, c)
			}
		}
	}
	count := func(some []combo, class string) int {
		return len(slices.DeleteFunc(slices.Clone(some), func(c combo) bool { return c.class() != class }))
	}
	for _, class := range []string{"", "rolling", "recreate", "blueGreen", "canary argo", "canary flagger", "canary istio", "canary gateway", "canary replicas"} {
		made := count(sound, class)
		refused := count(all, class) - made
		if made < 25 || refused < 10 {
			t.Errorf("%q: %d rendered, %d refused: the test has lost its subject", class, made, refused)
		}
	}
}

// class is how the checks of a combo differ from those of others.
func (c combo) class() string { return strings.TrimSpace(c.strategy + " " + c.via) }

// refuseContradictions returns the combos that are not refused, and fails those that are wrongly refused, or wrongly not.
func refuseContradictions(t *testing.T, all []combo) (sound []combo) {
	t.Helper()
	dir, fields := writeCombos(t, all)
	specs, err := compile.Resolve(compile.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	refused := map[string][]string{}
	for _, d := range specs.Diagnostics {
		if d.Severity != diag.Error {
			continue
		}
		app, field, ok := strings.Cut(fields[fmt.Sprintf("%s:%d", filepath.ToSlash(d.Pos.File), d.Pos.Line)], ".")
		if !ok {
			t.Errorf("at no field of an app: %+v", d)
		}
		refused[app] = append(refused[app], field)
	}
	for _, c := range all {
		want, got := c.contradictions(), refused[c.name]
		if len(want) == 0 && len(got) == 0 {
			sound = append(sound, c)
		}
		if strings.Join(slices.Compact(slices.Sorted(slices.Values(got))), " ") != strings.Join(slices.Compact(slices.Sorted(slices.Values(want))), " ") {
			t.Errorf("refused at %v, want %v\n%s", got, want, c)
		}
	}
	return sound
}

// callEachOther makes every service that requests can reach the callee of the one before it in its cluster.
func callEachOther(all []combo) {
	last := map[bool]*combo{}
	for i := range all {
		c := &all[i]
		if c.kind != "service" {
			continue
		}
		if caller := last[c.mesh]; caller != nil {
			caller.next, c.caller = c.name, caller.name
		}
		last[c.mesh] = c
	}
}

// renderCombos renders combos that have no errors, and returns the two clusters: with sidecars, and without.
func renderCombos(t *testing.T, all []combo) map[bool]world {
	t.Helper()
	dir, _ := writeCombos(t, all)
	manifests, err := compile.Generate(compile.Options{Dir: dir})
	if err != nil || manifests.Failed {
		errors := slices.DeleteFunc(manifests.Diagnostics, func(d diag.Diagnostic) bool { return d.Severity != diag.Error })
		t.Fatalf("%v\n%s", err, text(t, errors))
	}
	objects := map[bool][]manifest.Object{}
	for _, f := range manifests.Files {
		some, err := manifest.Parse(f.Path, f.Data)
		if err != nil {
			t.Fatal(err)
		}
		mesh := strings.HasPrefix(f.Path, "mesh/")
		objects[mesh] = append(objects[mesh], some...)
	}
	return map[bool]world{true: spaces(t, objects[true]), false: spaces(t, objects[false])}
}

// writeCombos writes combos into forty files, and says what each line of them is: APP.FIELD.
func writeCombos(t *testing.T, all []combo) (dir string, fields map[string]string) {
	t.Helper()
	dir, fields = t.TempDir(), map[string]string{}
	put(t, dir, "platform.cue", platformOfCombos)
	for part := range slices.Chunk(all, len(all)/40+1) {
		file := "d" + part[0].name + "/app.cue"
		text := "package shop\n"
		for _, c := range part {
			at := strings.Count(text, "\n") + 1
			text += c.String()
			for i, line := range strings.Split(c.String(), "\n") {
				field, _, _ := strings.Cut(strings.TrimSpace(line), ":")
				fields[fmt.Sprintf("%s:%d", file, at+i)] = c.name + "." + field
			}
		}
		put(t, dir, file, text)
	}
	return dir, fields
}
