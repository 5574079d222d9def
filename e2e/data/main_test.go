// Package data runs backups and rehearsed restores against real servers, breaks everything on their way, and wants no green job with a bad backup.
//
// PostgreSQL, MariaDB and Redis are those of the machine, the object store is rclone's own, and each container of a job runs as a
// process with nothing but what its pod gives it. MongoDB is not to be had this way: stand-ins for its tools show only that the
// scripts notice what the tools report.
package data

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// world is what TestMain sets up once.
var world struct {
	dir    string // short, because the path of a Unix socket has at most 107 bytes
	rclone string
	store  *store
	server map[string]*server // by kind
	jobs   map[string]job     // as they are rendered, by project, "/" and "backup" or "drill"
}

// Where Debian keeps what is on no PATH.
var toolDirs = append([]string{"/usr/sbin"}, newestPostgres()...)

func newestPostgres() []string {
	dirs, _ := filepath.Glob("/usr/lib/postgresql/*/bin") // the pattern is right
	slices.Sort(dirs)
	slices.Reverse(dirs)
	return dirs
}

// packages are Debian's, by a program of theirs that the tests call.
var packages = map[string]string{
	"initdb": "postgresql", "mariadbd": "mariadb-server", "redis-server": "redis-server", "redis-cli": "redis-tools",
	"shellcheck": "shellcheck", "busybox": "busybox", "dash": "dash", "setpriv": "util-linux",
}

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	if err := setUp(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		tearDown()
		return 1
	}
	defer tearDown()
	return m.Run()
}

func setUp() error {
	os.Setenv("PATH", os.Getenv("PATH")+":"+strings.Join(toolDirs, ":"))
	var missing []string
	for program, name := range packages {
		if _, err := exec.LookPath(program); err != nil {
			missing = append(missing, name)
		}
	}
	if wrappers, _ := filepath.Glob("/usr/lib/*/libnss_wrapper.so"); len(wrappers) == 0 {
		missing = append(missing, "libnss-wrapper")
	}
	if len(missing) > 0 {
		slices.Sort(missing)
		return fmt.Errorf("missing: apt-get install --no-install-recommends %s", strings.Join(missing, " "))
	}

	var err error
	if world.dir, err = os.MkdirTemp("/tmp", "data"); err != nil {
		return err
	}
	if err := os.Chmod(world.dir, 0o711); err != nil {
		return err
	}
	world.rclone = filepath.Join(world.dir, "rclone")
	build := exec.Command("go", "build", "-o", world.rclone, ".")
	build.Dir, build.Stderr = "rclone", os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("building rclone: %w", err)
	}
	if world.jobs, err = renderJobs(context.Background()); err != nil {
		return err
	}
	if world.store, err = startStore(filepath.Join(world.dir, "store")); err != nil {
		return err
	}
	world.server = map[string]*server{}
	for _, kind := range []string{"postgres", "mysql", "redis"} {
		if world.server[kind], err = startServer(kind); err != nil {
			return fmt.Errorf("starting %s: %w", kind, err)
		}
	}
	return nil
}

func tearDown() {
	for _, s := range world.server {
		s.process.end()
	}
	if world.store != nil {
		world.store.process.end()
	}
	os.RemoveAll(world.dir)
}
