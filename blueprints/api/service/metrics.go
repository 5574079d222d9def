package main

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

const watchEvery = 5 * time.Second

// metrics are what alerts, dashboards, canaries and autoscaling read. The names and labels of the first two are the contract.
type metrics struct {
	registry         *prometheus.Registry
	requests         *prometheus.CounterVec
	durations        *prometheus.HistogramVec
	shed             prometheus.Counter
	cacheReads       *prometheus.CounterVec
	cacheWriteErrors prometheus.Counter
	up               *prometheus.GaugeVec
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "http_requests_total", Help: "Answered requests."}, []string{"code", "method", "route"}),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "http_request_duration_seconds", Help: "Time until the answer was written.",
			Buckets: prometheus.DefBuckets, // the spec's metrics.buckets, and Prometheus' own without it
		}, []string{"code", "method", "route"}),
		shed: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "http_requests_shed_total", Help: "Requests turned away because the database had no room."}),
		cacheReads: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "cache_reads_total", Help: "Lookups: hit, miss, error, or skipped after several errors."}, []string{"result"}),
		cacheWriteErrors: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "cache_write_errors_total", Help: "Entries that could not be kept."}),
		up: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "dependency_up", Help: "Whether the last check of a dependency succeeded."}, []string{"dependency"}),
	}
	m.registry.MustRegister(m.requests, m.durations, m.shed, m.cacheReads, m.cacheWriteErrors, m.up,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	for _, result := range []string{"hit", "miss", "error", "skipped"} {
		m.cacheReads.WithLabelValues(result)
	}
	return m
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{Registry: m.registry})
}

// expect makes the series of a route before its first request. rate() sees how much a series grew, not that it was born at 5: the
// errors of the first outage would be missing, and so would its alert.
func (m *metrics) expect(method, route string, codes ...int) {
	for _, code := range codes {
		m.requests.WithLabelValues(strconv.Itoa(code), method, route)
		m.durations.WithLabelValues(strconv.Itoa(code), method, route)
	}
}

func (m *metrics) observe(code int, method, route string, took time.Duration) {
	m.requests.WithLabelValues(strconv.Itoa(code), method, route).Inc()
	m.durations.WithLabelValues(strconv.Itoa(code), method, route).Observe(took.Seconds())
}

// watchPool shows a pool's connections: how many it may have, has, and has in use; and how long requests waited for one.
func (m *metrics) watchPool(name string, pool *pgxpool.Pool) {
	labels := prometheus.Labels{"pool": name}
	gauge := func(what, help string, value func(*pgxpool.Stat) int32) {
		m.registry.MustRegister(prometheus.NewGaugeFunc(
			prometheus.GaugeOpts{Name: "db_pool_connections_" + what, Help: help, ConstLabels: labels},
			func() float64 { return float64(value(pool.Stat())) }))
	}
	gauge("max", "Most connections of the pool.", (*pgxpool.Stat).MaxConns)
	gauge("open", "Open connections.", (*pgxpool.Stat).TotalConns)
	gauge("in_use", "Connections with a query.", (*pgxpool.Stat).AcquiredConns)
	m.registry.MustRegister(prometheus.NewCounterFunc(
		prometheus.CounterOpts{Name: "db_pool_wait_seconds_total", Help: "Time spent waiting for a connection.", ConstLabels: labels},
		func() float64 { return pool.Stat().EmptyAcquireWaitTime().Seconds() }))
}

// watchDependencies keeps dependency_up. It is a metric and not the readiness: all pods share these dependencies, and a blip would
// take every one of them out of the Service at once.
func watchDependencies(ctx context.Context, m *metrics, s *store, c *cache) {
	pings := map[string]func(context.Context) error{"postgres": s.primary.ping, "redis": c.ping}
	if s.replica != nil {
		pings["postgres-replica"] = s.replica.ping
	}
	for name, ping := range pings {
		go func() {
			for ctx.Err() == nil {
				ctx, cancel := context.WithTimeout(ctx, connectTimeout)
				up := 0.0
				if ping(ctx) == nil {
					up = 1
				}
				cancel()
				m.up.WithLabelValues(name).Set(up)
				time.Sleep(watchEvery)
			}
		}()
	}
}
