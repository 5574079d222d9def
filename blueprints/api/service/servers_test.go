package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"
)

// world is what the service lives in: a PostgreSQL, a Redis, and the files that are mounted into its pod.
type world struct {
	t         *testing.T
	secrets   string // /var/run/secrets of the pod
	port      string // of PostgreSQL
	data      string
	postgres  *process
	redis     *process
	redisPort string
	replicaOn string // host of the replica; empty: reads go to the primary's address, too
}

const (
	owner       = "orders" // the role in the credentials
	dbPassword  = "p@ss word/1"
	redisSecret = "cache-secret"
)

// newWorld starts the servers, with the schema in place.
func newWorld(t *testing.T) *world {
	t.Helper()
	w := newEmptyWorld(t)
	if m := w.start([]string{"migrate"}); m.wait() != 0 {
		t.Fatal("the migration failed")
	}
	return w
}

// newEmptyWorld starts the servers without a schema.
func newEmptyWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, secrets: directory(t), port: freePort(t), redisPort: freePort(t)}
	w.write("orders-db/password", dbPassword+"\n")
	w.write("cache/password", redisSecret)
	w.data = filepath.Join(directory(t), "primary")
	copyTree(t, template(t), w.data)
	w.startPostgres()
	w.startRedis()
	w.sql(fmt.Sprintf(`CREATE ROLE %s LOGIN PASSWORD '%s'`, owner, dbPassword))
	w.sql(fmt.Sprintf(`CREATE DATABASE %s OWNER %s`, rendered(t).env["DB_DATABASE"].Value, owner))
	return w
}

// write replaces a file as the kubelet does: whole, and under the same name.
func (w *world) write(name, text string) {
	w.t.Helper()
	path := filepath.Join(w.secrets, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(path+".new", []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		w.t.Fatal(err)
	}
}

// environment is what the Deployment says, with the addresses and files of this world.
func (w *world) environment() map[string]string {
	env := map[string]string{}
	for name, v := range rendered(w.t).env {
		env[name] = strings.Replace(v.Value, "/var/run/secrets", w.secrets, 1)
	}
	env["POD_NAME"] = "orders-1"
	env["DB_USER"] = owner
	env["DB_HOST"], env["DB_PORT"], env["DB_ADDR"] = "127.0.0.1", w.port, "127.0.0.1:"+w.port
	env["DB_READ_HOST"] = w.replicaOn
	env["CACHE_HOST"], env["CACHE_PORT"], env["CACHE_ADDR"] = "127.0.0.1", w.redisPort, "127.0.0.1:"+w.redisPort
	return env
}

// tool finds a program of the servers.
func tool(t *testing.T, name string) string {
	t.Helper()
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if len(found) > 0 {
		return found[len(found)-1]
	}
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("there is no %s: apt-get install postgresql redis-server", name)
	}
	return path
}

var (
	templateDir  = sync.OnceValues(func() (string, error) { return os.MkdirTemp("", "orders-template-") })
	templateOnce sync.Once
)

// template is a data directory that is copied for each test: initdb takes seconds.
func template(t *testing.T) string {
	t.Helper()
	parent, err := templateDir()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(parent, "data")
	templateOnce.Do(func() {
		if os.Getuid() == 0 {
			if err := os.Chown(parent, nobody, nobody); err != nil {
				t.Fatal(err)
			}
		}
		p := start(t, nil, true, tool(t, "initdb"), "-D", dir, "-U", "postgres", "-A", "trust", "--no-sync", "--locale=C.UTF-8", "-E", "UTF8")
		if p.wait() != 0 {
			t.Fatal("initdb failed")
		}
		// The superuser may do anything without a password, the app's role needs its own.
		hba := "host all postgres 127.0.0.0/8 trust\nhost replication postgres 127.0.0.0/8 trust\nhost all all 127.0.0.0/8 scram-sha-256\n"
		if err := os.WriteFile(filepath.Join(dir, "pg_hba.conf"), []byte(hba), 0o600); err != nil {
			t.Fatal(err)
		}
	})
	return dir
}

