package resolve

import "github.com/scantling/scantling/internal/app"

// disruption decides how many pods a node drain may take at a time. A lone pod has no budget: it could only block the drain.
func (s *spec) disruption() {
	low := int64(s.app.Replicas.Min)
	if low < 2 {
		return
	}
	d := &app.Disruption{MaxUnavailable: "1", Quorum: s.isQuorum()}
	s.app.Disruption = d
	const path = "disruption.maxUnavailable"
	switch from := s.number("budgetPercentFromReplicas"); {
	case d.Quorum:
		s.derived(path, "the pods vote: all but one keep the majority")
		s.derived("disruption.quorum", "%d stateful pods, an odd and fixed number", low)
	case low >= from:
		d.MaxUnavailable = percent(s.fromTier(path, "budgetPercent"))
	default:
		s.derived(path, "fewer than %d pods go one by one", from)
	}
}

// spread decides how strongly pods are kept apart. A hard rule leaves pods pending when a zone is full, so it needs node
// autoscaling and a pod for each zone.
func (s *spec) spread() {
	e, low := s.w.env, int(s.app.Replicas.Min)
	if s.app.Kind == app.Cron || low < 2 || s.app.Tier == app.BestEffort && !s.isQuorum() {
		return
	}
	sp := &s.app.Spread
	sp.Hosts = app.Soft
	s.derived("spread.hosts", "two pods or more prefer different nodes")
	switch zones := len(e.Zones); {
	case zones < 2:
	case e.NodeAutoscaling && (s.isQuorum() || s.app.Tier == app.Critical && low >= zones):
		sp.Zones = app.Hard
		s.derived("spread.zones", "%d pods for %d zones, and nodes come when pods are pending", low, zones)
	default:
		sp.Zones = app.Soft
		s.derived("spread.zones", "two pods or more prefer different zones")
	}
	if s.isQuorum() && e.NodeAutoscaling {
		sp.HostAntiAffinity = true
		s.derived("spread.hostAntiAffinity", "the pods vote, and nodes come when pods are pending")
	}
}
