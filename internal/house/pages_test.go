package house

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestControlPlanePage wants the page that `make e2e` writes to be worded as the template that it is written from: who edits only
// one of them would hear of it after ten minutes of a cluster.
func TestControlPlanePage(t *testing.T) {
	read := func(path ...string) string {
		text, err := os.ReadFile(filepath.Join(append([]string{repositoryTop}, path...)...))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	page := read("docs", "control-plane.md")
	for _, wording := range regexp.MustCompile(`{{[^}]*}}`).Split(read("e2e", "suite", "page.tmpl"), -1) {
		_, rest, found := strings.Cut(page, wording)
		if !found {
			t.Fatalf("docs/control-plane.md does not say what e2e/suite/page.tmpl does:\n%s", wording)
		}
		page = rest
	}
	if page != "" {
		t.Errorf("docs/control-plane.md goes on behind its template:\n%s", page)
	}
}
