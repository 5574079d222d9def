package resolve

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/robfig/cron/v3"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/kube"
	"github.com/scantling/scantling/internal/load"
)

// A counter is who counts the good and the bad events of an objective.
type counter struct {
	source    string
	atGateway bool
	seconds   int64 // see app.Objective, as for the next two
	run       int64
	backlog   int64
	why       string // of seconds or backlog

	origin app.Origin // of source; its path is open
}

// What helps where nobody counts.
const (
	instead    = "leave source out: the app's own metrics serve"
	countThere = `add metrics: {port: 9090}, and source: "http" to slo, if the app counts there; or remove slo`
)

// counter finds who counts what the app promises; false: nobody does, which has been said.
func (s *spec) counter() (counter, bool) {
	c := counter{source: s.app.SLO.Source, origin: s.originOf("slo.source")}
	if s.app.Kind == app.Cron && c.source != "cron" {
		s.fail("slo.source", "objective-fits-kind", fmt.Sprintf("a cron app is measured by when a run last succeeded, not by %s", c.source), "", "remove source")
		return c, false
	}
	switch c.source {
	case "http", "grpc":
		return c, s.countsItself()
	case "istio":
		return c, s.countedBySidecar()
	case "gateway":
		return s.countedAtGateway()
	case "queue":
		return s.countedByQueue(c)
	case "probe":
		return c, s.canBeAsked()
	case "cron":
		return s.countedBySuccess(c)
	}
	return c, false // the loader has refused it
}

// sourceField is the field that says who counts: source, or where it is left out the objective itself.
func (s *spec) sourceField() (string, *load.Node) {
	if n := s.get("slo.source"); n != nil {
		return "slo.source", n
	}
	return "slo", s.get("slo")
}

// uncounted reports an objective that nobody can measure.
func (s *spec) uncounted(problem, want, help string) {
	field, _ := s.sourceField()
	s.fail(field, "objective-is-measured", problem, want, help)
}

// countsItself reports whether somebody reads the metrics in which the app counts its requests.
func (s *spec) countsItself() bool {
	switch metrics := s.get("metrics"); {
	case s.app.Metrics != nil:
		return true
	case isFalse(metrics): // a warning: an override may say so, and cannot take the objective away
		field, _ := s.sourceField()
		s.warn(field, "objective-is-measured", fmt.Sprintf("nobody measures it: the app counts its %s requests in metrics, and metrics is false", s.app.SLO.Source), "", `remove metrics: false, or add source: "probe" to slo: it asks from outside`)
	case metrics == nil:
		s.uncounted(fmt.Sprintf("nobody measures it: the app counts its %s requests in metrics, and states no port that they are read from", s.app.SLO.Source), "metrics, or another source", "add metrics: {port: 9090}")
	}
	return false
}

// countedBySidecar reports whether the mesh counts the app's requests.
func (s *spec) countedBySidecar() bool {
	switch {
	case s.lacks("slo.source", "measuring by istio", "istio", instead):
	case s.main == nil:
		s.uncounted("istio counts nothing: the app listens on no port", "an app that is called", "remove slo, or add port: 8080")
	case s.w.env.Mesh == "ambient":
		s.uncounted(fmt.Sprintf("without sidecars the mesh counts connections, not requests: environment %q has mesh: \"ambient\"", s.w.env.Name), "another source", instead)
	case s.w.env.Mesh == "" && !s.w.facts.local:
		s.w.missingFact(s.get("slo.source"), s.path("slo.source"), "measuring by istio", "mesh", `"sidecar"`)
	default:
		return true
	}
	return false
}

// countedAtGateway finds who counts at the way in.
func (s *spec) countedAtGateway() (counter, bool) {
	e, env := s.app.Expose, s.w.env
	switch {
	case s.get("expose") == nil:
		s.uncounted("no gateway counts this app's requests: it is not exposed", "an app with expose", instead)
	case e == nil: // a worker or a cron app, which has been told
	case e.Via == loadBalancer:
		s.uncounted("a load balancer counts no requests", "expose via gateway, istio or ingress", instead)
	case e.Via == "istio":
		return counter{source: "istio", atGateway: true, origin: app.Origin{By: app.ByDerived, Note: "the app is exposed by istio"}}, true
	case e.Via == "ingress" && env.IngressClass != nil:
		return s.countedByFact(env.IngressClass.Metrics, "nginx", "ingress")
	case e.Via == "gateway" && e.Gateway.Name == "": // which has been said
	case e.Via == "gateway" && s.get("expose.gateway") != nil:
		return s.countedByFact(e.Gateway.Metrics, "envoy", "gateways", text(s.get("expose.gateway")))
	case e.Via == "gateway":
		return s.countedByFact(e.Gateway.Metrics, "envoy", "gateway")
	}
	return counter{}, false
}

