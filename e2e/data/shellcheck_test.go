package data

import (
	"os/exec"
	"path/filepath"
	"testing"
)

// TestShellcheck has no findings in any script, of any severity, in the dialect that all shells understand.
func TestShellcheck(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "..", "internal", "scripts", "*.sh"))
	if err != nil || len(files) < 14 {
		t.Fatalf("found %d scripts: %v", len(files), err)
	}
	out, err := exec.Command("shellcheck", append([]string{"--norc", "--shell=sh", "--severity=style"}, files...)...).CombinedOutput()
	if err != nil {
		t.Errorf("shellcheck: %v\n%s", err, out)
	}
}
