package data

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// Who may write to the store, and with what backups are encrypted.
const (
	accessKey     = "AKIAEXAMPLE0BACKUP01"
	secretKey     = "store/secret+key=0123456789abcdef"
	cryptPassword = "correct horse 'battery' staple"
	cryptSalt     = "salt $of the earth"
)

// store is an S3 server; its buckets are directories.
type store struct {
	endpoint string
	dir      string
	process  *process
}

var listening = regexp.MustCompile(`Starting s3 server on \[(http://[^/\]]+)`)

func startStore(dir string) (*store, error) {
	if err := os.Mkdir(dir, 0o755); err != nil {
		return nil, err
	}
	if err := give(dir); err != nil {
		return nil, err
	}
	p, err := start(nil, world.rclone, "--config=", "serve", "s3", "--auth-key", accessKey+","+secretKey, "--addr", "127.0.0.1:0",
		"--dir-cache-time", "1ms", "--poll-interval", "0", dir) // the tests change what lies in dir
	if err != nil {
		return nil, err
	}
	for range 100 {
		if m := listening.FindStringSubmatch(p.log.String()); m != nil {
			return &store{endpoint: m[1], dir: dir, process: p}, nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	p.end()
	return nil, fmt.Errorf("the store does not start: %s", p.log)
}

// bucket is one of the store, for one test alone.
type bucket struct {
	name string
	dir  string
}

// The prefix of a bucket's keys.
const prefix = "live/shop/checkout-orders"

func newBucket(t *testing.T) bucket {
	t.Helper()
	dir, err := os.MkdirTemp(world.store.dir, "bucket-")
	if err != nil {
		t.Fatal(err)
	}
	if err := give(dir); err != nil {
		t.Fatal(err)
	}
	return bucket{name: filepath.Base(dir), dir: dir}
}

// objects are the hashes of what is in it, by key below the prefix.
func (b bucket) objects(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	root := filepath.Join(b.dir, prefix)
	err := filepath.WalkDir(b.dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(name)
		key, inside := strings.CutPrefix(name, root+"/")
		if !inside {
			t.Errorf("the bucket holds %s, outside the prefix", name)
		}
		all[key] = fmt.Sprintf("%x", sha256.Sum256(data))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// keys are the names of what is in it, sorted, as rclone's crypt shows them.
func (b bucket) keys(t *testing.T) []string {
	t.Helper()
	var names []string
	for _, key := range slices.Sorted(maps.Keys(b.objects(t))) {
		name, encrypted := strings.CutSuffix(key, ".bin")
		if !encrypted {
			t.Errorf("%s is not encrypted", key)
		}
		names = append(names, name)
	}
	return names
}

// file is where an object lies.
func (b bucket) file(key string) string { return filepath.Join(b.dir, prefix, key+".bin") }
