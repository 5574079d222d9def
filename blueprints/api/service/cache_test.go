package main

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// cacheTimeout is what the platform gives a cache.
func cacheTimeout(t *testing.T) time.Duration {
	t.Helper()
	d, err := time.ParseDuration(rendered(t).env["CACHE_TIMEOUT"].Value)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestSingleFlight lets 100 clients miss the same order at the same time: the database is asked once.
func TestSingleFlight(t *testing.T) {
	w := newWorld(t)
	s := w.run()
	path := s.create("bolt")
	w.cache().FlushAll(context.Background())
	unlock := w.lock() // until all of them wait
	watch := w.database()
	var unlocked sync.WaitGroup
	unlocked.Go(func() {
		defer unlock()
		for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
			var n int
			if watch.QueryRow(context.Background(), waiting).Scan(&n) == nil && n > 0 {
				time.Sleep(300 * time.Millisecond) // for the slowest of the 100 to arrive; one that comes later finds the cache filled
				return
			}
		}
	})
	codes, _, _ := together(100, func(int) answerTo { return s.get(path) })
	if codes[200] != 100 {
		t.Errorf("answers by code: %v", codes)
	}
	unlocked.Wait()
	if n := reads(w.postgres); n != 1 {
		t.Errorf("%d queries for 100 clients", n)
	}
}

// TestStampede lets a popular entry end again and again under load: each time costs one query.
func TestStampede(t *testing.T) {
	w := newWorld(t)
	s := w.run()
	path := s.create("bolt")
	stop, failed := make(chan struct{}), atomic.Int64{}
	var load sync.WaitGroup
	for range 30 {
		load.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					if s.get(path).code != 200 {
						failed.Add(1)
					}
				}
			}
		})
	}
	const ends = 20
	for range ends {
		before := s.metric(`cache_reads_total{result="hit"}`)
		w.cache().FlushAll(context.Background())
		eventually(t, "the entry is back", func() bool { return s.metric(`cache_reads_total{result="hit"}`) > before })
	}
	close(stop)
	load.Wait()
	if n := reads(w.postgres); n < 1 || n > ends {
		t.Errorf("%d queries after an entry ended %d times", n, ends)
	}
	if failed.Load() > 0 {
		t.Errorf("%d requests failed", failed.Load())
	}
}

// TestNewOrderBeatsNone creates an order that the cache still says there is not.
func TestNewOrderBeatsNone(t *testing.T) {
	w := newWorld(t)
	s := w.run()
	s.want(404, "/orders/1") // kept as "none"
	if path := s.create("bolt"); path != "/orders/1" {
		t.Fatalf("the first order is %s", path)
	}
	s.want(200, "/orders/1")

	// A lookup that found nothing before the order was there, and says so afterwards.
	c := openCache(cacheConfig{address: "127.0.0.1:" + w.redisPort, passwordFile: w.secrets + "/cache/password", timeout: patience}, newMetrics())
	defer c.close()
	c.put(context.Background(), order{ID: 5, Item: "nut", Quantity: 1})
	c.putNone(context.Background(), 5)
	if o, found, err := c.get(context.Background(), 5); !found || err != nil || o.Item != "nut" {
		t.Errorf("%v %v %v", o, found, err)
	}
}

// TestTimesToLiveDiffer wants the entries of one moment to end at different ones, within what the platform says.
func TestTimesToLiveDiffer(t *testing.T) {
	w := newWorld(t)
	s := w.run()
	ctx, lives, jitter := context.Background(), map[time.Duration]bool{}, 0.1
	if _, err := fmt.Sscan(rendered(t).env["CACHE_TTL_JITTER"].Value, &jitter); err != nil || jitter <= 0 {
		t.Fatalf("CACHE_TTL_JITTER: %v %v", jitter, err)
	}
	for range 50 {
		s.create("bolt")
	}
	keys, err := w.cache().Keys(ctx, "orders:v1:*").Result()
	if err != nil || len(keys) != 50 {
		t.Fatalf("%d keys, %v", len(keys), err)
	}
	spread := time.Duration(jitter * float64(timeToLive))
	for _, key := range keys {
		d := w.cache().PTTL(ctx, key).Val()
		lives[d.Round(time.Second)] = true
		if d > timeToLive+spread || d < timeToLive-spread-patience {
			t.Errorf("an entry lives for %s", d)
		}
	}
	if len(lives) < 10 {
		t.Errorf("50 entries end in %d different seconds", len(lives))
	}
}

