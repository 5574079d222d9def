//go:build !unix

package emit

// lock does nothing: runs on one directory at the same time are the caller's to avoid.
func lock(string, bool) (unlock func(), err error) { return func() {}, nil }

// notDirectory is part of fs.ErrNotExist here.
func notDirectory(error) bool { return false }
