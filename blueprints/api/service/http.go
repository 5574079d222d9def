package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"
)

const (
	requestTimeout = 5 * time.Second
	maxBody        = 64 << 10 // bytes
	maxQuantity    = 1000
	clientGone     = 499 // nobody reads this answer; the SLO doesn't count it as an error
)

type api struct {
	store *store
	cache *cache
}

// routes serves probes and metrics on the port of the API: what stands outside the exposed path is not reachable from outside.
func routes(a api, m *metrics, s *state) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", m.handler())
	// Alive means that this process answers. A restart heals no database.
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if !s.ready.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	handle := func(method, route string, success int, h handler) {
		m.expect(method, route, success, http.StatusBadRequest, http.StatusNotFound, http.StatusInternalServerError, http.StatusServiceUnavailable)
		mux.Handle(method+" "+route, observed(m, s, method, route, h))
	}
	handle("GET", "/orders/{id}", http.StatusOK, a.get)
	handle("POST", "/orders", http.StatusCreated, a.create)
	mux.Handle("/", observed(m, s, "any", "other", func(http.ResponseWriter, *http.Request) error { return errNotFound }))
	return mux
}

// A handler answers, or returns an error before it has written anything.
type handler func(http.ResponseWriter, *http.Request) error

type errInvalid struct{ error }

func (e errInvalid) Unwrap() error { return e.error }

// observed bounds a request and counts it once, whatever becomes of it.
func observed(m *metrics, s *state, method, route string, h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		ctx, cancel := context.WithTimeout(r.Context(), requestTimeout)
		defer cancel()
		sent := &recorder{ResponseWriter: w, state: s}
		defer func() { m.observe(sent.code, method, route, time.Since(began)) }()
		defer func() {
			if p := recover(); p != nil {
				slog.Error("panic", "route", route, "error", p, "stack", string(debug.Stack()))
				sent.fail(http.StatusInternalServerError, "internal error")
			}
		}()
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		if err := h(sent, r.WithContext(ctx)); err != nil {
			answerError(sent, m, r, route, err)
		}
	})
}

func answerError(w *recorder, m *metrics, r *http.Request, route string, err error) {
	var invalid errInvalid
	var tooLarge *http.MaxBytesError
	switch {
	case r.Context().Err() != nil:
		w.fail(clientGone, "")
	case errors.Is(err, errNotFound):
		w.fail(http.StatusNotFound, "not found")
	case errors.As(err, &tooLarge):
		w.fail(http.StatusRequestEntityTooLarge, "the body is too large")
	case errors.As(err, &invalid):
		w.fail(http.StatusBadRequest, err.Error())
	case errors.Is(err, errBusy):
		m.shed.Inc()
		w.Header().Set("Retry-After", "1")
		w.fail(http.StatusServiceUnavailable, "too many requests")
	case unavailable(err):
		slog.Error("database unavailable", "route", route, "error", err)
		w.Header().Set("Retry-After", "2")
		w.fail(http.StatusServiceUnavailable, "try again")
	default:
		slog.Error("request failed", "route", route, "error", err)
		w.fail(http.StatusInternalServerError, "internal error")
	}
}

// A recorder remembers the code that was sent, and from SIGTERM on asks clients to come back on another connection.
type recorder struct {
	http.ResponseWriter
	state *state
	code  int
}

func (r *recorder) WriteHeader(code int) {
	if r.code == 0 {
		r.code = code
	}
	if r.state.closing.Load() {
		r.Header().Set("Connection", "close")
	}
	r.ResponseWriter.WriteHeader(code)
}

// fail answers with an error, unless an answer has begun.
func (r *recorder) fail(code int, text string) {
	if r.code == 0 {
		answer(r, code, map[string]string{"error": text})
	}
}

func answer(w http.ResponseWriter, code int, value any) {
	text, err := json.Marshal(value)
	if err != nil {
		slog.Error("encoding an answer", "error", err)
		code, text = http.StatusInternalServerError, []byte(`{"error":"internal error"}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	if _, err := w.Write(append(text, '\n')); err != nil {
		slog.Debug("the client is gone", "error", err)
	}
}

func (a api) get(w http.ResponseWriter, r *http.Request) error {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || id < 1 {
		return errNotFound // an id that no order can have needs no query
	}
	o, err := a.cache.order(r.Context(), id, a.store.get)
	if err != nil {
		return err
	}
	answer(w, http.StatusOK, o)
	return nil
}

// create keeps the new order in the cache, so that its client finds it although replicas lag.
func (a api) create(w http.ResponseWriter, r *http.Request) error {
	var o order
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&o); err != nil {
		return errInvalid{fmt.Errorf("no order: %w", err)}
	}
	if o.ID != 0 || o.Item == "" || len(o.Item) > 200 || o.Quantity < 1 || o.Quantity > maxQuantity {
		return errInvalid{fmt.Errorf(`want {"item": "...", "quantity": 1 to %d}`, maxQuantity)}
	}
	var key *string
	if k := r.Header.Get("Idempotency-Key"); len(k) > 100 {
		return errInvalid{errors.New("the Idempotency-Key is longer than 100 bytes")}
	} else if k != "" {
		key = &k
	}
	o, err := a.store.create(r.Context(), key, o)
	if err != nil {
		return err
	}
	a.cache.put(r.Context(), o)
	answer(w, http.StatusCreated, o)
	return nil
}
