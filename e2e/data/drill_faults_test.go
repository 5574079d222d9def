package data

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// A stored backup, and what is done to it before the drill.
type fetchFault struct {
	name  string
	words []string
	make  func(t *testing.T, s setting, k *kubelet, dump string)
}

// later is a date that runs so many seconds ahead.
func later(seconds int) map[string]string {
	return map[string]string{"date": fmt.Sprintf("#!/bin/dash\nexec /bin/date -d \"@$(($(/bin/date +%%s) + %d))\" \"$@\"\n", seconds)}
}

func change(t *testing.T, file string, how func([]byte) []byte) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, how(data), 0o666); err != nil {
		t.Fatal(err)
	}
}

func flip(data []byte) []byte { data[len(data)/2] ^= 1; return data }
func half(data []byte) []byte { return data[:len(data)/2] }

var fetchFaults = []fetchFault{
	{"a byte has changed", []string{"cannot fetch", "damage in the store"}, func(t *testing.T, s setting, k *kubelet, dump string) { change(t, s.bucket.file(dump), flip) }},
	{"half is gone", []string{"cannot fetch", "damage in the store"}, func(t *testing.T, s setting, k *kubelet, dump string) { change(t, s.bucket.file(dump), half) }},
	{"cut between two blocks", []string{"its checksum differs", "make a new one now"}, func(t *testing.T, s setting, k *kubelet, dump string) {
		change(t, s.bucket.file(dump), func(data []byte) []byte { return data[:32+64*1024+16] }) // a header and a whole block of rclone's crypt
	}},
	{"it is another backup, encrypted as well as this one", []string{"its checksum differs"}, func(t *testing.T, s setting, k *kubelet, dump string) {
		j, work := s.uploading(t, time.Now().Add(-time.Hour), "an older one")
		s.with(func(k *kubelet) { k.work = work }).run(t, j).passes(t)
		for _, key := range s.bucket.keys(t) {
			if strings.HasSuffix(key, ".dump") && key != dump {
				os.Rename(s.bucket.file(key), s.bucket.file(dump))
				os.Remove(s.bucket.file(key + ".sha256"))
			}
		}
	}},
	{"nothing was ever uploaded", []string{"no whole backup", "backup job"}, func(t *testing.T, s setting, k *kubelet, dump string) {
		os.Remove(s.bucket.file(dump))
		os.Remove(s.bucket.file(dump + ".sha256"))
	}},
	{"no mark", []string{"no whole backup"}, func(t *testing.T, s setting, k *kubelet, dump string) { os.Remove(s.bucket.file(dump + ".sha256")) }},
	{"a mark without a dump", []string{"cannot fetch", "worthless"}, func(t *testing.T, s setting, k *kubelet, dump string) { os.Remove(s.bucket.file(dump)) }},
	{"a mark of another dump", []string{"its checksum differs"}, func(t *testing.T, s setting, k *kubelet, dump string) {
		j, work := s.uploading(t, time.Now().Add(-time.Hour), "an older one")
		s.with(func(k *kubelet) { k.work = work }).run(t, j).passes(t)
		for _, key := range s.bucket.keys(t) {
			if strings.HasSuffix(key, ".sha256") && key != dump+".sha256" {
				os.Rename(s.bucket.file(key), s.bucket.file(dump+".sha256"))
			}
		}
	}},
	{"it is stale", []string{"seconds old", "at most 14400 may be lost", "backup job"}, func(t *testing.T, s setting, k *kubelet, dump string) { k.tools = later(14500) }},
	{"the newest has no mark and the one before is stale", []string{"seconds old", "at most 14400"}, func(t *testing.T, s setting, k *kubelet, dump string) {
		os.Remove(s.bucket.file(dump + ".sha256"))
		old := aged(time.Now(), 5*time.Hour)
		s.bucket.plant(t, old, old+".sha256")
	}},
	{"it is from the future", []string{"dated in the future", "correct the clock"}, func(t *testing.T, s setting, k *kubelet, dump string) { k.tools = later(-4000) }},
	{"another encryption password", []string{"cannot fetch", "bad password"}, func(t *testing.T, s setting, k *kubelet, dump string) { k.secrets["cryptPassword"] = "another" }},
	{"another salt", []string{"cannot fetch", "bad password"}, func(t *testing.T, s setting, k *kubelet, dump string) { k.secrets["cryptSalt"] = "another" }},
	{"no encryption password", []string{"cryptPassword", "missing or empty"}, func(t *testing.T, s setting, k *kubelet, dump string) { k.secrets["cryptPassword"] = "" }},
	{"the store is down", []string{"cannot list the backups"}, func(t *testing.T, s setting, k *kubelet, dump string) {
		k.replace["RCLONE_CONFIG_STORE_ENDPOINT"] = "http://127.0.0.1:" + closed(t)
	}},
	{"wrong keys of the store", []string{"cannot list the backups", "its keys"}, func(t *testing.T, s setting, k *kubelet, dump string) { k.secrets["secretKey"] = "wrong-secret-key" }},
	{"another prefix", []string{"no whole backup", "bucket and prefix"}, func(t *testing.T, s setting, k *kubelet, dump string) {
		k.replace["RCLONE_CONFIG_CRYPT_REMOTE"] += "-other"
	}},
	{"a full disk", []string{"cannot fetch", "no space left"}, func(t *testing.T, s setting, k *kubelet, dump string) { k.fill(t) }},
}

// TestFetchFaults damages what is in the store, or the way to it: the drill says so, and changes nothing.
func TestFetchFaults(t *testing.T) {
	for i, f := range fetchFaults {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			s := storeOnly(t, shells[i%2])
			j, work := s.uploading(t, time.Now(), strings.Repeat("real data ", 100_000))
			s.with(func(k *kubelet) { k.work = work }).run(t, j).passes(t)
			k := s.kubelet()
			f.make(t, s, &k, s.bucket.keys(t)[0])
			before := s.bucket.objects(t)
			k.run(t, s.drill()).fails(t, "fetch", f.words...)
			sameObjects(t, before, s.bucket.objects(t))
		})
	}
}

