// Command orders is a small API that keeps every promise which Scantling makes about it: probes, a graceful end, pools, a cache that
// may fail, metrics. Copy it, and replace what knows orders.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"
)

// Times of the end. Scantling gives the pod sleep + health.drain + 5s: first the preStop sleep, in which routes to this pod vanish
// while nothing here has changed, then SIGTERM. These two have to fit into health.drain + 5s.
const (
	// lameDuck is how long answers after SIGTERM still carry "Connection: close". A client that keeps connections alive ends them
	// by itself then; one closed from here could be in use at this very moment, and its request would be lost.
	lameDuck = 2 * time.Second
	drain    = 15 * time.Second // for requests in flight: health.drain
)

func main() {
	slog.SetDefault(slog.New(slog.NewJSONHandler(os.Stdout, nil)).With("pod", os.Getenv("POD_NAME")))
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	os.Exit(run(os.Args[1:], signals))
}

// run returns the exit code: 0 is a graceful end, 1 a failure, 2 a wrong configuration or usage.
func run(args []string, signals <-chan os.Signal) int {
	if len(args) > 1 || len(args) == 1 && args[0] != "migrate" {
		slog.Error("usage: orders [migrate]")
		return 2
	}
	c, err := loadConfig(os.Getenv)
	if err != nil {
		for _, problem := range err.(interface{ Unwrap() []error }).Unwrap() {
			slog.Error("wrong configuration", "error", problem)
		}
		return 2
	}
	if len(args) == 1 {
		err = migrateUntil(c.db, signals)
	} else {
		err = serve(c, signals)
	}
	if err != nil {
		slog.Error("failed", "error", err)
		return 1
	}
	return 0
}

func migrateUntil(c dbConfig, signals <-chan os.Signal) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		<-signals
		cancel()
	}()
	return migrate(ctx, c)
}

// serve answers requests until the first signal, then ends gracefully; a second signal ends it at once.
func serve(c config, signals <-chan os.Signal) error {
	m := newMetrics()
	store, err := openStore(c.db, m)
	if err != nil {
		return err
	}
	cache := openCache(c.cache, m)
	background, stop := context.WithCancel(context.Background())
	defer stop()
	go watchDependencies(background, m, store, cache)

	state := new(state)
	server := newServer(api{store: store, cache: cache}, m, state)
	listener, err := net.Listen("tcp", c.listen)
	if err != nil {
		return err
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	state.ready.Store(true) // whatever the database does: see the README
	slog.Info("listening", "address", listener.Addr().String())

	select {
	case err := <-failed:
		return err
	case <-signals:
	}
	slog.Info("shutting down")
	go func() {
		<-signals
		slog.Error("second signal: not waiting for requests in flight")
		os.Exit(1)
	}()
	state.ready.Store(false)
	state.closing.Store(true)
	time.Sleep(lameDuck)
	ctx, cancel := context.WithTimeout(context.Background(), drain)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		return errors.Join(fmt.Errorf("requests are still in flight after %s: %w", drain, err), server.Close())
	}
	stop()
	store.close() // only now: requests in flight needed it
	if err := cache.close(); err != nil {
		slog.Warn("closing the cache", "error", err)
	}
	slog.Info("ended")
	return nil
}

// state is what the process knows about itself.
type state struct {
	ready   atomic.Bool
	closing atomic.Bool // from SIGTERM on
}

// newServer has limits for every phase of a request: a client that is slow on purpose holds nothing for long.
func newServer(a api, m *metrics, s *state) *http.Server {
	return &http.Server{
		Handler:           routes(a, m, s),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       8 * time.Second,
		WriteTimeout:      13 * time.Second, // from the end of the header: ReadTimeout's rest + requestTimeout; less than drain
		IdleTimeout:       65 * time.Minute, // Envoy keeps idle connections for an hour: were this shorter, it could be using one that is closed here
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(slog.Default().Handler(), slog.LevelWarn),
	}
}
