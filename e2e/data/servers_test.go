package data

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// server is a database server of the machine, which the tests back up.
type server struct {
	kind    string
	port    string
	dir     string
	ca      string // the certificate of who vouches for it; empty: it speaks no TLS
	process *process
	seeded  sync.Once // a Redis, which all tests share
}

// Whom the jobs are on the servers. The password has all that shells, option files and URLs trip over.
const (
	user     = "app"
	password = `p@ss 'w"o\rd$(x)#;%s`
)

// freePort returns a port that is free now, and that no client gets by chance: Linux gives those from 32768 on.
func freePort() (string, error) {
	for range 100 {
		port := strconv.Itoa(20000 + rand.IntN(12000))
		if l, err := net.Listen("tcp", "127.0.0.1:"+port); err == nil {
			return port, l.Close()
		}
	}
	return "", errors.New("no free port")
}

// startServer starts one on loopback, and waits until it answers.
func startServer(kind string) (*server, error) { return startServerWith(kind, false) }

func startServerWith(kind string, tls bool) (s *server, err error) {
	for range 3 { // another program may take the port before the server does
		if s, err = tryServer(kind, tls); err == nil {
			return s, s.addUser()
		}
	}
	return nil, err
}

func tryServer(kind string, tls bool) (*server, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	s := &server{kind: kind, port: port}
	if s.dir, err = os.MkdirTemp(world.dir, kind); err != nil {
		return nil, err
	}
	if err := give(s.dir); err != nil {
		return nil, err
	}
	data, env := filepath.Join(s.dir, "data"), []string{"PATH=" + os.Getenv("PATH"), "HOME=/nonexistent"}
	var prepare, serve []string
	switch kind {
	case "postgres":
		env = append(env, named(s.dir)...)
		prepare = []string{"initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"}
		serve = []string{"postgres", "-D", data, "-p", port, "-k", s.dir, "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "shared_buffers=32MB"}
	case "mysql":
		prepare = []string{"mariadb-install-db", "--no-defaults", "--datadir=" + data, "--auth-root-authentication-method=normal", "--skip-test-db"}
		serve = []string{"mariadbd", "--no-defaults", "--datadir=" + data, "--port=" + port, "--bind-address=127.0.0.1", "--socket=" + s.dir + "/sock",
			"--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=64M", "--max-allowed-packet=64M", "--character-set-server=latin1"}
	case "redis":
		prepare = []string{"mkdir", data}
		serve = []string{"redis-server", "--port", port, "--bind", "127.0.0.1", "--dir", data, "--save", "", "--requirepass", password, "--repl-diskless-sync-delay", "0"}
	}
	if tls {
		if s.ca, err = certify(s.dir); err != nil {
			return nil, err
		}
		serve = append(serve, tlsOptions(kind, s.dir, port)...)
	}
	if out, err := start(env, prepare...); err != nil {
		return nil, err
	} else if <-out.done; out.code() != 0 {
		return nil, fmt.Errorf("%s: %s", prepare[0], out.log)
	}
	if kind == "postgres" {
		hba := "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n"
		if err := os.WriteFile(filepath.Join(data, "pg_hba.conf"), []byte(hba), 0o644); err != nil {
			return nil, err
		}
	}
	if s.process, err = start(env, serve...); err != nil {
		return nil, err
	}
	if err := s.answers(); err != nil {
		s.process.end()
		return nil, fmt.Errorf("%w\n%s", err, s.process.log)
	}
	return s, nil
}

// answers waits until the server does, and not another one on its port: a socket or a data directory is nobody else's.
func (s *server) answers() (err error) {
	for range 300 {
		if s.kind != "redis" {
			_, err = s.ask("", "SELECT 1")
		} else if dir, askErr := s.ask("", "CONFIG GET dir"); askErr != nil {
			err = askErr
		} else if err = nil; !strings.HasSuffix(dir, filepath.Join(s.dir, "data")) {
			return fmt.Errorf("another Redis answers: %s", dir)
		}
		if err == nil {
			return nil
		}
		select {
		case <-s.process.done:
			return fmt.Errorf("%s ended: %w", s.kind, err)
		case <-time.After(100 * time.Millisecond):
		}
	}
	return err
}

// named gives the user of the pods a name, which initdb wants.
func named(dir string) []string {
	wrappers, _ := filepath.Glob("/usr/lib/*/libnss_wrapper.so")
	line := fmt.Sprintf("server:x:%d:%d::/:/bin/false\n", podUser, podUser)
	if os.Geteuid() != 0 {
		return nil
	}
	os.WriteFile(filepath.Join(dir, "passwd"), []byte(line), 0o644)
	os.WriteFile(filepath.Join(dir, "group"), []byte(fmt.Sprintf("server:x:%d:\n", podUser)), 0o644)
	return []string{"LD_PRELOAD=" + wrappers[0], "NSS_WRAPPER_PASSWD=" + dir + "/passwd", "NSS_WRAPPER_GROUP=" + dir + "/group"}
}

func (s *server) addUser() (err error) {
	switch s.kind {
	case "postgres":
		_, err = s.ask("", `CREATE ROLE app LOGIN PASSWORD '`+strings.ReplaceAll(password, "'", "''")+`'`)
	case "mysql":
		quoted := strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(password)
		_, err = s.ask("", `CREATE USER app@'127.0.0.1' IDENTIFIED BY '`+quoted+`'; GRANT SELECT ON mysql.proc TO app@'127.0.0.1'`)
	}
	return err
}

// redisError is an answer that is an error. redis-cli ends with 0 nevertheless when it reads commands, even where nobody listens.
var redisError = regexp.MustCompile(`(?m)^(Could not connect|Error: |AUTH failed|[A-Z]{3,} )`)

// ask sends statements to a database as its administrator, and returns the answer.
func (s *server) ask(database, statements string) (string, error) {
	return s.client(database, strings.NewReader(statements))
}

func (s *server) client(database string, statements io.Reader) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience) // redis-cli waits for ever for a port that speaks no TLS
	defer cancel()
	var cmd *exec.Cmd
	switch s.kind {
	case "postgres":
		if database == "" {
			database = "postgres"
		}
		cmd = exec.CommandContext(ctx, "psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-h", s.dir, "-p", s.port, "-U", "postgres", "-d", database)
	case "mysql":
		cmd = exec.CommandContext(ctx, "mariadb", "--no-defaults", "--socket="+s.dir+"/sock", "-uroot", "-NBr", "--max-allowed-packet=64M", "--default-character-set=utf8mb4", "--database="+database)
	case "redis":
		cmd = exec.CommandContext(ctx, "redis-cli", "-h", "127.0.0.1", "-p", s.port)
		if s.ca != "" {
			cmd.Args = append(cmd.Args, "--tls", "--insecure")
		}
		cmd.Env = append(os.Environ(), "REDISCLI_AUTH="+password)
	}
	cmd.Stdin = statements
	out, err := cmd.CombinedOutput()
	if err == nil && s.kind == "redis" && redisError.Match(out) {
		err = errors.New("an error is among the answers")
	}
	if err != nil {
		return "", fmt.Errorf("%s: %w: %s", s.kind, err, out)
	}
	return strings.TrimSpace(string(out)), nil
}

// do is ask in a test.
func (s *server) do(t *testing.T, database, statements string) string {
	t.Helper()
	out, err := s.ask(database, statements)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestAsk has no silence about what a server did not do, or that there is none.
func TestAsk(t *testing.T) {
	for kind, on := range world.server {
		if _, err := on.ask("", "NONSENSE"); err == nil {
			t.Errorf("%s: nonsense has no error", kind)
		}
		gone := &server{kind: kind, port: closed(t), dir: t.TempDir()}
		if _, err := gone.ask("", "SELECT 1"); err == nil {
			t.Errorf("%s: a server that is not there answers", kind)
		}
	}
}