func copyTree(t *testing.T, from, to string) {
	t.Helper()
	if out, err := exec.Command("cp", "-a", from, to).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

func (w *world) startPostgres() {
	w.t.Helper()
	w.postgres = startPostgres(w.t, w.data, "127.0.0.1", w.port)
}

// startPostgres returns when the server answers. It logs every statement: that is how the tests count them.
func startPostgres(t *testing.T, data, host, port string) *process {
	t.Helper()
	p := start(t, []string{"LC_ALL=C"}, true, tool(t, "postgres"), "-D", data, "-p", port,
		"-c", "listen_addresses="+host, "-c", "unix_socket_directories=", "-c", "fsync=off", "-c", "log_statement=all",
		"-c", "log_line_prefix=%a|", "-c", "max_connections=60", "-c", "shared_buffers=16MB")
	eventually(t, "PostgreSQL answers", func() bool {
		if p.ended() {
			t.Fatal("PostgreSQL ended")
		}
		conn, err := pgx.Connect(context.Background(), superuser(host, port, "postgres"))
		if err != nil {
			return false
		}
		conn.Close(context.Background())
		return true
	})
	return p
}

func superuser(host, port, database string) string {
	return fmt.Sprintf("postgres://postgres@%s/%s?application_name=test&sslmode=disable", net.JoinHostPort(host, port), database)
}

// startReplica makes a replica that streams from the primary, on the same port of another address.
func (w *world) startReplica() *process {
	w.t.Helper()
	w.replicaOn = "127.0.0.2"
	data := filepath.Join(directory(w.t), "replica")
	if p := start(w.t, nil, true, tool(w.t, "pg_basebackup"), "-D", data, "-R", "-X", "stream", "-c", "fast",
		"-d", superuser("127.0.0.1", w.port, "postgres")); p.wait() != 0 {
		w.t.Fatal("pg_basebackup failed")
	}
	return startPostgres(w.t, data, w.replicaOn, w.port)
}

func (w *world) connect(host, database string) *pgx.Conn {
	w.t.Helper()
	conn, err := pgx.Connect(context.Background(), superuser(host, w.port, database))
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

// database is a connection to the app's database that may do anything.
func (w *world) database() *pgx.Conn {
	w.t.Helper()
	return w.connect("127.0.0.1", rendered(w.t).env["DB_DATABASE"].Value)
}

func (w *world) sql(statement string) {
	w.t.Helper()
	conn := w.connect("127.0.0.1", "postgres")
	defer conn.Close(context.Background())
	if _, err := conn.Exec(context.Background(), statement); err != nil {
		w.t.Fatal(err)
	}
}

// scan runs a query with one row of one column.
func scan[T any](t *testing.T, conn *pgx.Conn, query string) (v T) {
	t.Helper()
	if err := conn.QueryRow(context.Background(), query).Scan(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

// reads counts the lookups that a server has got.
func reads(server *process) int {
	return strings.Count(server.output(), "SELECT id, item, quantity FROM orders")
}

// lock makes every query of the orders wait, until the returned function is called.
func (w *world) lock() (unlock func()) {
	w.t.Helper()
	conn := w.database()
	if _, err := conn.Exec(context.Background(), `BEGIN; LOCK TABLE orders IN ACCESS EXCLUSIVE MODE`); err != nil {
		w.t.Fatal(err)
	}
	return func() {
		if _, err := conn.Exec(context.Background(), `COMMIT`); err != nil {
			w.t.Error(err)
		}
	}
}

// waiting is how many queries wait for a lock.
const waiting = `SELECT count(*)::int FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name LIKE 'orders%'`

// connections is how many the service has open.
const connections = `SELECT count(*)::int FROM pg_stat_activity WHERE application_name LIKE 'orders%'`

func (w *world) startRedis() {
	w.t.Helper()
	w.redis = start(w.t, nil, true, tool(w.t, "redis-server"), "--port", w.redisPort, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
		"--requirepass", redisSecret, "--dir", directory(w.t))
	eventually(w.t, "Redis answers", func() bool {
		if w.redis.ended() {
			w.t.Fatal("Redis ended")
		}
		return w.cache().Ping(context.Background()).Err() == nil
	})
}

func (w *world) cache() *redis.Client {
	c := redis.NewClient(&redis.Options{Addr: "127.0.0.1:" + w.redisPort, Password: redisSecret})
	w.t.Cleanup(func() { c.Close() })
	return c
}

// poolMax is how many connections the fleet's budget gives a pod, for each server.
func poolMax(t *testing.T) int {
	t.Helper()
	n, err := strconv.Atoi(rendered(t).env["DB_POOL_MAX"].Value)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// freeze stops a server with all its children. A signal takes its time, in which the server may have another child.
func (p *process) freeze() {
	p.t.Helper()
	eventually(p.t, "the server is frozen", func() bool {
		p.family(syscall.SIGSTOP)
		for _, pid := range append(p.children(), p.cmd.Process.Pid) {
			if stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)); err == nil && !strings.Contains(string(stat), ") T ") {
				return false
			}
		}
		return true
	})
}

func (p *process) thaw() { p.family(syscall.SIGCONT) }

// family sends a signal to a server, and then to its children.
func (p *process) family(s syscall.Signal) {
	p.t.Helper()
	p.signal(s)
	for _, pid := range p.children() {
		_ = syscall.Kill(pid, s) // it may have ended by itself
	}
}

// children returns the processes that a server has started. The kernel leaves some out when others end meanwhile.
func (p *process) children() (pids []int) {
	p.t.Helper()
	pid := p.cmd.Process.Pid
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		p.t.Fatal(err)
	}
	for child := range strings.FieldsSeq(string(text)) {
		n, err := strconv.Atoi(child)
		if err != nil {
			p.t.Fatal(err)
		}
		pids = append(pids, n)
	}
	return pids
}

// kill ends a server at once, without a goodbye to its clients.
func (w *world) kill(p *process, s syscall.Signal) {
	w.t.Helper()
	p.signal(s)
	p.wait()
}
