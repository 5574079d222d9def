package data

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// age names an object by how long ago it was made.
func aged(now time.Time, age time.Duration) string {
	at := now.Add(-age).UTC()
	return fmt.Sprintf("%s-%s-%d.dump", name, at.Format("20060102T150405Z"), at.Unix())
}

// plant puts a backup into a bucket that is so old that a successful job would remove it.
func (b bucket) plant(t *testing.T, keys ...string) {
	t.Helper()
	for _, key := range keys {
		if err := os.MkdirAll(filepath.Dir(b.file(key)), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(b.file(key), []byte("planted "+key), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for dir := filepath.Dir(b.file(keys[0])); dir != filepath.Dir(b.dir); dir = filepath.Dir(dir) {
		if err := give(dir); err != nil {
			t.Fatal(err)
		}
	}
}

// A fault of the dump, by kind of server; a kind that is not listed cannot have it.
type dumpFault struct {
	name  string
	words map[string][]string                        // that the message has, by kind
	make  func(t *testing.T, s *setting, k *kubelet) // nil: words say it all
}

func every(words ...string) map[string][]string {
	return map[string][]string{"postgres": words, "mysql": words, "redis": words}
}

func only(kind string, words ...string) map[string][]string { return map[string][]string{kind: words} }

func but(kind string, words ...string) map[string][]string {
	all := every(words...)
	delete(all, kind)
	return all
}

// Wrappers of the tools: they cut what they wrote by half, or die, and the first says that all went well.
var dumpers = map[string]string{"postgres": "pg_dump", "mysql": "mariadb-dump", "redis": "redis-cli"}

const (
	halfAndWell = `#!/bin/dash
case "$*" in *--help* | *--version*) exec REAL/TOOL "$@" ;; *INFO*) exec REAL/TOOL "$@" ;; esac
out=STATE/whole
case TOOL in
pg_dump) for a; do case $a in --file=*) part=${a#--file=} ;; esac; done; REAL/TOOL "$@" ;;
redis-cli) for part; do :; done; REAL/TOOL "$@" ;;
*) REAL/TOOL "$@" >"$out"; head -c 100000 "$out"; exit 0 ;;
esac
head -c 100000 "$part" >"$out"
cat "$out" >"$part"
`
	halfAndDead = `#!/bin/dash
case "$*" in *--version* | *INFO*) exec REAL/TOOL "$@" ;; esac
for a; do case $a in --file=*) echo PGDMP >"${a#--file=}" ;; esac; done
echo "-- half of it"
kill -KILL $$
`
)

var dumpFaults = []dumpFault{
	{"wrong password", every("cannot read", "password in the secret store"), func(t *testing.T, s *setting, k *kubelet) { k.secrets["password"] = "wrong-password" }},
	{"empty password", every("key password of the secret", "empty"), func(t *testing.T, s *setting, k *kubelet) { k.secrets["password"] = "" }},
	{"unknown user", but("redis", "cannot read"), func(t *testing.T, s *setting, k *kubelet) { k.secrets["username"] = "nobody-known" }},
	{"nobody listens", every("cannot read", "network policy"), func(t *testing.T, s *setting, k *kubelet) { k.replace["PORT"] = closed(t) }},
	{"no answer", every("cannot read", "network policy"), func(t *testing.T, s *setting, k *kubelet) { k.replace["PORT"] = silent(t) }},
	{"unknown host", every("cannot read"), func(t *testing.T, s *setting, k *kubelet) { k.replace["HOST"] = "no-such-host.invalid" }},
	{"no such database", but("redis", "cannot read database missing"), func(t *testing.T, s *setting, k *kubelet) { k.replace["DATABASE"] = "missing" }},
	{"TLS is required and the server has none", map[string][]string{"postgres": {"cannot read"}, "mysql": {"speaks no TLS, but it is required"}, "redis": {"cannot read"}}, func(t *testing.T, s *setting, k *kubelet) { k.replace["TLS"] = "require" }},
	{"TLS is to be verified and the server has none", every("cannot read"), func(t *testing.T, s *setting, k *kubelet) { k.replace["TLS"] = "verify-full" }},
	{"size floor", every("less than the floor of 50000000"), func(t *testing.T, s *setting, k *kubelet) { k.replace["MIN_BYTES"] = "50000000" }},
	{"the line is cut", map[string][]string{"postgres": {"pg_dump failed"}, "mysql": {"mariadb-dump failed with code"}, "redis": {"the copy broke off"}},
		func(t *testing.T, s *setting, k *kubelet) {
			k.replace["PORT"] = cutProxy(t, s.server.port, 200_000, func() {})
		}},
	{"the tool dies", map[string][]string{"postgres": {"pg_dump failed"}, "mysql": {"mariadb-dump failed with code 137"}, "redis": {"the copy broke off"}},
		func(t *testing.T, s *setting, k *kubelet) { k.tools = wrap(dumpers[s.kind], halfAndDead) }},
	{"the tool is killed and says nothing", map[string][]string{"postgres": {"cannot be read back"}, "mysql": {`does not end with "-- Dump completed"`}, "redis": {"cannot be read back"}},
		func(t *testing.T, s *setting, k *kubelet) { k.tools = wrap(dumpers[s.kind], halfAndWell) }},
	{"gzip dies", only("mysql", "gzip failed"), func(t *testing.T, s *setting, k *kubelet) {
		k.tools = wrap("gzip", "#!/bin/dash\nhead -c 1000\nexit 1\n")
	}},
	{"gzip writes less than it was given", only("mysql", "cannot be read back"), func(t *testing.T, s *setting, k *kubelet) {
		k.tools = wrap("gzip", "#!/bin/dash\n[ $# -gt 0 ] && exec REAL/TOOL \"$@\"\nREAL/TOOL >STATE/gz && head -c 5000 STATE/gz\n")
	}},
	{"a full disk", map[string][]string{"postgres": {"pg_dump failed", "no space left"}, "mysql": {"gzip failed", "no space left"}, "redis": {"the copy broke off", "no space left"}},
		func(t *testing.T, s *setting, k *kubelet) { k.fill(t) }},
	{"a table that the user may not read", only("postgres", "pg_dump failed", "SELECT on all tables"), func(t *testing.T, s *setting, k *kubelet) {
		s.server.do(t, s.database, "CREATE TABLE hidden (id int)")
	}},
	{"rights that hide triggers", only("mysql", "lacks TRIGGER", "would be missing"), func(t *testing.T, s *setting, k *kubelet) {
		s.server.do(t, "", "REVOKE ALL PRIVILEGES ON "+s.database+".* FROM app@'127.0.0.1'; GRANT SELECT, SHOW VIEW, EVENT, EXECUTE ON "+s.database+".* TO app@'127.0.0.1'")
	}},
	{"a view whose table is gone", only("mysql", "mariadb-dump failed"), func(t *testing.T, s *setting, k *kubelet) {
		s.server.do(t, s.database, "CREATE TABLE gone (id INT); CREATE VIEW dangling AS SELECT * FROM gone; DROP TABLE gone")
	}},
	{"no tables", map[string][]string{"postgres": {"has no tables"}, "mysql": {"shows no tables"}}, func(t *testing.T, s *setting, k *kubelet) {
		empty := s.database + "empty"
		k.replace["DATABASE"] = empty
		s.server.do(t, "", "CREATE DATABASE "+empty)
		if s.kind == "mysql" {
			s.server.do(t, "", "GRANT ALL PRIVILEGES ON "+empty+".* TO app@'127.0.0.1'")
		}
	}},
	{"a tool that does not start", map[string][]string{"postgres": {"pg_dump failed"}, "mysql": {"mariadb-dump failed"}, "redis": {"cannot read"}}, func(t *testing.T, s *setting, k *kubelet) {
		k.tools = wrap(dumpers[s.kind], "#!/bin/dash\n[ \"$*\" = --version ] || exit 127\necho 'tool (PostgreSQL) 14.1, MariaDB'\n")
	}},
}

func wrap(tool, text string) map[string]string {
	return map[string]string{tool: strings.ReplaceAll(text, "TOOL", tool)}
}

// fill gives a pod a volume that 64 KiB fit into; where this machine may not mount one, no file may be larger than that.
func (k *kubelet) fill(t *testing.T) {
	t.Helper()
	dir, err := os.MkdirTemp(world.dir, "disk")
	if err != nil {
		t.Fatal(err)
	}
	k.work = dir
	if err := exec.Command("mount", "-t", "tmpfs", "-o", "size=64k,mode=0777", "none", dir).Run(); err != nil {
		k.limit = 64
		return
	}
	t.Cleanup(func() { exec.Command("umount", "-l", dir).Run() })
}

// TestDumpFaults breaks each dump on its way: nothing is uploaded, nothing is removed, and the message says what to do.
func TestDumpFaults(t *testing.T) {
	for _, f := range dumpFaults {
		for i, kind := range slices.Sorted(maps.Keys(f.words)) {
			t.Run(f.name+"/"+kind, func(t *testing.T) {
				t.Parallel()
				s := newSetting(t, kind)
				s.shell = shells[(len(f.name)+i)%2] // both in turn
				old := aged(time.Now(), 40*24*time.Hour)
				s.bucket.plant(t, old, old+".sha256")
				before := s.bucket.objects(t)
				k := s.kubelet()
				f.make(t, &s, &k)
				k.run(t, s.backup()).fails(t, "dump", f.words[kind]...)
				sameObjects(t, before, s.bucket.objects(t))
			})
		}
	}
}

// TestServerDies kills each server in the middle of a dump.
func TestServerDies(t *testing.T) {
	for kind, words := range map[string]string{"postgres": "pg_dump failed", "mysql": "mariadb-dump failed", "redis": "the copy broke off"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			own, err := startServer(kind)
			if err != nil {
				t.Fatal(err)
			}
			defer own.process.end()
			s := newSettingOn(t, own)
			k := s.set("PORT", cutProxy(t, own.port, 200_000, own.process.end))
			k.run(t, s.backup()).fails(t, "dump", words)
			sameObjects(t, nil, s.bucket.objects(t))
		})
	}
}
