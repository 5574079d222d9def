package compile_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/scantling/scantling/internal/compile"
)

// TestFlipMovesNoObject wants each object at the same place in its file whichever colour is active, so that a diff of the flip shows
// what changes in the cluster, and no more.
func TestFlipMovesNoObject(t *testing.T) {
	t.Parallel()
	ids := func(active string) []string {
		dir := t.TempDir()
		text := `package shop
apps: web: {team: "a", tier: "standard", image: "r.acme.io/web:1", port: 8080, scale: {min: 2, max: 6}
	rollout: blueGreen: {active: "` + active + `", idle: {image: "r.acme.io/web:2", phase: "warm"}}}
`
		if err := os.WriteFile(filepath.Join(dir, "app.cue"), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		manifests, err := compile.Generate(compile.Options{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		var all strings.Builder
		for _, f := range manifests.Files {
			all.WriteString("---\n" + string(f.Data))
		}
		return read(t, []byte(all.String())).ids
	}
	blue, green := ids("blue"), ids("green")
	if !slices.Equal(blue, green) || !slices.Contains(blue, "Deployment/a/web-green") {
		t.Errorf("blue is active:\n%s\ngreen is active:\n%s", strings.Join(blue, "\n"), strings.Join(green, "\n"))
	}
}
