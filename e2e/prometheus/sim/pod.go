package sim

import (
	"fmt"
	"strconv"
)

// Namespace is where apps are played.
const Namespace = "shop"

// bounds of the latency histogram in seconds: some of those that Prometheus' libraries default to.
var bounds = []float64{0.1, 0.25, 0.5, 1}

// codes are those of the answers; a well-behaved app says 0 of each from its start on.
var codes = []string{"200", "404", "500"}

// pod is a target with the metrics of an app.
type pod struct {
	target
	requests map[string]*series
	sum, all map[string]*series
	buckets  map[string][]*series // by code; the last is that of all
}

// newPod is the nth pod of an app with its gth name.
func newPod(app string, n, g int, late bool) *pod {
	p := &pod{requests: map[string]*series{}, sum: map[string]*series{}, all: map[string]*series{}, buckets: map[string][]*series{}}
	const letters = "bcdfghjklmnpqrstvwxz" // of generated names
	name := fmt.Sprintf("%s-6d4b75cb6d-wx%c%c%c", app, letters[n%20], letters[g/20%20], letters[g%20])
	own := []string{"namespace", Namespace, "job", app, "service", app, "pod", name, "instance", fmt.Sprintf("10.0.%d.%d:8080", g, n)}
	line := func(born bool, metric string, more ...string) *series {
		return p.add(born, append(append([]string{"__name__", metric}, own...), more...)...)
	}
	for _, code := range codes {
		born := !late || code != "500"
		p.requests[code] = line(born, "http_requests_total", "code", code)
		p.sum[code] = line(born, "http_request_duration_seconds_sum", "code", code)
		p.all[code] = line(born, "http_request_duration_seconds_count", "code", code)
		for _, le := range bounds {
			bound := strconv.FormatFloat(le, 'f', -1, 64)
			if le == 1 {
				bound = "1.0" // as Prometheus 3 writes it
			}
			p.buckets[code] = append(p.buckets[code], line(born, "http_request_duration_seconds_bucket", "code", code, "le", bound))
		}
		p.buckets[code] = append(p.buckets[code], line(born, "http_request_duration_seconds_bucket", "code", code, "le", "+Inf"))
	}
	p.up = line(true, "up")
	p.series = p.series[:len(p.series)-1] // up is Prometheus' own
	return p
}

// count notes an answer and the time that it took.
func (p *pod) count(code string, seconds float64) {
	p.requests[code].add(1)
	p.all[code].add(1)
	p.sum[code].add(seconds)
	for i, b := range p.buckets[code] {
		if i == len(bounds) || seconds <= bounds[i] {
			b.add(1)
		}
	}
}

func (s *series) add(v float64) { s.value, s.born = s.value+v, true }

// restart lets its container start again: all counters are 0.
func (p *pod) restart(late bool) {
	for _, s := range p.series {
		s.value = 0
	}
	if late {
		for _, s := range append(p.buckets["500"], p.requests["500"], p.sum["500"], p.all["500"]) {
			s.born = false
		}
	}
}
