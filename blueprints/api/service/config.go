package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// config is all that differs between environments. Scantling renders it from the spec's needs: DB_ is the prefix of orders-db, CACHE_
// that of cache.
type config struct {
	listen string
	db     dbConfig
	cache  cacheConfig
}

type dbConfig struct {
	host, readHost, port string // readHost: of the replicas; empty: there are none
	database, user       string
	passwordFile         string // read again for each connection: the password changes without a restart
	tls, caFile          string // an sslmode, and the certificates that vouch for the server; empty: PGSSLMODE and PGSSLROOTCERT say it
	application          string // shown in pg_stat_activity
	poolMax, poolMinIdle int32
	maxLifetime          time.Duration
}

type cacheConfig struct {
	address      string
	passwordFile string      // empty: the server takes none
	tls          *tls.Config // nil: without
	jitter       float64     // part of a time to live by which it differs
	timeout      time.Duration
}

// loadConfig reads everything and reports every mistake, not only the first one: a rollout each would be needed to find the others.
func loadConfig(getenv func(string) string) (config, error) {
	r := reader{getenv: getenv}
	c := config{
		listen: r.or("LISTEN_ADDR", ":8080"), // the spec's port
		db: dbConfig{
			host:         r.text("DB_HOST"),
			readHost:     r.or("DB_READ_HOST", ""),
			port:         strconv.Itoa(r.number("DB_PORT", 1, 65535)),
			database:     r.text("DB_DATABASE"),
			user:         r.text("DB_USER"),
			passwordFile: r.file("DB_PASSWORD_FILE"),
			tls:          r.mode("DB_TLS"),
			caFile:       r.optionalFile("DB_CA_FILE"),
			application:  r.or("POD_NAME", "orders"),
			poolMax:      int32(r.number("DB_POOL_MAX", 1, 10000)),
			poolMinIdle:  int32(r.number("DB_POOL_MIN_IDLE", 0, 10000)),
			maxLifetime:  r.duration("DB_CONN_MAX_LIFETIME"),
		},
		cache: cacheConfig{
			address:      r.text("CACHE_ADDR"),
			passwordFile: r.optionalFile("CACHE_PASSWORD_FILE"),
			tls:          r.tls("CACHE_TLS", r.optionalFile("CACHE_CA_FILE")),
			timeout:      r.duration("CACHE_TIMEOUT"),
			jitter:       r.fraction("CACHE_TTL_JITTER"),
		},
	}
	if c.db.poolMinIdle > c.db.poolMax {
		r.wrong("DB_POOL_MIN_IDLE", "at most DB_POOL_MAX")
	}
	return c, errors.Join(r.problems...)
}

// A reader collects what is wrong with the environment. Values stay out of its messages: one could be a password in a wrong place.
type reader struct {
	getenv   func(string) string
	problems []error
}

func (r *reader) wrong(key, want string) {
	problem := "is not " + want
	if r.getenv(key) == "" {
		problem = "is not set: want " + want
	}
	r.problems = append(r.problems, fmt.Errorf("%s %s", key, problem))
}

func (r *reader) or(key, fallback string) string {
	if v := r.getenv(key); v != "" {
		return v
	}
	return fallback
}

func (r *reader) text(key string) string {
	v := r.getenv(key)
	if v == "" {
		r.wrong(key, "a text")
	}
	return v
}

func (r *reader) number(key string, least, most int) int {
	n, err := strconv.Atoi(r.getenv(key))
	if err != nil || n < least || n > most {
		r.wrong(key, fmt.Sprintf("a number from %d to %d", least, most))
	}
	return n
}

func (r *reader) duration(key string) time.Duration {
	d, err := time.ParseDuration(r.getenv(key))
	if err != nil || d <= 0 {
		r.wrong(key, `a duration such as "250ms" or "5m"`)
	}
	return d
}

func (r *reader) fraction(key string) float64 {
	f, err := strconv.ParseFloat(r.getenv(key), 64)
	if err != nil || !(f >= 0 && f <= 1) {
		r.wrong(key, "a number from 0 to 1")
	}
	return f
}

func (r *reader) file(key string) string {
	path := r.getenv(key)
	if _, err := os.ReadFile(path); err != nil {
		r.wrong(key, "the path of a file that can be read")
	}
	return path
}

func (r *reader) optionalFile(key string) string {
	if r.getenv(key) == "" {
		return ""
	}
	return r.file(key)
}

func (r *reader) mode(key string) string {
	v := r.getenv(key)
	if !slices.Contains([]string{"", "disable", "prefer", "require", "verify-full"}, v) {
		r.wrong(key, "disable, prefer, require or verify-full")
	}
	return v
}

// tls is a mode for servers whose port speaks TLS or doesn't, such as Redis: there is nothing to prefer.
func (r *reader) tls(key, caFile string) *tls.Config {
	c := &tls.Config{}
	switch r.mode(key) {
	case "require":
		c.InsecureSkipVerify = true // encrypted, whoever it is
	case "verify-full":
		if caFile == "" {
			break // the system's certificates
		}
		c.RootCAs = x509.NewCertPool()
		if text, err := os.ReadFile(caFile); err != nil || !c.RootCAs.AppendCertsFromPEM(text) {
			r.wrong(key, "possible: the file with the certificates has none")
		}
	default:
		return nil
	}
	return c
}

// secret returns the present content of a file.
func secret(path string) (string, error) {
	if path == "" {
		return "", nil
	}
	text, err := os.ReadFile(path)
	return strings.TrimRight(string(text), "\r\n"), err
}
