package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestReadAndWrite goes once around: what is written is read, from the cache where it can be, and what is wrong is refused.
func TestReadAndWrite(t *testing.T) {
	w := newWorld(t)
	s := w.run()
	path := s.create("bolt")
	if body := s.want(200, path); !strings.Contains(body, `"item":"bolt","quantity":2`) {
		t.Errorf("read: %s", body)
	}
	if n := reads(w.postgres); n != 0 {
		t.Errorf("a new order was read %d times from the database, not from the cache", n)
	}
	w.cache().FlushAll(context.Background())
	for range 5 {
		s.want(200, path)
	}
	if n := reads(w.postgres); n != 1 {
		t.Errorf("%d queries for five reads of one order", n)
	}
	if hits := s.metric(`cache_reads_total{result="hit"}`); hits != 5 {
		t.Errorf("%v hits, want 5", hits)
	}

	for range 3 {
		s.want(404, "/orders/999999")
	}
	if n := reads(w.postgres); n != 2 {
		t.Errorf("an order that there is not was asked for %d times", n-1)
	}
	for _, path := range []string{"/orders/0", "/orders/x", "/orders/-1", "/other"} {
		s.want(404, path)
	}
	for body, code := range map[string]int{
		`{"item": "bolt"}`:                       400,
		`{"item": "bolt", "quantity": 1001}`:     400,
		`{"item": "", "quantity": 1}`:            400,
		`{"id": 7, "item": "b", "quantity": 1}`:  400,
		`{"item": "b", "quantity": 1, "more":1}`: 400,
		`nonsense`:                               400,
		`{"item": "` + strings.Repeat("b", maxBody) + `", "quantity": 1}`: 413,
	} {
		if a := request(client, "POST", s.url+"/orders", body); a.code != code {
			t.Errorf("POST %.40s: %d %s %v, want %d", body, a.code, a.body, a.err, code)
		}
	}
}

// TestWritesCanBeRepeated sends one write several times at once, as a client does that got no answer.
func TestWritesCanBeRepeated(t *testing.T) {
	w := newWorld(t)
	s := w.run()
	_, _, answers := together(8, func(int) answerTo {
		r, err := http.NewRequest("POST", s.url+"/orders", strings.NewReader(`{"item": "bolt", "quantity": 2}`))
		if err != nil {
			return answerTo{err: err}
		}
		r.Header.Set("Idempotency-Key", "a")
		return do(client, r)
	})
	for _, a := range answers {
		if a.code != 201 || a.body != answers[0].body {
			t.Errorf("%d %s %v, the first was %s", a.code, a.body, a.err, answers[0].body)
		}
	}
	if n := scan[int](t, w.database(), `SELECT count(*)::int FROM orders`); n != 1 {
		t.Errorf("%d orders from one write", n)
	}
}

// TestReplica reads from the replica, and from the primary what the replica has not yet, or when it is away.
func TestReplica(t *testing.T) {
	w := newWorld(t)
	replica := w.startReplica()
	s := w.run()
	path := s.create("bolt")
	standby := w.connect(w.replicaOn, "orders")
	eventually(t, "the replica has the order", func() bool { return scan[int](t, standby, `SELECT count(*)::int FROM orders`) == 1 })
	w.cache().FlushAll(context.Background())
	s.want(200, path)
	if p, r := reads(w.postgres), reads(replica); p != 0 || r != 1 {
		t.Fatalf("%d reads on the primary, %d on the replica", p, r)
	}

	if _, err := standby.Exec(context.Background(), `SELECT pg_wal_replay_pause()`); err != nil {
		t.Fatal(err)
	}
	late := s.create("nut")
	w.cache().FlushAll(context.Background())
	if body := s.want(200, late); !strings.Contains(body, "nut") {
		t.Errorf("a replica that lags: %s", body)
	}

	replica.freeze()
	eventually(t, "the primary takes over from a replica that does not answer", func() bool {
		w.cache().FlushAll(context.Background())
		codes, _, _ := together(breakerFailures, func(i int) answerTo { return s.get(fmt.Sprintf("/orders/%d", 1+i%2)) })
		return codes[200] == breakerFailures
	})
	replica.thaw()

	w.kill(replica, syscall.SIGQUIT)
	for range 20 {
		w.cache().FlushAll(context.Background())
		s.want(200, path)
	}
	s.create("washer")
	eventually(t, "the metric says that the replica is away", func() bool { return s.metric(`dependency_up{dependency="postgres-replica"}`) == 0 })
	if s.metric(`dependency_up{dependency="postgres"}`) != 1 {
		t.Error("the primary counts as away, too")
	}
}

