package house

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestGoldensAreListed wants `make golden` to run every test that can rewrite goldens: one that it misses would go stale unseen.
func TestGoldensAreListed(t *testing.T) {
	makefile, err := os.ReadFile(filepath.Join(repositoryTop, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	list := regexp.MustCompile(`\^Test\(([\w|]+)\)\$\$' -update`).FindSubmatch(makefile)
	if list == nil {
		t.Fatal("the Makefile has no list of golden tests")
	}
	listed := map[string]bool{}
	for _, name := range strings.Split(string(list[1]), "|") {
		listed["Test"+name] = false
	}
	function := regexp.MustCompile(`(?ms)^func (Test\w+)\(.*?^}`)
	rewrites := regexp.MustCompile(`\bgolden\.(Run|ObjectsFile)\(|\*update\b`)
	err = filepath.WalkDir(repositoryTop, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && d.Name() == "e2e" {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, "_test.go") || strings.Contains(path, "internal/golden/") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, f := range function.FindAllSubmatch(text, -1) {
			name := string(f[1])
			if !rewrites.Match(f[0]) || name == "TestGoldensAreListed" {
				continue
			}
			if _, ok := listed[name]; !ok {
				t.Errorf("%s of %s is not in `make golden`", name, path)
			}
			listed[name] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, found := range listed {
		if !found {
			t.Errorf("`make golden` lists %s, which rewrites nothing", name)
		}
	}
}
