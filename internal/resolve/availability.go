package resolve

import "github.com/scantling/scantling/internal/app"

// disruption decides how many pods a node drain may take at a time.
func (s *spec) disruption() {
	s.app.Disruption = s.budget("disruption", s.app.Replicas.Min)
}

// budget decides the budget, at a path of the origins, of so many pods of one version. A lone pod has none: it could only block
// the drain.
func (s *spec) budget(path string, low int32) *app.Disruption {
	if low < 2 {
		return nil
	}
	d := &app.Disruption{MaxUnavailable: "1", Quorum: s.isQuorum()}
	most := path + ".maxUnavailable"
	switch from := s.number("budgetPercentFromReplicas"); {
	case d.Quorum:
		s.derived(most, "the pods vote: all but one keep the majority")
		s.derived(path+".quorum", "%d stateful pods, an odd and fixed number", low)
	case int64(low) >= from:
		d.MaxUnavailable = percent(s.fromTier(most, "budgetPercent"))
	default:
		s.derived(most, "fewer than %d pods go one by one", from)
	}
	return d
}

// spread decides how strongly the pods of a version are kept apart. It follows the app's fewest pods, not those that a version has
// at the moment: it is a part of the pods, which a step of a release must not restart. A hard rule leaves pods pending when a zone is
// full, so it needs node autoscaling and a pod for each zone.
func (s *spec) spread() {
	e, sp, low := s.w.env, &s.app.Spread, s.app.Replicas.Min
	if s.app.Kind == app.Cron || low < 2 || s.app.Tier == app.BestEffort && !s.isQuorum() {
		return
	}
	sp.Hosts = app.Soft
	s.derived("spread.hosts", "two pods or more prefer different nodes")
	switch zones := len(e.Zones); {
	case zones < 2:
	case e.NodeAutoscaling && (s.isQuorum() || s.app.Tier == app.Critical && int(low) >= zones):
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
