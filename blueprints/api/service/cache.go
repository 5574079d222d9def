package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
	"golang.org/x/sync/singleflight"
)

const (
	timeToLive     = 5 * time.Minute
	timeToLiveNone = 5 * time.Second // of "there is no such order": an id that is asked again and again costs one query in this time
	flightTimeout  = 4 * time.Second // of one lookup for all who wait for it: queryTimeout, and the cache twice
)

var none = []byte("-") // an entry for what does not exist; no JSON begins like this

// A cache makes reads fast, and is never the reason why one fails. When Redis is slow or away, the database answers what it has room
// for: its limiter turns the rest away.
type cache struct {
	client  *redis.Client
	config  cacheConfig
	breaker breaker
	flights singleflight.Group
	metrics *metrics
}

func openCache(c cacheConfig, m *metrics) *cache {
	redis.SetLogger(redisLog{})
	return &cache{config: c, metrics: m, client: redis.NewClient(&redis.Options{
		Addr:      c.address,
		TLSConfig: c.tls,
		CredentialsProviderContext: func(context.Context) (user, password string, err error) { // for each new connection
			password, err = secret(c.passwordFile)
			return "", password, err
		},
		DialTimeout:              c.timeout,
		ContextTimeoutEnabled:    true, // one timeout for a call with all its parts: see call
		MaxRetries:               -1,   // the database is the other try
		DialerRetries:            1,
		DisableIdentity:          true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	})}
}

// redisLog takes what the driver has to say into the log of the service, which is JSON.
type redisLog struct{}

func (redisLog) Printf(_ context.Context, format string, values ...any) {
	slog.Warn("redis", "error", fmt.Sprintf(format, values...))
}

func (c *cache) close() error { return c.client.Close() }

// The version in a key changes with the encoding: during a rollout, old and new pods read only what they understand.
func key(id int64) string { return "orders:v1:" + strconv.FormatInt(id, 10) }

// order returns an order from the cache, else from load. All who ask for one order at the same time share one lookup, which goes on
// when the first of them leaves.
func (c *cache) order(ctx context.Context, id int64, load func(context.Context, int64) (order, error)) (order, error) {
	flight := c.flights.DoChan(key(id), func() (_ any, err error) {
		// A panic here would be in no request's goroutine, and end the process.
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("panic: %v", p)
			}
		}()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), flightTimeout)
		defer cancel()
		if o, found, err := c.get(ctx, id); found {
			return o, err
		}
		o, err := load(ctx, id)
		switch {
		case err == nil:
			c.put(ctx, o)
		case errors.Is(err, errNotFound):
			c.putNone(ctx, id)
		}
		return o, err
	})
	select {
	case r := <-flight:
		o, _ := r.Val.(order)
		return o, r.Err
	case <-ctx.Done():
		return order{}, ctx.Err()
	}
}

// get reports what the cache knows: an order, or that there is none (found, with errNotFound). What it can't answer is not found.
func (c *cache) get(ctx context.Context, id int64) (o order, found bool, err error) {
	var text []byte
	err = c.call(ctx, func(ctx context.Context) (err error) {
		text, err = c.client.Get(ctx, key(id)).Bytes()
		return err
	})
	result := "hit"
	switch {
	case errors.Is(err, redis.Nil):
		result = "miss"
	case errors.Is(err, errSkipped):
		result = "skipped"
	case err != nil:
		result = "error"
	case bytes.Equal(text, none):
		found, err = true, errNotFound
	default:
		if err = json.Unmarshal(text, &o); err != nil {
			result = "error" // the entry is overwritten with what the database says
			slog.Warn("unreadable cache entry", "key", key(id), "error", err)
		}
		found = err == nil
	}
	c.metrics.cacheReads.WithLabelValues(result).Inc()
	return o, found, err
}

// put keeps an order. When that fails, the next reader asks the database again: nothing is wrong, only slower.
func (c *cache) put(ctx context.Context, o order) {
	text, err := json.Marshal(o)
	if err == nil {
		err = c.call(ctx, func(ctx context.Context) error {
			return c.client.Set(ctx, key(o.ID), text, c.jittered(timeToLive)).Err()
		})
	}
	c.wrote(err)
}

// putNone never replaces an order: one that was created since the database was asked is there already.
func (c *cache) putNone(ctx context.Context, id int64) {
	c.wrote(c.call(ctx, func(ctx context.Context) error {
		return c.client.SetArgs(ctx, key(id), none, redis.SetArgs{Mode: "NX", TTL: c.jittered(timeToLiveNone)}).Err()
	}))
}

func (c *cache) wrote(err error) {
	if err != nil && !errors.Is(err, redis.Nil) && !errors.Is(err, errSkipped) {
		c.metrics.cacheWriteErrors.Inc()
	}
}

var errSkipped = errors.New("the cache has just failed several times")

// call runs f with the cache's timeout, unless the breaker says that it is pointless. redis.Nil is an answer, every other error a failure.
func (c *cache) call(ctx context.Context, f func(context.Context) error) error {
	if !c.breaker.allow() {
		return errSkipped
	}
	// Whether the client waits is no matter: that it left must not look like a failure of Redis.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.config.timeout)
	defer cancel()
	err := f(ctx)
	c.breaker.done(err == nil || errors.Is(err, redis.Nil))
	return err
}

func (c *cache) ping(ctx context.Context) error {
	return c.call(ctx, func(ctx context.Context) error { return c.client.Ping(ctx).Err() })
}

// jittered moves a time to live by up to the configured part, up or down: entries of one moment must not end in one moment.
func (c *cache) jittered(d time.Duration) time.Duration {
	return time.Duration(float64(d) * (1 + c.config.jitter*(2*rand.Float64()-1)))
}
