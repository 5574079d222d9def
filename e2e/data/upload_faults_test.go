package data

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// uploading is a job whose dump is already there: made at this time, of this text.
func (s setting) uploading(t *testing.T, at time.Time, text string) (job, string) {
	t.Helper()
	work, err := os.MkdirTemp(world.dir, "w")
	if err != nil {
		t.Fatal(err)
	}
	out, dump := filepath.Join(work, "out"), aged(at, 0)
	sum := fmt.Sprintf("%x  part\n", sha256.Sum256([]byte(text)))
	for file, content := range map[string]string{dump: text, dump + ".sha256": sum} {
		if err := os.MkdirAll(out, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(out, file), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return s.backup().main(), work
}

// storeOnly is a setting without a database: what uploads and fetches need.
func storeOnly(t *testing.T, shell string) setting {
	return setting{kind: "redis", server: world.server["redis"], bucket: newBucket(t), shell: shell}
}

type uploadFault struct {
	name  string
	words []string
	fault func(w http.ResponseWriter, r *http.Request) bool // of the store
	make  func(t *testing.T, s setting, k *kubelet, out string)
	added bool // the backup is whole all the same, and only what came after it failed
}

func endpoint(url string) func(*testing.T, setting, *kubelet, string) {
	return func(t *testing.T, s setting, k *kubelet, out string) { k.replace["RCLONE_CONFIG_STORE_ENDPOINT"] = url }
}

func secret(key, value string) func(*testing.T, setting, *kubelet, string) {
	return func(t *testing.T, s setting, k *kubelet, out string) { k.secrets[key] = value }
}

var uploadFaults = []uploadFault{
	{name: "the store is down", words: []string{"cannot upload", "network policy"}, make: func(t *testing.T, s setting, k *kubelet, out string) {
		k.replace["RCLONE_CONFIG_STORE_ENDPOINT"] = "http://127.0.0.1:" + closed(t)
	}},
	{name: "wrong secret key", words: []string{"cannot upload", "its keys"}, make: secret("secretKey", "not-the-secret-key")},
	{name: "unknown access key", words: []string{"cannot upload", "its keys"}, make: secret("accessKey", "AKIAUNKNOWN")},
	{name: "no encryption key", words: []string{"cryptPassword", "missing or empty"}, make: secret("cryptPassword", "")},
	{name: "no salt", words: []string{"cryptSalt", "missing or empty"}, make: secret("cryptSalt", "")},
	{name: "no such bucket", words: []string{"cannot upload", "the bucket"}, make: func(t *testing.T, s setting, k *kubelet, out string) {
		k.replace["RCLONE_CONFIG_CRYPT_REMOTE"] = "store:no-such-bucket/" + prefix
	}},
	{name: "writing is forbidden", words: []string{"cannot upload", "may write"}, fault: func(w http.ResponseWriter, r *http.Request) bool {
		return r.Method == http.MethodPut && denied(w)
	}},
	{name: "the upload is cut", words: []string{"cannot upload"}, fault: func(w http.ResponseWriter, r *http.Request) bool {
		return is(r, http.MethodPut, ".dump") && cutBody(r)
	}},
	{name: "the store claims to have what it has not", words: []string{"cannot upload"}, fault: func(w http.ResponseWriter, r *http.Request) bool {
		return is(r, http.MethodPut, ".dump") // 200 and nothing else
	}},
	{name: "the store gives back another byte", words: []string{"gives back another"}, fault: func(w http.ResponseWriter, r *http.Request) bool {
		return is(r, http.MethodGet, ".dump") && flipped(w, r)
	}},
	{name: "the mark cannot be written", words: []string{"cannot upload", ".dump.sha256"}, fault: func(w http.ResponseWriter, r *http.Request) bool {
		return is(r, http.MethodPut, ".dump.sha256") && denied(w)
	}},
	{name: "the dump changed on its way", words: []string{"has changed since it was dumped"}, make: func(t *testing.T, s setting, k *kubelet, out string) {
		dumps, _ := filepath.Glob(filepath.Join(out, "*.dump"))
		appendTo(t, dumps[0], "x")
	}},
	{name: "the checksum is empty", words: []string{"no whole backup to upload"}, make: func(t *testing.T, s setting, k *kubelet, out string) {
		sums, _ := filepath.Glob(filepath.Join(out, "*.sha256"))
		os.Truncate(sums[0], 0)
	}},
	{name: "no dump", words: []string{"no whole backup to upload"}, make: func(t *testing.T, s setting, k *kubelet, out string) {
		dumps, _ := filepath.Glob(filepath.Join(out, "*.dump"))
		os.Rename(dumps[0], filepath.Join(out, "part"))
	}},
	{name: "two dumps", words: []string{"no whole backup to upload"}, make: func(t *testing.T, s setting, k *kubelet, out string) {
		appendTo(t, filepath.Join(out, aged(time.Now(), time.Hour)), "x")
	}},
	{name: "listing is forbidden", words: []string{"is uploaded", "list the bucket"}, added: true, fault: func() func(w http.ResponseWriter, r *http.Request) bool {
		marked := false
		return func(w http.ResponseWriter, r *http.Request) bool {
			marked = marked || is(r, http.MethodGet, ".dump.sha256")
			return marked && r.Method == http.MethodGet && strings.Contains(r.URL.RawQuery, "prefix=") && denied(w)
		}
	}()},
	{name: "removing is forbidden", words: []string{"is uploaded", "cannot be deleted", "allow the keys to delete"}, added: true, fault: func(w http.ResponseWriter, r *http.Request) bool {
		return r.Method == http.MethodDelete && denied(w)
	}},
	{name: "one in the bucket is from the future", words: []string{"is uploaded", "dated in the future"}, added: true, make: func(t *testing.T, s setting, k *kubelet, out string) {
		future := aged(time.Now(), -30*24*time.Hour)
		s.bucket.plant(t, future, future+".sha256")
	}},
}

func appendTo(t *testing.T, file, text string) {
	t.Helper()
	f, err := os.OpenFile(file, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
	f.Close()
}

// TestUploadFaults breaks uploads: no backup counts that is not whole, and nothing old is removed.
func TestUploadFaults(t *testing.T) {
	for i, f := range uploadFaults {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			s := storeOnly(t, shells[i%2])
			old := aged(time.Now(), 40*24*time.Hour)
			s.bucket.plant(t, old, old+".sha256")
			k := s.kubelet()
			j, work := s.uploading(t, time.Now(), strings.Repeat("real data ", 100_000))
			k.work = work
			if f.fault != nil {
				k.replace["RCLONE_CONFIG_STORE_ENDPOINT"] = faultyStore(t, f.fault)
			}
			if f.make != nil {
				f.make(t, s, &k, filepath.Join(work, "out"))
			}
			before := s.bucket.objects(t)
			k.run(t, j).fails(t, "upload", f.words...)
			after, marks := s.bucket.objects(t), 0
			for key := range maps.Keys(after) {
				if before[key] != "" {
					continue
				}
				delete(after, key) // new: a dump without a mark does not exist
				if strings.HasSuffix(key, ".sha256.bin") {
					marks++
				}
			}
			if whole := marks == 1; whole != f.added {
				t.Errorf("%d new backups count as whole", marks)
			}
			sameObjects(t, before, after)
		})
	}
}

// TestSameSecond runs two backups that read the same clock: the second fails, and the first stays what it was.
func TestSameSecond(t *testing.T) {
	for _, shell := range shells {
		t.Run(shell, func(t *testing.T) {
			t.Parallel()
			s := storeOnly(t, shell)
			now := time.Now()
			for i, text := range []string{strings.Repeat("first ", 1000), strings.Repeat("other ", 1000)} {
				before := s.bucket.objects(t)
				j, work := s.uploading(t, now, text)
				o := s.with(func(k *kubelet) { k.work = work }).run(t, j)
				if i == 0 {
					o.passes(t)
					continue
				}
				o.fails(t, "upload", "cannot upload", ".dump")
				sameObjects(t, before, s.bucket.objects(t))
			}
		})
	}
}
