package house

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestDirectDependenciesHaveReasons wants each module that go.mod requires directly, and each tool, to be named in an ADR.
func TestDirectDependenciesHaveReasons(t *testing.T) {
	mod, err := os.ReadFile(filepath.Join(repositoryTop, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	var reasons strings.Builder
	adrs, _ := filepath.Glob(filepath.Join(repositoryTop, "docs/adr/*.md"))
	for _, adr := range adrs {
		text, err := os.ReadFile(adr)
		if err != nil {
			t.Fatal(err)
		}
		reasons.Write(text)
	}
	direct := regexp.MustCompile(`(?m)^(?:require |\t)([a-z0-9./\-]+\.[a-z]+/\S+) v\S+$`)
	found := direct.FindAllSubmatch(mod, -1)
	if len(found) < 6 {
		t.Fatalf("found only %d direct dependencies in go.mod", len(found))
	}
	tools := regexp.MustCompile(`(?m)^tool (\S+)$`).FindAllSubmatch(mod, -1)
	for _, m := range append(found, tools...) {
		if name := string(m[1]); !strings.Contains(reasons.String(), name) {
			t.Errorf("%s is a direct dependency without a reason in docs/adr", name)
		}
	}
}