// TestUnreadableEntry reads an entry that is damaged from the database instead, and replaces it.
func TestUnreadableEntry(t *testing.T) {
	w := newWorld(t)
	s := w.run()
	path := s.create("bolt")
	if err := w.cache().Set(context.Background(), key(1), "{", 0).Err(); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		s.want(200, path)
	}
	if n := reads(w.postgres); n != 1 {
		t.Errorf("%d queries", n)
	}
}

// TestCacheKilled takes Redis away. Every order is still read, and the database gets no more at a time than it has room for.
func TestCacheKilled(t *testing.T) {
	w := newWorld(t)
	s := w.run()
	var paths []string
	for i := range 100 {
		paths = append(paths, s.create(fmt.Sprint("bolt ", i)))
	}
	w.kill(w.redis, syscall.SIGKILL)
	for _, path := range paths {
		s.want(200, path)
	}
	s.create("nut")
	if s.metric(`cache_reads_total{result="error"}`) == 0 || s.metric(`cache_reads_total{result="miss"}`) > 0 {
		t.Error("errors count as misses")
	}
	if skipped := s.metric(`cache_reads_total{result="skipped"}`); skipped < 50 {
		t.Errorf("only %v of 100 lookups were spared", skipped)
	}

	unlock := w.lock()
	codes, slowest, _ := together(100, func(i int) answerTo { return s.get(paths[i]) })
	t.Logf("no cache and a slow database: %v, the slowest after %s", codes, slowest.Round(time.Millisecond))
	if codes[503] != 100 || slowest > 3*requestTimeout {
		t.Errorf("%v, the slowest after %s", codes, slowest)
	}
	unlock()
	s.want(200, "/readyz")
	eventually(t, "the metric says that the cache is away", func() bool { return s.metric(`dependency_up{dependency="redis"}`) == 0 })

	w.startRedis()
	eventually(t, "the cache is used again", func() bool {
		before := s.metric(`cache_reads_total{result="hit"}`)
		s.want(200, paths[0])
		return s.metric(`cache_reads_total{result="hit"}`) > before
	})
}

// TestCacheHangs stops Redis so that it accepts connections and never answers: the worst way to be away.
func TestCacheHangs(t *testing.T) {
	w := newWorld(t)
	s := w.run()
	var paths []string
	for i := range 60 {
		paths = append(paths, s.create(fmt.Sprint("bolt ", i)))
	}
	w.redis.signal(syscall.SIGSTOP)
	began, slowest, timeout := time.Now(), time.Duration(0), cacheTimeout(t)
	skipped := s.metric(`cache_reads_total{result="skipped"}`)
	for _, path := range paths {
		a := s.get(path)
		if a.code != 200 {
			t.Fatalf("%d %s %v", a.code, a.body, a.err)
		}
		slowest = max(slowest, a.took)
	}
	took := time.Since(began)
	t.Logf("60 reads beside a cache that hangs: %s, the slowest %s; the timeout is %s", took.Round(time.Millisecond), slowest.Round(time.Millisecond), timeout)
	if slowest < timeout/2 {
		t.Errorf("the cache did not hang: the slowest read took %s", slowest)
	}
	if slowest > 2*timeout+4*time.Second { // one lookup and one write, and a slow machine
		t.Errorf("the slowest read took %s", slowest)
	}
	if skipped = s.metric(`cache_reads_total{result="skipped"}`) - skipped; skipped < 30 {
		t.Errorf("the breaker spared only %v of 60 reads the wait", skipped)
	}
	w.redis.signal(syscall.SIGCONT)
	eventually(t, "the cache is used again", func() bool {
		before := s.metric(`cache_reads_total{result="hit"}`)
		s.want(200, paths[0])
		return s.metric(`cache_reads_total{result="hit"}`) > before
	})
}