type drillFault struct {
	name  string
	words map[string][]string
	lines map[string][]string // expectations
	make  func(s setting, k *kubelet)
}

// inFetched changes the dump after it was fetched, as if it had been made so.
func inFetched(how func([]byte) []byte) func(s setting, k *kubelet) {
	return func(s setting, k *kubelet) {
		k.before = map[string]func(){"server": func() {
			filepath.WalkDir(k.work, func(file string, d fs.DirEntry, err error) error {
				if data, rerr := os.ReadFile(file); rerr == nil && strings.HasSuffix(file, ".dump") {
					err = os.WriteFile(file, how(data), 0o600)
				}
				return err
			})
		}}
	}
}

func ask(postgres, mysql, redis string) map[string][]string {
	return map[string][]string{"postgres": {postgres}, "mysql": {mysql}, "redis": {redis}}
}

var drillFaults = []drillFault{
	{"an expectation fails", every("expect-1 answers", "less than 5000", "lacks data"), ask("5000 SELECT count(*) FROM customers", "5000 SELECT COUNT(*) FROM customers", "5000 HLEN bighash"), nil},
	{"a table is missing", every("expect-1", "recovery.expect"), ask("1 SELECT count(*) FROM invoices", "1 SELECT COUNT(*) FROM invoices", "1 LLEN hash"), nil},
	{"the query is wrong", every("expect-1", "correct the"), ask("1 SELEKT", "1 SELEKT", "1 SELEKT 1"), nil},
	{"the answer is no number", every("expect-1 does not answer with one number", "recovery.expect"), ask("1 SELECT name FROM customers LIMIT 1", "1 SELECT name FROM customers LIMIT 1", "1 GET plain"), nil},
	{"there is no answer", every("expect-1 does not answer with one number"), ask("0 SELECT 1 WHERE false", "0 SELECT 1 FROM DUAL WHERE FALSE", "0 GET nothing"), nil},
	{"there are two answers", every("expect-1 does not answer with one number", "recovery.expect"), ask("0 SELECT generate_series(1, 2)", "0 SELECT seq FROM seq_1_to_2", "0 MGET nothing plain"), nil},
	{"the answer is larger than a shell can count", every("expect-1 answers 99999999999999999999, less than 1"), ask("1 SELECT 99999999999999999999", "1 SELECT 99999999999999999999", `1 EVAL "return '99999999999999999999'" 0`), nil},
	{"the second expectation fails, and no line end", every("expect-2 answers"), map[string][]string{
		"postgres": {"1 SELECT 1", "9 SELECT 8"}, "mysql": {"1 SELECT 1", "9 SELECT 8"}, "redis": {"1 EXISTS hash", "9 LLEN list"}}, nil},
	{"the dump ends early", map[string][]string{"postgres": {"the restore failed", "new backup"}, "mysql": {"the dump cannot be unpacked", "worthless"}, "redis": {"the copy cannot be read", "worthless"}}, nil, inFetched(half)},
	{"the dump is no dump", map[string][]string{"postgres": {"cannot be read"}, "mysql": {"cannot be unpacked"}, "redis": {"cannot be read"}}, nil, inFetched(func([]byte) []byte { return []byte("hello") })},
	{"the scratch server does not start", every("the scratch server does not answer", "container server"), nil, func(s setting, k *kubelet) {
		server := map[string]string{"postgres": "postgres", "mysql": "mariadbd", "redis": "redis-server"}[s.kind]
		k.tools = map[string]string{server: "#!/bin/dash\nexit 1\n", "initdb": "#!/bin/dash\nexit 1\n", "mariadb-install-db": "#!/bin/dash\nexit 1\n", "sleep": "#!/bin/dash\n"}
	}},
}

// TestDrillFaults restores what cannot be restored, and expects what is not there.
func TestDrillFaults(t *testing.T) {
	for _, kind := range []string{"postgres", "mysql", "redis"} {
		s := newSetting(t, kind)
		s.kubelet().run(t, s.backup()).passes(t)
		for i, f := range drillFaults {
			t.Run(f.name+"/"+kind, func(t *testing.T) {
				t.Parallel()
				s := s
				s.shell = shells[i%2]
				before := s.bucket.objects(t)
				k := s.kubelet()
				work, err := os.MkdirTemp(world.dir, "w")
				if err != nil {
					t.Fatal(err)
				}
				k.work = work
				if f.make != nil {
					f.make(s, &k)
				}
				j := expecting(s.drill(), f.lines[kind]...)
				j.files["expect"] = strings.TrimSuffix(j.files["expect"], "\n")
				k.run(t, j).fails(t, "restore", f.words[kind]...)
				sameObjects(t, before, s.bucket.objects(t))
			})
		}
	}
}

// TestExpectationIsMissing wants a drill whose ConfigMap is not whole to fail.
func TestExpectationIsMissing(t *testing.T) {
	for _, kind := range slices.Sorted(maps.Keys(every())) {
		for _, missing := range []string{"expect", "expect-1"} {
			t.Run(kind+"/"+missing, func(t *testing.T) {
				t.Parallel()
				s := newSetting(t, kind)
				s.kubelet().run(t, s.backup()).passes(t)
				j := expecting(s.drill(), "0 SELECT 1")
				delete(j.files, missing)
				if o := s.kubelet().run(t, j); o.code == 0 {
					t.Errorf("the drill is green:\n%s", o.log)
				}
			})
		}
	}
}
