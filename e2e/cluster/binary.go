package cluster

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// Version is the Kubernetes that judges, the one that go.mod requires.
const Version = "v1.37.2"

// Binary returns the path of the control plane's binary and builds it if no earlier run did. A build from nothing takes ten
// minutes of two cores; what it is made of is the key under which it is kept.
func Binary(ctx context.Context) (string, error) {
	root, err := moduleRoot(ctx)
	if err != nil {
		return "", err
	}
	key, err := hashFiles(filepath.Join(root, "go.mod"), filepath.Join(root, "go.sum"), filepath.Join(root, "cmd", "kubeall", "main.go"))
	if err != nil {
		return "", err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "scantling-e2e", key)
	path := filepath.Join(dir, "kubeall")
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return "", err
	}
	fresh := fmt.Sprintf("%s.%d", path, os.Getpid()) // renamed when whole: a build that was stopped leaves no half binary
	build := exec.CommandContext(ctx, "go", "build", "-ldflags", linkerFlags(), "-o", fresh, "./cmd/kubeall")
	build.Dir, build.Stderr = root, os.Stderr
	fmt.Fprintln(os.Stderr, "building the control plane; the first time that takes ten minutes")
	if err := build.Run(); err != nil {
		return "", fmt.Errorf("building the control plane: %w", err)
	}
	forgetOthers(path)
	return path, os.Rename(fresh, path)
}

// forgetOthers removes the binaries of other versions: each is 140 MB, and a relink away.
func forgetOthers(path string) {
	others, _ := filepath.Glob(filepath.Join(filepath.Dir(filepath.Dir(path)), "*", filepath.Base(path))) // the pattern is well formed
	for _, other := range others {
		if other != path {
			_ = os.RemoveAll(filepath.Dir(other)) // a cache
		}
	}
}

// linkerFlags stamp the version, without which the server calls itself v0.0.0 and clients cannot read that.
func linkerFlags() string {
	const pkg = "k8s.io/component-base/version."
	part := strings.Split(strings.TrimPrefix(Version, "v"), ".")
	flags := []string{"-s", "-w"}
	for _, set := range [][2]string{{"gitVersion", Version}, {"gitMajor", part[0]}, {"gitMinor", part[1]}, {"gitTreeState", "clean"}} {
		flags = append(flags, "-X", pkg+set[0]+"="+set[1])
	}
	return strings.Join(flags, " ")
}

// moduleRoot is the directory of e2e/go.mod, wherever the tests run.
func moduleRoot(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}").Output()
	return strings.TrimSpace(string(out)), err
}

func hashFiles(paths ...string) (string, error) {
	h := sha256.New()
	fmt.Fprintln(h, runtime.Version(), runtime.GOARCH)
	for _, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			return "", err
		}
		_, err = io.Copy(h, f)
		f.Close()
		if err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(h.Sum(nil))[:16], nil
}
