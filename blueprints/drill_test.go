package blueprints_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDrillReadmeIsTrue wants the README of postgres-drill to show the plan as explain prints it, and the refusal as check does, and to
// name Jobs and a container that are rendered.
func TestDrillReadmeIsTrue(t *testing.T) {
	readme := readFile(t, "postgres-drill/README.md")
	code, plan, stderr := scantling("explain", "-C", "postgres-drill", "bookings", "recovery")
	if code != 0 || !strings.Contains(readme, "```\n"+plan+"```\n") {
		t.Errorf("exit code %d: the README does not show this plan:\n%s%s", code, plan, stderr)
	}
	_, manifests, _ := scantling("generate", "-C", "postgres-drill")
	for _, name := range []string{"name: bookings-bookings-db-backup\n", "name: bookings-bookings-db-drill\n", "name: dump\n", "name: upload\n", "name: fetch\n", "name: server\n", "name: restore\n", "#backuprpo\n"} {
		if !strings.Contains(manifests, name) {
			t.Errorf("the README tells of what is not rendered: %q", name)
		}
	}

	dir := t.TempDir()
	for name, text := range map[string]string{
		"app.cue":      strings.Replace(readFile(t, "postgres-drill/app.cue"), `rpo: "4h"`, `rpo: "30m"`, 1),
		"platform.cue": readFile(t, "postgres-drill/platform.cue"),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	code, _, refusal := scantling("check", "-C", dir)
	_, shown, _ := strings.Cut(readme, "```\napp.cue:")
	shown, _, _ = strings.Cut("app.cue:"+shown, "```\n")
	if code != 1 || !strings.Contains(refusal, shown) {
		t.Errorf("exit code %d: the README shows\n%scheck says\n%s", code, shown, refusal)
	}
}
