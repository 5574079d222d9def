//go:build unix

package emit

import (
	"errors"
	"os"
	"syscall"
)

// lock waits until no other run works on dir; runs that only read share it. The kernel lets go of a lock when its process
// ends, so none is ever left behind. A file system that cannot lock a directory (NFS) goes without.
func lock(dir string, exclusive bool) (unlock func(), err error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	how := syscall.LOCK_SH
	if exclusive {
		how = syscall.LOCK_EX
	}
	for {
		switch err := syscall.Flock(int(f.Fd()), how); err {
		case nil, syscall.EBADF, syscall.ENOLCK, syscall.ENOSYS, syscall.ENOTSUP:
			return func() { f.Close() }, nil
		case syscall.EINTR:
		default:
			f.Close()
			return nil, &os.PathError{Op: "lock", Path: dir, Err: err}
		}
	}
}

// notDirectory reports whether err says that a step of a path is a file.
func notDirectory(err error) bool { return errors.Is(err, syscall.ENOTDIR) }
