package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// TestWrongConfiguration wants every mistake at once, and exit code 2.
func TestWrongConfiguration(t *testing.T) {
	w := &world{t: t, secrets: directory(t), port: "1", redisPort: "1"}
	p := w.start([]string{"DB_HOST=", "DB_PORT=70000", "DB_POOL_MAX=none", "CACHE_TTL_JITTER=3", "CACHE_TIMEOUT=250"})
	if code := p.wait(); code != 2 {
		t.Errorf("exit code %d", code)
	}
	for _, name := range []string{"DB_HOST is not set", "DB_PORT", "DB_POOL_MAX", "DB_PASSWORD_FILE", "CACHE_TTL_JITTER", "CACHE_TIMEOUT", "CACHE_PASSWORD_FILE"} {
		if !p.said(name) {
			t.Errorf("nothing about %s:\n%s", name, p.output())
		}
	}
	if code := w.start([]string{"migrat"}).wait(); code != 2 {
		t.Errorf("a wrong command: exit code %d", code)
	}
}

// TestMetricsBeforeTheFirstRequest wants the series of errors to be there before there are any.
func TestMetricsBeforeTheFirstRequest(t *testing.T) {
	w := newWorld(t)
	s := w.run()
	for _, series := range []string{
		`http_requests_total{code="500",method="GET",route="/orders/{id}"}`,
		`http_requests_total{code="503",method="GET",route="/orders/{id}"}`,
		`http_requests_total{code="200",method="GET",route="/orders/{id}"}`,
		`http_requests_total{code="500",method="POST",route="/orders"}`,
		`http_requests_total{code="503",method="POST",route="/orders"}`,
		`http_request_duration_seconds_count{code="200",method="GET",route="/orders/{id}"}`,
		`http_request_duration_seconds_bucket{code="200",method="GET",route="/orders/{id}",le="0.25"}`, // the spec's slo
		`cache_reads_total{result="error"}`, `cache_write_errors_total`, `http_requests_shed_total`,
	} {
		if v := s.metric(series); v != 0 {
			t.Errorf("%s is %v", series, v)
		}
	}
	for range 3 {
		s.want(200, "/healthz")
		s.want(200, "/readyz")
	}
	s.create("bolt")
	s.want(404, "/orders/77")
	for series, want := range map[string]float64{
		`http_requests_total{code="201",method="POST",route="/orders"}`:                 1,
		`http_requests_total{code="404",method="GET",route="/orders/{id}"}`:             1,
		`http_request_duration_seconds_count{code="201",method="POST",route="/orders"}`: 1,
		`http_requests_total{code="200",method="GET",route="/healthz"}`:                 -1, // probes are no traffic
		`db_pool_connections_max{pool="primary"}`:                                       float64(poolMax(t)),
	} {
		if v := s.metric(series); v != want {
			t.Errorf("%s is %v, want %v", series, v, want)
		}
	}
}

// TestShutdownLosesNothing ends the service under load, with slow requests under way: each of them is answered.
func TestShutdownLosesNothing(t *testing.T) {
	w := newWorld(t)
	s := w.run()
	path := s.create("bolt")
	unlock := w.lock()
	watch := w.database()
	var slow, load sync.WaitGroup
	var failures, answered atomic.Int64
	check := func(a answerTo, want int) {
		answered.Add(1)
		if a.err != nil || a.code != want {
			failures.Add(1)
			t.Errorf("%d %s %v", a.code, a.body, a.err)
		}
	}
	for range poolMax(t) {
		slow.Go(func() { check(request(newClient(), "POST", s.url+"/orders", `{"item": "slow", "quantity": 1}`), 201) })
	}
	eventually(t, "slow requests are under way", func() bool { return scan[int](t, watch, waiting) == poolMax(t) })
	// One client is still sending its request when the program stops listening.
	body, rest := io.Pipe()
	slow.Go(func() {
		r, err := http.NewRequest("POST", s.url+"/orders", body)
		if err != nil {
			t.Error(err)
			return
		}
		check(do(newClient(), r), 201)
	})
	if _, err := io.WriteString(rest, `{"item": "slow", `); err != nil {
		t.Fatal(err)
	}
	// Each client goes on over one connection until an answer asks it to leave. Then it goes elsewhere, as all new ones did since the
	// preStop sleep began.
	for range 20 {
		load.Go(func() {
			c := newClient()
			for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
				a := request(c, "GET", s.url+path, "")
				check(a, 200)
				if a.err != nil || a.header.Get("Connection") == "close" {
					return
				}
			}
			t.Error("a client was never asked to leave")
		})
	}
	eventually(t, "there is load", func() bool { return answered.Load() > 200 })
	began := time.Now()
	s.signal(syscall.SIGTERM)
	eventually(t, "the pod is not ready", func() bool { a := request(newClient(), "GET", s.url+"/readyz", ""); return a.code == 503 })
	if s.ended() {
		t.Fatal("it ended before its requests")
	}
	load.Wait()
	unlock()
	eventually(t, "it stops listening", func() bool { return request(newClient(), "GET", s.url+"/healthz", "").err != nil })
	if _, err := io.WriteString(rest, `"quantity": 1}`); err != nil {
		t.Error(err)
	}
	rest.Close()
	slow.Wait()
	if code := s.wait(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	t.Logf("%d requests, %d failures, ended after %s", answered.Load(), failures.Load(), time.Since(began).Round(time.Millisecond))
	if took := time.Since(began); took > lameDuck+drain {
		t.Errorf("the end took %s", took)
	}
	eventually(t, "no connection is left", func() bool { return scan[int](t, watch, connections) == 0 })
}