// countedByFact is who counts at a way in, as the platform states it. Of those only Istio reads the status of gRPC, whose failures are
// HTTP's 200.
func (s *spec) countedByFact(metrics, usual string, way ...string) (counter, bool) {
	fact := s.w.facts.node.At(append(way, "metrics")...)
	if metrics == "" {
		if !fact.Faulty() {
			s.w.missingFact(s.get("slo.source"), s.path("slo.source"), "measuring at the "+s.app.Expose.Via, strings.Join(way, ".")+".metrics", strconv.Quote(usual))
		}
		return counter{}, false
	}
	if metrics != "istio" && s.app.Expose.Port.App == "grpc" {
		s.uncounted(metrics+" takes a failed gRPC call for a good one: its HTTP status is 200", "a source that reads the status of gRPC", instead)
		return counter{}, false
	}
	return counter{source: metrics, atGateway: metrics == "istio", origin: app.Origin{By: app.ByPlatform, Pos: at(fact, nil)}}, true
}

// countedByQueue is the autoscaler, which knows how many messages wait.
func (s *spec) countedByQueue(c counter) (counter, bool) {
	sc := s.app.Scaling
	switch {
	case s.get("scale.queue") == nil:
		s.uncounted("nobody knows how many messages wait: the app does not scale by a queue", "scale.queue, or another source", `add scale: {queue: {need: "NEED", lag: 100}}, or remove source`)
	case sc == nil || sc.Queue == nil:
		s.uncounted("nobody knows how many messages wait: the number of pods is fixed, so nothing reads the queue", "scale.max above scale.min", "raise scale.max")
	case !s.w.env.Has("keda"): // scale.queue has said so
	default:
		c.backlog = sc.Queue.Lag * int64(s.app.Replicas.Max)
		c.why = fmt.Sprintf("messages that a pod may have waiting x most pods: %d x %d", sc.Queue.Lag, s.app.Replicas.Max)
		return c, true
	}
	return c, false
}

// canBeAsked reports whether the platform's prober can ask the app from outside.
func (s *spec) canBeAsked() bool {
	field, n := s.sourceField()
	question, ok := kube.Asked(s.app)
	switch {
	case s.main == nil:
		s.uncounted("nobody can measure it: the app listens on no port, and nothing else of it is counted", "a port, scale.queue, or metrics with source", countThere)
	case !ok, question.Port.Protocol == "UDP":
		s.uncounted(fmt.Sprintf("a prober cannot tell whether UDP is answered, and the app listens on %s", s.portList()), "a TCP port", countThere)
	case s.w.env.Scrape.Prober == nil:
		what := "asking the app from outside"
		if field == "slo" {
			what = "nothing counts the app's requests, and asking it from outside"
		}
		s.w.missingFact(n, s.path(field), what, "scrape.prober", `{url: "blackbox-exporter.monitoring.svc:9115", labels: {"app.kubernetes.io/name": "prometheus-blackbox-exporter"}}`)
	default:
		return true
	}
	return false
}

// countedBySuccess is the last run that succeeded: it is too old when a run that was due after it is over, and when a whole turn of the
// schedule has passed, whether runs came or not.
func (s *spec) countedBySuccess(c counter) (counter, bool) {
	job := s.app.Cron
	parsed, problem, _, _ := parseSchedule(job.Schedule)
	if problem != "" {
		return c, false // the schedule has been refused, or there is none
	}
	gap := longestGap(parsed, job.Schedule)
	c.run = job.StartDeadlineSeconds + job.DeadlineSeconds
	c.seconds = gap + c.run
	c.why = fmt.Sprintf("longest time between two runs + how late one starts + how long it takes: %s + %s + %s", duration(gap), duration(job.StartDeadlineSeconds), duration(job.DeadlineSeconds))
	return c, true
}

// longestGap returns the longest time in seconds between two runs of a schedule. Every day that has runs has the same ones, so that
// one day is looked at whole, and of the others only the first run.
func longestGap(parsed cron.Schedule, schedule string) int64 {
	days := time.Duration(28*365 + 7) // until weekdays fall on the same days of the year again
	if f := strings.Fields(schedule); f[2] == "*" && f[3] == "*" {
		days = 7
	}
	const day = 24 * time.Hour
	first := parsed.Next(cronEpoch.Add(-time.Second))
	longest, last := time.Duration(0), first
	midnight := first.Truncate(day)
	for next := parsed.Next(last); next.Before(midnight.Add(day)) && !next.IsZero(); next = parsed.Next(last) {
		longest, last = max(longest, next.Sub(last)), next
	}
	lastOfDay := last.Sub(midnight)
	for midnight.Before(cronEpoch.Add(days * day)) {
		next := parsed.Next(midnight.Add(day - time.Second))
		if next.IsZero() {
			break
		}
		longest = max(longest, next.Sub(midnight.Add(lastOfDay)))
		midnight = next.Truncate(day)
	}
	return int64(longest / time.Second)
}
