package prometheus

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

var (
	allBad = regexp.MustCompile(`all bad: within ((?:\d+ (?:h|min|s)\s*)+)`)
	toPage = regexp.MustCompile(`: a page within (\d+) s`)
)

// TestStatedTime wants stories to promise the very times of the first page that "explain APP slo" prints.
func TestStatedTime(t *testing.T) {
	t.Parallel()
	project, told := unpack(t, "../render/promises.txtar"), 0
	for place, file := range render(t, project) {
		short, err := os.ReadFile(strings.TrimSuffix(file, ".rules.yaml") + ".short.test.yaml")
		if err != nil {
			continue // it promises nothing
		}
		cmd := exec.Command(world.scantling, "explain", filepath.Base(place), "slo")
		cmd.Dir = project
		said, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s: %v", place, err)
		}
		stated, promised := map[int]bool{}, map[int]bool{}
		for _, objective := range strings.Split(string(said), "\n\n") {
			var times []int
			for _, m := range allBad.FindAllStringSubmatch(objective, -1) {
				d, err := time.ParseDuration(strings.NewReplacer("min", "m", " ", "", "\n", "").Replace(m[1]))
				if err != nil {
					t.Fatal(err)
				}
				times = append(times, int(d.Seconds()))
			}
			if len(times) > 0 {
				stated[slices.Min(times)] = true
			}
		}
		for _, m := range toPage.FindAllStringSubmatch(string(short), -1) {
			seconds, _ := strconv.Atoi(m[1])
			promised[seconds] = true
			told++
		}
		if !maps.Equal(stated, promised) {
			t.Errorf("%s: explain states %v s, and stories promise %v", place, stated, promised)
		}
	}
	if told < 15 {
		t.Errorf("only %d stories promise a time", told)
	}
}
