package server

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// Binaries are the paths of programs that are built from the module that go.mod names.
type Binaries struct{ Prometheus, Promtool string }

// buildFlags leave out the finders of targets of two dozen clouds, and debug information. No flag changes how a package is
// compiled, so that the tests, which link the same packages, find them compiled.
func buildFlags() []string { return []string{"-tags", "remove_all_sd", "-ldflags", "-s -w"} }

// Build returns the programs, and builds them if no earlier run did: from nothing that takes some minutes of two cores. What they
// are made of is the key under which they are kept.
func Build(ctx context.Context) (Binaries, error) {
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return Binaries{}, fmt.Errorf("looking for the module: %w", err)
	}
	root := strings.TrimSpace(string(out))
	key, err := buildKey(root)
	if err != nil {
		return Binaries{}, err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return Binaries{}, err
	}
	dir := filepath.Join(cache, "scantling-e2e", "prometheus", key)
	programs := Binaries{Prometheus: filepath.Join(dir, "prometheus"), Promtool: filepath.Join(dir, "promtool")}
	if _, err := os.Stat(dir); err == nil {
		return programs, nil
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o777); err != nil {
		return Binaries{}, err
	}
	fresh, err := os.MkdirTemp(filepath.Dir(dir), "building-") // renamed when whole: a build that was stopped leaves no half
	if err != nil {
		return Binaries{}, err
	}
	defer os.RemoveAll(fresh) // nothing is there once it has its name
	args := append([]string{"build", "-o", fresh + string(filepath.Separator)}, buildFlags()...)
	build := exec.CommandContext(ctx, "go", append(args, "github.com/prometheus/prometheus/cmd/prometheus", "github.com/prometheus/prometheus/cmd/promtool")...)
	build.Dir, build.Stderr = root, os.Stderr
	fmt.Fprintln(os.Stderr, "building Prometheus and promtool; the first time that takes some minutes")
	if err := build.Run(); err != nil {
		return Binaries{}, fmt.Errorf("building Prometheus: %w", err)
	}
	forgetOthers(dir, fresh)
	if err := os.Rename(fresh, dir); err != nil {
		if _, there := os.Stat(dir); there != nil {
			return Binaries{}, err
		} // the tests of another package were faster
	}
	return programs, nil
}

func buildKey(root string) (string, error) {
	h := sha256.New()
	fmt.Fprintln(h, runtime.Version(), runtime.GOARCH, buildFlags())
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			return "", err
		}
		h.Write(text)
	}
	return hex.EncodeToString(h.Sum(nil))[:16], nil
}

// forgetOthers removes the programs of other versions: a relink away.
func forgetOthers(keep ...string) {
	others, _ := filepath.Glob(filepath.Join(filepath.Dir(keep[0]), "*", "promtool")) // the pattern is well formed
	for _, other := range others {
		if dir := filepath.Dir(other); dir != keep[0] && dir != keep[1] {
			_ = os.RemoveAll(dir) // a cache
		}
	}
}
