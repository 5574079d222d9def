package main

import (
	"context"
	"sync"
	"testing"
)

// TestMigrateTwiceAndTogether runs several migrations at the same time on an empty database, and one afterwards.
func TestMigrateTwiceAndTogether(t *testing.T) {
	w := newEmptyWorld(t)
	var all sync.WaitGroup
	for range 4 {
		p := w.start([]string{"migrate"})
		all.Go(func() {
			if code := p.wait(); code != 0 {
				t.Errorf("exit code %d\n%s", code, p.output())
			}
		})
	}
	all.Wait()
	again := w.start([]string{"migrate"})
	if code := again.wait(); code != 0 || again.said("migrated") {
		t.Errorf("again: exit code %d\n%s", code, again.output())
	}
	w.wantSchema()
	w.run().create("bolt")
}

// wantSchema fails the test unless every step was done once, and the index works.
func (w *world) wantSchema() {
	w.t.Helper()
	conn := w.database()
	if n := scan[int](w.t, conn, `SELECT count(*)::int FROM schema_steps`); n != len(steps) {
		w.t.Errorf("%d of %d steps", n, len(steps))
	}
	if n := scan[int](w.t, conn, `SELECT count(*)::int FROM pg_index WHERE indrelid = 'orders'::regclass AND indisvalid`); n != 2 {
		w.t.Errorf("%d valid indexes", n)
	}
	if n := scan[int](w.t, conn, `SELECT count(*)::int FROM pg_index WHERE NOT indisvalid`); n != 0 {
		w.t.Errorf("%d indexes that were not finished", n)
	}
}

// TestMigrateBesideTheOldVersion writes as the version before did, while the schema changes and afterwards.
func TestMigrateBesideTheOldVersion(t *testing.T) {
	w := newEmptyWorld(t)
	old := w.database()
	ctx := context.Background()
	write := `INSERT INTO orders (item, quantity) VALUES ('old', 1)`
	for _, sql := range []string{steps[0].sql, `ALTER TABLE orders OWNER TO ` + owner,
		`CREATE TABLE schema_steps (step int PRIMARY KEY, done_at timestamptz NOT NULL DEFAULT now())`, `ALTER TABLE schema_steps OWNER TO ` + owner,
		`INSERT INTO schema_steps (step) VALUES (1)`, write} {
		if _, err := old.Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	p := w.start([]string{"migrate"})
	writes := 0
	for ; !p.ended(); writes++ {
		if _, err := old.Exec(ctx, write); err != nil {
			t.Fatalf("write %d: %v", writes, err)
		}
	}
	if p.wait() != 0 {
		t.Fatal("the migration failed")
	}
	if _, err := old.Exec(ctx, write); err != nil {
		t.Fatal(err)
	}
	w.wantSchema()
	s := w.run()
	s.want(200, "/orders/1")
	s.create("new")
	if n := scan[int](t, old, `SELECT count(*)::int FROM orders WHERE item = 'old'`); n != writes+2 {
		t.Errorf("%d rows of %d writes", n, writes+2)
	}
}

// TestMigrateWaitsForABusyTable wants a lock that somebody holds to delay the migration only, and not what comes behind it.
func TestMigrateWaitsForABusyTable(t *testing.T) {
	w := newEmptyWorld(t)
	conn, other := w.database(), w.database()
	ctx := context.Background()
	if p := w.start([]string{"migrate"}); p.wait() != 0 {
		t.Fatal("the migration failed")
	}
	for _, sql := range []string{`DROP INDEX orders_request_key`, `ALTER TABLE orders DROP COLUMN request_key`, `DELETE FROM schema_steps WHERE step > 1`,
		`BEGIN`, `SELECT * FROM orders`} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	p := w.start([]string{"migrate"})
	eventually(t, "it gives way", func() bool { return p.said("trying again") })
	if _, err := other.Exec(ctx, `INSERT INTO orders (item, quantity) VALUES ('between', 1)`); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(ctx, `COMMIT`); err != nil {
		t.Fatal(err)
	}
	if code := p.wait(); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	w.wantSchema()
}

// TestMigrateAfterAKill finishes what a migration left that was killed while it built an index.
func TestMigrateAfterAKill(t *testing.T) {
	w := newEmptyWorld(t)
	conn, reader := w.database(), w.database()
	ctx := context.Background()
	if p := w.start([]string{"migrate"}); p.wait() != 0 {
		t.Fatal("the migration failed")
	}
	for _, sql := range []string{`DROP INDEX orders_request_key`, `DELETE FROM schema_steps WHERE step > 2`} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := reader.Exec(ctx, `BEGIN; INSERT INTO orders (item, quantity) VALUES ('long', 1)`); err != nil {
		t.Fatal(err)
	}
	p := w.start([]string{"migrate"})
	invalid := `SELECT count(*)::int FROM pg_index WHERE NOT indisvalid`
	eventually(t, "the index is under way", func() bool { return scan[int](t, conn, invalid) == 1 })
	p.cmd.Process.Kill()
	p.wait()
	w.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'CREATE UNIQUE INDEX%'`)
	if _, err := reader.Exec(ctx, `COMMIT`); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the server has given up", func() bool {
		return scan[int](t, conn, `SELECT count(*)::int FROM pg_locks WHERE locktype = 'advisory'`) == 0
	})
	if n := scan[int](t, conn, invalid); n != 1 {
		t.Fatalf("%d indexes that were not finished: this test shows nothing", n)
	}
	if code := w.start([]string{"migrate"}).wait(); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	w.wantSchema()
}
