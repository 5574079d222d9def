package data

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Faults take turns with these; bash is the shell of one image, and its circle is enough.
var shells = []string{"dash", "busybox"}

// TestCircle dumps real data, uploads, fetches and restores it: the scratch server has what the server has.
func TestCircle(t *testing.T) {
	expectations := map[string][]string{
		"postgres": {`2000 SELECT count(*) FROM customers`, `15 SELECT sum(length(body)) / 640000 FROM large`},
		"mysql":    {"2003 SELECT COUNT(*) FROM customers;", "500 SELECT COUNT(*) FROM `order lines`", "9 SELECT LENGTH(twice('aaa')) + 1"},
		"redis":    {"3000 DBSIZE", "600 HLEN bighash"},
	}
	for kind, lines := range expectations {
		for _, shell := range append(slices.Clone(shells), "bash") {
			t.Run(kind+"/"+shell, func(t *testing.T) {
				s := newSetting(t, kind)
				s.shell = shell
				want := s.content(t, s.server.socket())

				backup := s.kubelet().run(t, s.backup()).passes(t)
				if !strings.Contains(backup.log, name+": uploaded "+name+"-2") || !strings.Contains(backup.log, name+": removed 0 old backups") {
					t.Errorf("the backup does not say what it did:\n%s", backup.log)
				}
				keys := s.bucket.keys(t)
				if len(keys) != 2 || keys[0]+".sha256" != keys[1] || !strings.HasSuffix(keys[0], ".dump") {
					t.Fatalf("the bucket holds %q, want a dump and its mark", keys)
				}
				if text, err := os.ReadFile(s.bucket.file(keys[0])); err != nil || !strings.HasPrefix(string(text), "RCLONE\x00\x00") {
					t.Errorf("the dump is not encrypted: %v", err)
				}

				before := s.bucket.objects(t)
				var got string
				k := s.kubelet()
				k.after = func(work string) { got = s.content(t, filepath.Join(work, "run")) }
				drill := k.run(t, expecting(s.drill(), lines...)).passes(t)
				if !strings.Contains(drill.log, "expectations hold") {
					t.Errorf("the drill does not say that expectations hold:\n%s", drill.log)
				}
				same(t, want, got)
				sameObjects(t, before, s.bucket.objects(t))
			})
		}
	}
}

// socket is the directory with the server's Unix socket, or its port.
func (s *server) socket() string { return s.dir }

// content is all that a client can see of a database, as text: the schema and each row.
func (s setting) content(t *testing.T, socket string) string {
	t.Helper()
	var cmd *exec.Cmd
	switch s.kind {
	case "postgres":
		port := "5432"
		if socket == s.server.dir {
			port = s.server.port
		}
		cmd = exec.Command("pg_dump", "-h", socket, "-p", port, "-U", "postgres", "-d", s.database, "--no-owner", "--no-privileges")
	case "mysql":
		file := filepath.Join(socket, "mysql.sock")
		if socket == s.server.dir {
			file = filepath.Join(socket, "sock")
		}
		cmd = exec.Command("mariadb-dump", "--no-defaults", "--socket="+file, "-uroot", "--databases", s.database, "--routines", "--triggers", "--events",
			"--hex-blob", "--order-by-primary", "--skip-comments", "--max-allowed-packet=64M", "--default-character-set=utf8mb4")
	case "redis":
		cmd = exec.Command("redis-cli", "-s", filepath.Join(socket, "redis.sock"), "--raw")
		if socket == s.server.dir {
			cmd = exec.Command("redis-cli", "-p", s.server.port, "--raw")
			cmd.Env = append(os.Environ(), "REDISCLI_AUTH="+password)
		}
		cmd.Stdin = strings.NewReader(redisContent("0") + redisContent("3"))
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("reading %s: %v: %s", socket, err, out)
	}
	var kept []string
	for line := range strings.Lines(string(out)) {
		if s.kind == "postgres" && (strings.HasPrefix(line, "--") || strings.HasPrefix(line, "CREATE POLICY ") || // names roles, which a drill has none of
			strings.HasPrefix(line, `\restrict `) || strings.HasPrefix(line, `\unrestrict `) || strings.TrimSpace(line) == "") { // random in each dump
			continue
		}
		kept = append(kept, line)
	}
	return strings.Join(kept, "")
}

// redisContent has Redis write out a database: each key with its expiry, type and elements.
func redisContent(database string) string {
	script := strings.Join(strings.Fields(`
		local out, keys = {}, redis.call('KEYS', '*') table.sort(keys)
		for _, k in ipairs(keys) do
			local kind, v = redis.call('TYPE', k).ok
			if kind == 'string' then v = {redis.call('GET', k)}
			elseif kind == 'list' then v = redis.call('LRANGE', k, 0, -1)
			elseif kind == 'hash' then local f = redis.call('HKEYS', k) table.sort(f) v = {} for _, n in ipairs(f) do v[#v + 1] = n v[#v + 1] = redis.call('HGET', k, n) end
			elseif kind == 'set' then v = redis.call('SMEMBERS', k) table.sort(v)
			elseif kind == 'zset' then v = redis.call('ZRANGE', k, 0, -1, 'WITHSCORES')
			else v = {cjson.encode(redis.call('XRANGE', k, '-', '+'))} end
			out[#out + 1] = k .. ' ' .. redis.call('PEXPIRETIME', k) .. ' ' .. kind .. ' ' .. redis.sha1hex(table.concat(v, '|')) .. ' ' .. #v
		end
		return out`), " ")
	return "SELECT " + database + "\nEVAL \"" + script + "\" 0\n"
}

// same compares long texts and shows the first difference.
func same(t *testing.T, want, got string) {
	t.Helper()
	if len(want) < 1000 {
		t.Fatalf("there is hardly anything to compare: %s", want)
	}
	if want == got {
		return
	}
	wants, gots := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range min(len(wants), len(gots)) {
		if wants[i] != gots[i] {
			t.Fatalf("line %d of the content differs:\nwant %.300s\ngot  %.300s", i+1, wants[i], gots[i])
		}
	}
	t.Fatalf("%d lines of content, want %d", len(gots), len(wants))
}

// sameObjects wants a bucket as it was.
func sameObjects(t *testing.T, before, after map[string]string) {
	t.Helper()
	for key, hash := range before {
		if after[key] != hash {
			t.Errorf("%s was changed or removed", key)
		}
	}
	for key := range after {
		if before[key] == "" {
			t.Errorf("%s was added", key)
		}
	}
}
