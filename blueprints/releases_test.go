package blueprints_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/scantling/scantling/blueprints"
)

// TestReleasesAsWritten walks through the releases and rollbacks of the READMEs: every command of a table, in its order, does what
// its row says, and what is rendered after it is a safe step from what was rendered before.
func TestReleasesAsWritten(t *testing.T) {
	for _, walk := range []struct {
		blueprint, env, section string
		begin                   int // commands of the release that go before those of the section
		finished                bool
	}{
		{"blue-green", "prod", "A release", 0, true},
		{"blue-green", "prod", "A rollback", 3, false},
		{"canary", "routes", "A release by commits", 0, true},
		{"canary", "routes", "A rollback", 2, false},
		{"canary", "mesh", "A release by commits", 0, true},
		{"canary", "plain", "A rollback", 3, false},
	} {
		t.Run(walk.blueprint+" "+walk.env+" "+walk.section, func(t *testing.T) {
			dir := t.TempDir()
			project, _ := blueprints.Files(walk.blueprint)
			if err := os.CopyFS(dir, project); err != nil {
				t.Fatal(err)
			}
			before, err := fs.ReadFile(project, "app.cue")
			if err != nil {
				t.Fatal(err)
			}
			readme := readFile(t, walk.blueprint+"/README.md")
			release := commandsOf(t, readme, "A release by commits", "A release\n")
			steps := commandsOf(t, readme, walk.section+"\n")
			if walk.begin > 0 {
				steps = append(release[:walk.begin:walk.begin], rollbacks(steps)...)
			}
			deployed := filepath.Join(dir, "deployed")
			render(t, dir, deployed, walk.env)
			for _, command := range steps {
				args := strings.Fields(strings.ReplaceAll(command, "-e routes", "-e "+walk.env))
				if !strings.Contains(command, "-e ") && walk.blueprint == "canary" {
					t.Fatalf("%q names no environment", command)
				}
				if code, _, stderr := scantling(append(args, "-C", dir)...); code != 0 {
					t.Fatalf("%s: exit code %d\n%s", command, code, stderr)
				}
				if code, _, stderr := scantling("check", "-C", dir, "-e", walk.env, "--against", "deployed"); code != 0 {
					t.Fatalf("after %s: the step is not safe\n%s", command, stderr)
				}
				render(t, dir, deployed, walk.env)
			}
			after := readFile(t, filepath.Join(dir, "app.cue"))
			switch ended := !strings.Contains(after, "idle:") && !strings.Contains(after, "canary: image"); {
			case !ended:
				t.Errorf("the release is still under way:\n%s", after)
			case walk.finished && !strings.Contains(after, "web:1.5.0"), !walk.finished && strings.Contains(after, "web:1.5.0"):
				t.Errorf("another version serves than promised:\n%s\nbefore:\n%s", after, before)
			}
		})
	}
}

// rollbacks leaves those commands of a table of rollbacks that come after a release has taken traffic.
func rollbacks(commands []string) []string { return commands[len(commands)-2:] }

func render(t *testing.T, dir, out, env string) {
	t.Helper()
	if code, _, stderr := scantling("generate", "-C", dir, "-e", env, "-o", out); code != 0 {
		t.Fatalf("exit code %d\n%s", code, stderr)
	}
}

var command = regexp.MustCompile("\\| `scantling ((?:set|promote|rollback) [^`]*)`")

// commandsOf returns the commands in the table of the first of these sections that a README has.
func commandsOf(t *testing.T, readme string, sections ...string) []string {
	t.Helper()
	for _, section := range sections {
		if _, text, ok := strings.Cut(readme, "\n## "+section); ok {
			text, _, _ = strings.Cut(text, "\n## ")
			var found []string
			for _, m := range command.FindAllStringSubmatch(text, -1) {
				found = append(found, strings.ReplaceAll(m[1], "sha256:…", "sha256:"+strings.Repeat("a5fc251c", 8)))
			}
			if len(found) > 1 {
				return found
			}
		}
	}
	t.Fatalf("the README has no table of commands in %q", sections)
	return nil
}
