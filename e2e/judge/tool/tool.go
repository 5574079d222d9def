// Package tool builds the judges that are programs, each in a Go module of its own.
package tool

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Build builds a package of the module in a folder below this one's parent, beside what earlier runs built, and returns the program.
func Build(name, folder, pkg string) (string, error) {
	gomod, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("go env GOMOD: %w", err)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	binary := filepath.Join(cache, "scantling-e2e", name)
	build := exec.Command("go", "build", "-o", binary, pkg)
	build.Dir = filepath.Join(filepath.Dir(strings.TrimSpace(string(gomod))), "judge", filepath.FromSlash(folder))
	if output, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building %s: %w\n%s", name, err, output)
	}
	return binary, nil
}
