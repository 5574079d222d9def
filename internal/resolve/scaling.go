package resolve

import (
	"fmt"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/load"
)

// scaling decides what the number of pods follows, and how fast.
func (s *spec) scaling(n *load.Node) {
	sc := &app.Scaling{}
	s.app.Scaling = sc
	queue, rps := n.Field("queue"), n.Field("rps")
	if rps != nil {
		s.rpsTarget(rps)
	}
	if queue != nil {
		s.queueTarget(queue)
	}
	if cpu := n.Field("cpu"); cpu != nil || rps == nil && queue == nil {
		s.cpuTarget(cpu)
	}
	if sc.KEDA = rps != nil || queue != nil; sc.KEDA {
		s.derived("scaling.keda", "only KEDA reads request rates and queues")
	}
	for _, f := range []struct {
		field, name string
		to          *int32
	}{
		{"upWindowSeconds", "upWindowSeconds", &sc.UpWindowSeconds},
		{"upPercent", "upPercent", &sc.UpPercent},
		{"upPods", "upPods", &sc.UpPods},
		{"upPeriodSeconds", "upPeriodSeconds", &sc.UpPeriodSeconds},
		{"downWindowSeconds", "downWindowSeconds", &sc.DownWindowSeconds},
		{"downPercent", "downPercent", &sc.DownPercent},
		{"downPeriodSeconds", "downPeriodSeconds", &sc.DownPeriodSeconds},
	} {
		*f.to = int32(s.fromTier("scaling."+f.field, f.name))
	}
}

// cpuTarget decides the wanted use of the reserved CPU: by the latency objective, and for critical apps so low that the zones
// that are left can carry the load of a lost one.
func (s *spec) cpuTarget(n *load.Node) {
	const path = "scaling.cpuPercent"
	most, capped := s.zoneLossTarget()
	if percent, ok := integer(n); ok {
		s.app.Scaling.CPUPercent = int32(percent)
		s.fromSpec(path, n)
		if capped && percent > most {
			s.fail("scale.cpu", "cpu-target-survives-zone-loss", fmt.Sprintf("%d %% leaves no room for the loss of one of %d zones, which tier critical survives", percent, len(s.w.env.Zones)), fmt.Sprintf("at most %d", most), fmt.Sprintf("use cpu: %d", most-s.number("zoneLossPercent")))
		}
		return
	}
	name := s.cpuTargetName()
	target := s.number(name)
	if most -= s.number("zoneLossPercent"); capped && most < target {
		s.app.Scaling.CPUPercent = int32(most)
		s.derived(path, "%d zones: the others carry the load of a lost one", len(s.w.env.Zones))
		return
	}
	s.app.Scaling.CPUPercent = int32(s.fromTier(path, name))
}

// zoneLossTarget is the highest CPU target, in percent, at which a critical app survives the loss of a zone; false: no cap.
func (s *spec) zoneLossTarget() (int64, bool) {
	zones := int64(len(s.w.env.Zones))
	if s.app.Tier != app.Critical || zones < 2 {
		return 100, false
	}
	return 100 * (zones - 1) / zones, true
}

// cpuTargetName is the number of the tables for the app's latency class.
func (s *spec) cpuTargetName() string {
	under, ok := millis(s.get("slo.latency.under"))
	switch {
	case !ok && s.main == nil, ok && under > s.number("batchMillis"):
		return "cpuPercentBatch"
	case ok && under <= s.number("fastMillis"):
		return "cpuPercentFast"
	}
	return "cpuPercent"
}

// rpsTarget decides the wanted requests per second and pod.
func (s *spec) rpsTarget(n *load.Node) {
	rps, _ := float(n)
	s.app.Scaling.RPS = int32(max(1, rps))
	s.fromSpec("scaling.rps", n)
	if s.lacks("scale.rps", "scaling by requests", "keda", "enable it, or scale by cpu") || s.lacks("scale.rps", "scaling by requests", "prometheus", "enable it, or scale by cpu") {
		return
	}
	if s.w.env.Scrape == nil {
		s.w.missingFact(n, s.path("scale.rps"), "scaling by requests", "scrape", `{namespace: "monitoring", labels: {"app.kubernetes.io/name": "prometheus"}}`)
	} else if s.app.Metrics == nil {
		s.fail("scale.rps", "rps-needs-metrics", "nothing counts this app's requests: it has no metrics", "metrics with http_requests_total", "scale by cpu, or state metrics")
	}
}

// queueTarget decides which queue's length counts. The broker's address and credentials are filled in when needs are linked.
func (s *spec) queueTarget(n *load.Node) {
	lag, _ := integer(n.Field("lag"))
	need := n.Field("need")
	q := &app.Queue{Lag: lag, Need: app.Need{Name: text(need)}}
	s.app.Scaling.Queue = q
	s.fromSpec("scaling.queue", n)
	s.lacks("scale.queue", "scaling by a queue", "keda", "enable it, or scale by cpu")
	broker := s.node.At("needs", text(need))
	kind, list := "kafka", broker.At("kafka", "topics")
	if broker.Field("rabbitmq") != nil {
		kind, list = "rabbitmq", broker.At("rabbitmq", "queues")
	}
	switch {
	case text(need) == "", broker.Faulty():
		return // the loader has said so
	case broker == nil:
		s.fail("scale.queue.need", "queue-is-a-need", fmt.Sprintf("%q is not one of the app's needs", text(need)), "the name of a kafka or rabbitmq among needs", didYouMean(text(need), keys(s.node.Field("needs"))))
		return
	case broker.Field(kind) == nil:
		s.fail("scale.queue.need", "queue-is-a-need", fmt.Sprintf("need %q is %s, which has no queue", text(need), load.Prose(keys(broker), "and")), "a kafka or a rabbitmq", "")
		return
	}
	q.Need.Kind = app.NeedKind(kind)
	s.topic(n, q, texts(list), kind)
	if kind == "kafka" {
		q.Group = textOr(n.Field("group"), s.name)
	}
}

// topic finds the topic or queue whose length counts.
func (s *spec) topic(n *load.Node, q *app.Queue, known []string, kind string) {
	q.Topic = text(n.Field("topic"))
	what := map[string]string{"kafka": "topic", "rabbitmq": "queue"}[kind]
	switch {
	case q.Topic != "":
	case len(known) == 1:
		q.Topic = known[0]
	case len(known) == 0:
		s.fail("scale.queue", "queue-names-its-topic", "nothing says which "+what+" counts", "topic", `add topic: "NAME"`)
	default:
		s.fail("scale.queue", "queue-names-its-topic", fmt.Sprintf("the need has %d %ss: %s", len(known), what, load.Prose(known, "and")), "topic: the one whose length counts", fmt.Sprintf("add topic: %q", known[0]))
	}
}