// TestSecondSignal ends the service at once although a request is under way.
func TestSecondSignal(t *testing.T) {
	w := newWorld(t)
	s := w.run()
	defer w.lock()()
	watch := w.database()
	go s.get("/orders/1")
	eventually(t, "a request is under way", func() bool { return scan[int](t, watch, waiting) == 1 })
	s.signal(syscall.SIGTERM)
	eventually(t, "it begins to end", func() bool { return s.said("shutting down") })
	s.signal(syscall.SIGTERM)
	if code := s.wait(); code != 1 || !s.said("second signal") {
		t.Errorf("exit code %d\n%s", code, s.output())
	}
}

// TestPanicIsCounted wants a panic to be an answer and an error in the metrics, and nothing about it in the answer.
func TestPanicIsCounted(t *testing.T) {
	m := newMetrics()
	h := observed(m, new(state), "GET", "/x", func(http.ResponseWriter, *http.Request) error { panic("secret detail") })
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/x", nil))
	if w.Code != 500 || strings.Contains(w.Body.String(), "secret") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	scraped := httptest.NewRecorder()
	m.handler().ServeHTTP(scraped, httptest.NewRequest("GET", "/metrics", nil))
	if !strings.Contains(scraped.Body.String(), `http_requests_total{code="500",method="GET",route="/x"} 1`) {
		t.Errorf("not counted:\n%s", scraped.Body)
	}
}

// TestPanicInLookup wants a panic in a lookup that many share to end none of them but with an error.
func TestPanicInLookup(t *testing.T) {
	c := openCache(cacheConfig{address: "127.0.0.1:1", timeout: time.Millisecond}, newMetrics())
	_, err := c.order(context.Background(), 1, func(context.Context, int64) (order, error) { panic("oh") })
	if err == nil || !strings.Contains(err.Error(), "oh") {
		t.Errorf("error: %v", err)
	}
}

// TestLookupOutlivesItsFirstClient wants the others to get the answer when the client leaves whose request began the lookup.
func TestLookupOutlivesItsFirstClient(t *testing.T) {
	c := openCache(cacheConfig{address: "127.0.0.1:1", timeout: time.Millisecond}, newMetrics())
	began, finish := make(chan struct{}), make(chan struct{})
	var once sync.Once
	load := func(ctx context.Context, id int64) (order, error) {
		once.Do(func() { close(began) })
		<-finish
		return order{ID: id}, ctx.Err()
	}
	ctx, leave := context.WithCancel(context.Background())
	first, second := make(chan error, 1), make(chan error, 1)
	go func() { _, err := c.order(ctx, 1, load); first <- err }()
	<-began
	go func() { _, err := c.order(context.Background(), 1, load); second <- err }()
	leave()
	if err := <-first; !errors.Is(err, context.Canceled) {
		t.Errorf("the first: %v", err)
	}
	time.Sleep(100 * time.Millisecond) // for the second to join
	close(finish)
	if err := <-second; err != nil {
		t.Errorf("the second: %v", err)
	}
}

// TestBusyIsNoAnswer wants a replica that nobody could ask to count neither as well nor as away.
func TestBusyIsNoAnswer(t *testing.T) {
	s := store{replica: &database{limit: make(limiter)}} // room for none
	s.breaker.failures = breakerFailures - 1
	if _, err := s.get(context.Background(), 1); !errors.Is(err, errBusy) || s.breaker.failures != breakerFailures-1 {
		t.Errorf("%v, failures: %d", err, s.breaker.failures)
	}
}

// TestBreaker walks through an outage.
func TestBreaker(t *testing.T) {
	var b breaker
	for range breakerFailures {
		if !b.allow() {
			t.Fatal("open before the failures")
		}
		b.done(false)
	}
	if b.allow() {
		t.Error("closed after the failures")
	}
	b.until = time.Now()
	if !b.allow() || b.allow() {
		t.Error("after a pause one caller may try, and only one")
	}
	b.done(true)
	for range 2 {
		if !b.allow() {
			t.Error("open after a success")
		}
	}
}
