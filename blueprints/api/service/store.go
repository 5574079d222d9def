package main

import (
	"context"
	"errors"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	connectTimeout = 2 * time.Second
	queryTimeout   = 3 * time.Second // with the wait for a connection; the driver then cancels the query in the server, too
)

var errNotFound = errors.New("not found")

// An order never changes. Data that does is deleted from the cache after each write.
type order struct {
	ID       int64  `json:"id"`
	Item     string `json:"item"`
	Quantity int32  `json:"quantity"`
}

// store is the database: the primary takes writes, its replicas reads.
type store struct {
	primary *database
	replica *database // nil: there are none
	breaker breaker   // of the replica
}

// A database is one pool, and a bound on who may wait for it.
type database struct {
	pool  *pgxpool.Pool
	limit limiter
}

func openStore(c dbConfig, m *metrics) (*store, error) {
	primary, err := openDatabase(c, c.host, c.application)
	if err != nil {
		return nil, err
	}
	m.watchPool("primary", primary.pool)
	s := &store{primary: primary}
	if c.readHost != "" {
		if s.replica, err = openDatabase(c, c.readHost, c.application+"-read"); err != nil {
			return nil, err
		}
		m.watchPool("replica", s.replica.pool)
	}
	return s, nil
}

// openDatabase connects in the background: a database that is away now must not keep the process from starting.
func openDatabase(c dbConfig, host, application string) (*database, error) {
	p, err := pgxpool.ParseConfig(connectionURL(c, host, application))
	if err != nil {
		return nil, err
	}
	p.MaxConns, p.MinIdleConns = c.poolMax, c.poolMinIdle
	p.MaxConnLifetime = c.maxLifetime
	p.MaxConnLifetimeJitter = c.maxLifetime / 10 // the connections of a fleet that started at once don't end at once
	p.BeforeConnect = func(_ context.Context, cc *pgx.ConnConfig) (err error) {
		cc.Password, err = secret(c.passwordFile)
		return err
	}
	p.ConnConfig.ConnectTimeout = connectTimeout
	// A prepared statement lives in one server connection; behind a pooler the next transaction has another.
	p.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeExec
	pool, err := pgxpool.NewWithConfig(context.Background(), p)
	return &database{pool: pool, limit: make(limiter, 2*c.poolMax)}, err // as many wait as work
}

// connectionURL says about TLS what the platform does; else PGSSLMODE and PGSSLROOTCERT count, and the driver prefers TLS.
func connectionURL(c dbConfig, host, application string) string {
	u := url.URL{Scheme: "postgres", User: url.User(c.user), Host: net.JoinHostPort(host, c.port), Path: c.database}
	q := url.Values{"application_name": {application}}
	if c.tls != "" {
		q.Set("sslmode", c.tls)
	}
	if c.caFile != "" {
		q.Set("sslrootcert", c.caFile)
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// query runs f within the bounds of the pool and of time.
func (d *database) query(ctx context.Context, f func(context.Context) error) error {
	return d.limit.do(func() error {
		ctx, cancel := context.WithTimeout(ctx, queryTimeout)
		defer cancel()
		return f(ctx)
	})
}

// get reads from a replica. What that doesn't have is asked of the primary, because replicas lag. A replica that can't be reached, or
// fails again and again, is replaced by the primary as well: its pool and limiter are those of every day, so that an outage of the
// replica costs reads when there are too many, but never the primary. A slow answer alone doesn't move load there.
func (s *store) get(ctx context.Context, id int64) (order, error) {
	if s.replica != nil && s.breaker.allow() {
		o, err := s.replica.get(ctx, id)
		if !errors.Is(err, errBusy) { // nobody was asked
			s.breaker.done(!unavailable(err))
		}
		if err == nil || !errors.Is(err, errNotFound) && !unreachable(err) {
			return o, err
		}
	}
	return s.primary.get(ctx, id)
}

func (d *database) get(ctx context.Context, id int64) (o order, err error) {
	err = d.query(ctx, func(ctx context.Context) error {
		return d.pool.QueryRow(ctx, `SELECT id, item, quantity FROM orders WHERE id = $1`, id).Scan(&o.ID, &o.Item, &o.Quantity)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		err = errNotFound
	}
	return o, err
}

// create may be called again with the same key after any error, also one that hides a commit: it returns the order that there is.
// Without a key, each call is another order.
func (s *store) create(ctx context.Context, key *string, o order) (order, error) {
	err := s.primary.query(ctx, func(ctx context.Context) error {
		return s.primary.pool.QueryRow(ctx, `
			INSERT INTO orders (request_key, item, quantity) VALUES ($1, $2, $3)
			ON CONFLICT (request_key) DO UPDATE SET request_key = excluded.request_key
			RETURNING id, item, quantity`, key, o.Item, o.Quantity).Scan(&o.ID, &o.Item, &o.Quantity)
	})
	return o, err
}

func (d *database) ping(ctx context.Context) error { return d.pool.Ping(ctx) }

func (s *store) close() {
	s.primary.pool.Close()
	if s.replica != nil {
		s.replica.pool.Close()
	}
}

// unreachable reports whether the server was not there to ask, so that the question can go to another.
func unreachable(err error) bool {
	var connecting *pgconn.ConnectError
	var server *pgconn.PgError
	switch {
	case err == nil, errors.Is(err, errNotFound), errors.Is(err, errBusy):
		return false
	case errors.As(err, &connecting):
		return true
	case errors.As(err, &server):
		// Classes of SQLSTATE: connection exceptions, too many connections, shutting down or starting.
		return strings.HasPrefix(server.Code, "08") || server.Code == "53300" || strings.HasPrefix(server.Code, "57P")
	default: // the connection broke, unless nobody waits any more
		return !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, context.Canceled)
	}
}

// unavailable reports whether the database is the reason, not the request: the same request may well succeed later.
func unavailable(err error) bool {
	var server *pgconn.PgError
	return unreachable(err) || errors.Is(err, context.DeadlineExceeded) || errors.As(err, &server) && server.Code == "57014"
}
