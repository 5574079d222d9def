package resolve

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/golden"
	"github.com/scantling/scantling/internal/load"
)

// Each case is a project with mistakes, and all that is said about it. A case without a platform gets one that can do everything.
func TestWrongSpecs(t *testing.T) {
	golden.Run(t, "testdata/wrong/*.txtar", func(t *testing.T, dir string) golden.Output {
		if _, err := os.Stat(filepath.Join(dir, "platform.cue")); errors.Is(err, fs.ErrNotExist) {
			if err := os.WriteFile(filepath.Join(dir, "platform.cue"), []byte(testPlatform), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		p, found, err := load.Load(load.Options{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		_, more := Fleets(p, Options{Reported: found})
		return golden.Output{"want": format(diag.Sort(append(found, more...)))}
	})
}
