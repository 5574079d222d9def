package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// A step changes the schema so that the version before still works on it: both run at the same time during a rollout, and a rollback
// needs no way back. What is to go is removed by a later release, when nothing uses it any more.
type step struct {
	sql        string
	concurrent string // name of the index that sql makes CONCURRENTLY, in no transaction; else empty
}

// steps are only ever added to. The number of a step is its place.
var steps = []step{
	{sql: `CREATE TABLE orders (
		id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
		item       text NOT NULL,
		quantity   int NOT NULL CHECK (quantity > 0),
		created_at timestamptz NOT NULL DEFAULT now())`},
	// No default and no NOT NULL: the version before writes rows without it.
	{sql: `ALTER TABLE orders ADD COLUMN request_key text`},
	// A plain CREATE INDEX would stop all writes for as long as it takes.
	{sql: `CREATE UNIQUE INDEX CONCURRENTLY orders_request_key ON orders (request_key)`, concurrent: "orders_request_key"},
}

const (
	migrationLock = 7331601 // advisory: one migration at a time; any number that no other program takes in this database
	lockTimeout   = "2s"    // for the lock on a table: whoever waits for it stops all queries that come after
	lockTries     = 30
	retryPause    = time.Second
)

// migrate brings the schema to the newest step. It may run twice, or several at a time, or be killed anywhere and start again.
func migrate(ctx context.Context, c dbConfig) error {
	conn, err := connect(ctx, c)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if err := alone(ctx, conn); err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, `CREATE TABLE IF NOT EXISTS schema_steps (step int PRIMARY KEY, done_at timestamptz NOT NULL DEFAULT now())`); err != nil {
		return err
	}
	var done int
	if err := conn.QueryRow(ctx, `SELECT coalesce(max(step), 0) FROM schema_steps`).Scan(&done); err != nil {
		return err
	}
	for ; done < len(steps); done++ { // a newer version than this one may have done more
		if err := retry(ctx, func() error { return apply(ctx, conn, done+1, steps[done]) }); err != nil {
			return fmt.Errorf("step %d: %w", done+1, err)
		}
		slog.Info("migrated", "step", done+1)
	}
	return nil
}

func connect(ctx context.Context, c dbConfig) (*pgx.Conn, error) {
	cc, err := pgx.ParseConfig(connectionURL(c, c.host, c.application))
	if err != nil {
		return nil, err
	}
	if cc.Password, err = secret(c.passwordFile); err != nil {
		return nil, err
	}
	return pgx.ConnectConfig(ctx, cc)
}

// alone waits until no other migration runs. It asks again and again instead of waiting in the server: CREATE INDEX CONCURRENTLY
// of the other one waits for all statements that have begun, so that the two would wait for each other.
func alone(ctx context.Context, conn *pgx.Conn) error {
	for {
		var locked bool
		if err := conn.QueryRow(ctx, `SELECT pg_try_advisory_lock($1)`, migrationLock).Scan(&locked); err != nil || locked {
			return err
		}
		if err := pause(ctx); err != nil {
			return err
		}
	}
}

func apply(ctx context.Context, conn *pgx.Conn, number int, s step) error {
	if s.concurrent != "" {
		// An index that was not finished the last time is there, invalid, and costs every write.
		if _, err := conn.Exec(ctx, `DROP INDEX CONCURRENTLY IF EXISTS `+pgx.Identifier{s.concurrent}.Sanitize()); err != nil {
			return err
		}
		if _, err := conn.Exec(ctx, s.sql); err != nil {
			return err
		}
		_, err := conn.Exec(ctx, `INSERT INTO schema_steps (step) VALUES ($1)`, number)
		return err
	}
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SET LOCAL lock_timeout = '`+lockTimeout+`'`); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, s.sql); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `INSERT INTO schema_steps (step) VALUES ($1)`, number)
		return err
	})
}

// retry tries again what failed because a table was in use.
func retry(ctx context.Context, f func() error) error {
	for try := 1; ; try++ {
		err := f()
		var server *pgconn.PgError
		if !errors.As(err, &server) || server.Code != "55P03" || try == lockTries {
			return err
		}
		slog.Warn("the table is in use: trying again", "try", try)
		if err := pause(ctx); err != nil {
			return err
		}
	}
}

func pause(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(retryPause):
		return nil
	}
}
