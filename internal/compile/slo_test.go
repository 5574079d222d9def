package compile_test

import (
	"testing"
)

// sloInvariants hold on every render, of the rendered objects and the files beside them alone.
var sloInvariants = []sloInvariant{
	{"INV-SLO-01 stories: an alert has a story in which it fires, and one in which it does not", untold},
	{"INV-SLO-02 runbooks: the page has a heading of the alert", lostRunbooks},
	{"INV-SLO-03 window: an alert says over which window", windowless},
	{"SERIES watched: what is there has an alert", unwatched},
	{"SERIES monitors: what is read has a port, a pace and limits", carelessMonitors},
	{"SERIES dashboards: a dashboard shows its own app, by what is recorded", carelessDashboards},
}

type sloInvariant struct {
	name  string
	check func(w *watched) []string
}

// TestSLOInvariants asks them of all goldens and blueprints, and of a project that promises something in every way.
func TestSLOInvariants(t *testing.T) {
	objectives, alerts := 0, 0
	for _, p := range promisingCorpus(t) {
		w := watch(t, p)
		objectives, alerts = objectives+len(w.pledges()), alerts+len(w.alerts())
		for _, inv := range sloInvariants {
			for _, problem := range inv.check(w) {
				t.Errorf("%s: %s: %s", p.name, inv.name, problem)
			}
		}
	}
	if objectives < 60 || alerts < 700 {
		t.Errorf("only %d objectives and %d alerts", objectives, alerts)
	}
}
