package cluster

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// TempDir makes a directory for this run. If the run is killed before it can remove it, the next one does.
func TempDir() (string, error) { return ownDir(os.TempDir()) }

const prefix = "scantling-e2e-" // of such directories; the process id of their owner follows

func ownDir(parent string) (string, error) {
	sweep(parent)
	return os.MkdirTemp(parent, fmt.Sprintf("%s%d-", prefix, os.Getpid()))
}

// sweep removes what runs that were killed have left.
func sweep(parent string) {
	left, _ := filepath.Glob(filepath.Join(parent, prefix+"*")) // the pattern is well formed
	for _, dir := range left {
		owner, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(dir), prefix), "-")
		if pid, err := strconv.Atoi(owner); err == nil && syscall.Kill(pid, 0) == syscall.ESRCH {
			_ = os.RemoveAll(dir) // a temporary directory
		}
	}
}

// memoryDisk is where etcd need not wait for a disk, where there is such a place with room: containers often have one of 64 MiB.
func memoryDisk() string {
	const path, room = "/dev/shm", 1 << 30 // bytes; etcd and the logs of a whole run take a fifth
	var fs syscall.Statfs_t
	if syscall.Statfs(path, &fs) == nil && int64(fs.Bavail)*fs.Bsize > room {
		return path
	}
	return os.TempDir()
}