// TestDatabaseKilled takes PostgreSQL away and gives it back. Nothing restarts and no pod leaves its Service: all of them share it.
func TestDatabaseKilled(t *testing.T) {
	w := newWorld(t)
	s := w.run()
	path := s.create("bolt")
	w.kill(w.postgres, syscall.SIGQUIT)
	s.want(200, path) // from the cache
	w.cache().FlushAll(context.Background())
	for range 10 {
		a := s.get(path)
		if a.code != 503 || a.header.Get("Retry-After") == "" {
			t.Fatalf("%d %s %v", a.code, a.body, a.err)
		}
		s.want(200, "/healthz")
		s.want(200, "/readyz")
	}
	if a := request(client, "POST", s.url+"/orders", `{"item": "bolt", "quantity": 2}`); a.code != 503 {
		t.Errorf("POST: %d %s %v", a.code, a.body, a.err)
	}
	eventually(t, "the metric says that the database is away", func() bool { return s.metric(`dependency_up{dependency="postgres"}`) == 0 })
	w.startPostgres()
	eventually(t, "orders are read again", func() bool { return s.get(path).code == 200 })
	s.create("nut")
	eventually(t, "the metric says that the database is back", func() bool { return s.metric(`dependency_up{dependency="postgres"}`) == 1 })
}

// TestDatabaseCutOff freezes PostgreSQL: connections stay, or are accepted, and nobody answers, as behind a network that swallows
// packets. Requests end in time, and so does the wait for them once the server is back.
func TestDatabaseCutOff(t *testing.T) {
	w := newWorld(t)
	s := w.run()
	path := s.create("bolt")
	w.cache().FlushAll(context.Background())
	w.postgres.freeze()
	for range 2 { // connections that were there, and new ones
		codes, slowest, _ := together(40, func(i int) answerTo { return s.get(fmt.Sprintf("/orders/%d", 100+i)) })
		t.Logf("answers by code: %v; the slowest after %s", codes, slowest.Round(time.Millisecond))
		if codes[503] != 40 || slowest > 3*requestTimeout {
			t.Errorf("answers by code: %v; the slowest after %s", codes, slowest)
		}
		s.want(200, "/healthz")
		s.want(200, "/readyz")
	}
	w.postgres.thaw()
	eventually(t, "orders are read again", func() bool { return s.get(path).code == 200 })
	watch := w.database()
	eventually(t, "given up connections are gone", func() bool { return scan[int](t, watch, connections) <= poolMax(t) })
}

// TestStartsWithoutDependencies starts a pod while all it needs is away: it must be there when they come back.
func TestStartsWithoutDependencies(t *testing.T) {
	w := newWorld(t)
	w.kill(w.postgres, syscall.SIGQUIT)
	w.kill(w.redis, syscall.SIGKILL)
	s := w.run()
	s.want(200, "/readyz")
	s.want(503, "/orders/1")
	w.startPostgres()
	eventually(t, "the database is found", func() bool { return s.get("/orders/1").code == 404 })
}

// TestPasswordRotation changes the password in the server and in the file. The pod goes on, with the connections it has and with new ones.
func TestPasswordRotation(t *testing.T) {
	w := newWorld(t)
	s := w.run("DB_CONN_MAX_LIFETIME=1s") // 5m is too long for a test
	path, watch := s.create("bolt"), w.database()
	for i := range 2 {
		old := scan[time.Time](t, watch, `SELECT now()`)
		password := fmt.Sprintf("new %d", i)
		w.write("orders-db/password", password+"\n")
		w.sql(fmt.Sprintf(`ALTER ROLE %s PASSWORD '%s'`, owner, password))
		eventually(t, "all connections are new", func() bool {
			w.cache().FlushAll(context.Background())
			s.want(200, path)
			var n int
			if err := watch.QueryRow(context.Background(), connections+` AND backend_start < $1`, old).Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n == 0
		})
	}

	// The server is first, the file comes when the kubelet has it: nothing but the wait.
	w.sql(fmt.Sprintf(`ALTER ROLE %s PASSWORD 'first in the server'`, owner))
	w.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'orders%'`)
	w.cache().FlushAll(context.Background())
	s.want(503, path)
	s.want(200, "/readyz")
	w.write("orders-db/password", "first in the server")
	eventually(t, "the new file is read", func() bool { return s.get(path).code == 200 })
	if s.said("first in the server") {
		t.Error("a password is in the log")
	}
}

// TestSlowDatabase makes every query wait: what there is room for waits for a bounded time, the rest is turned away at once, the
// connections stay within the budget, and no query is left behind in the server.
func TestSlowDatabase(t *testing.T) {
	w := newWorld(t)
	s := w.run()
	first := s.create("bolt")
	w.cache().FlushAll(context.Background())
	unlock := w.lock()
	watch := w.database()
	most, stop, watched := 0, make(chan struct{}), make(chan struct{})
	go func() {
		defer close(watched)
		for {
			select {
			case <-stop:
				return
			case <-time.After(5 * time.Millisecond):
				var n int
				if watch.QueryRow(context.Background(), connections).Scan(&n) == nil {
					most = max(most, n)
				}
			}
		}
	}()
	codes, slowest, answers := together(200, func(i int) answerTo { return s.get(fmt.Sprintf("/orders/%d", 1000+i)) })
	close(stop)
	<-watched
	t.Logf("answers by code: %v; the slowest after %s; connections: at most %d", codes, slowest.Round(time.Millisecond), most)
	if codes[503] != 200 {
		t.Errorf("answers by code: %v", codes)
	}
	if slowest > 3*requestTimeout {
		t.Errorf("the slowest took %s", slowest)
	}
	shed := 0
	for _, a := range answers {
		if a.header.Get("Retry-After") == "" {
			t.Fatalf("no Retry-After: %v", a)
		}
		if strings.Contains(a.body, "too many") {
			shed++
		}
	}
	if limit := poolMax(t); most > limit || shed == 0 {
		t.Errorf("%d connections and %d turned away at once; the pool has %d", most, shed, limit)
	}
	if n := s.metric("http_requests_shed_total"); n != float64(shed) {
		t.Errorf("the metric counts %v of %d that were turned away", n, shed)
	}
	eventually(t, "no query is left behind", func() bool { return scan[int](t, watch, waiting) == 0 })
	unlock()
	eventually(t, "orders are read again", func() bool { return s.get(first).code == 200 })
}

// TestPoolHoldsUnderLoad counts in the server how many connections a pod takes at most.
func TestPoolHoldsUnderLoad(t *testing.T) {
	w := newWorld(t)
	s := w.run("DB_CONN_MAX_LIFETIME=1s") // so that connections are replaced under load, too
	watch := w.database()
	eventually(t, "the pool is warm before there is load", func() bool {
		return fmt.Sprint(scan[int](t, watch, connections)) == rendered(t).env["DB_POOL_MIN_IDLE"].Value
	})
	var load sync.WaitGroup
	stop := make(chan struct{})
	var mu sync.Mutex
	codes := map[int]int{}
	for i := range 12 {
		load.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				a := request(client, "POST", s.url+"/orders", `{"item": "bolt", "quantity": 2}`)
				if n%3 == 0 {
					a = s.get(fmt.Sprintf("/orders/%d", 1_000_000+1000*n+i))
				}
				mu.Lock()
				codes[a.code]++
				mu.Unlock()
			}
		})
	}
	most := 0
	for end := time.Now().Add(3 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		most = max(most, scan[int](t, watch, connections))
	}
	close(stop)
	load.Wait()
	t.Logf("answers by code: %v; connections: at most %d of %d", codes, most, poolMax(t))
	if most > poolMax(t) || most < 2 {
		t.Errorf("%d connections, the pool has %d", most, poolMax(t))
	}
	if codes[201] == 0 || codes[500] > 0 || codes[503] > 0 {
		t.Errorf("answers by code: %v", codes)
	}
}
