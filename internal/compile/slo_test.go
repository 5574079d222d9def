package compile_test

import (
	"testing"
)

// sloInvariants hold on every render, of the rendered objects and the files beside them alone.
var sloInvariants = []sloInvariant{
	{"INV-SLO-01 records: an objective has all of its records, once", incompleteRecords},
	{"INV-SLO-01 ratios: a ratio is of counts of its own window", wrongRatios},
	{"INV-SLO-01 counts: events are counted, and no bad one is 0", wrongCounts},
	{"INV-SLO-01 order: what is read has been made", unmadeRecords},
	{"INV-SLO-01 pairs: a burn alert can fire, exactly when the budget burns", wrongPairs},
	{"INV-SLO-01 outage: where no page can fire, an outage has its own", silentOutages},
	{"INV-SLO-01 guard: one bad event is no alert", unguarded},
	{"INV-SLO-01 absence: somebody hears that nobody measures", unheardAbsence},
	{"INV-SLO-01 stories: an alert has a story in which it fires, and one in which it does not", untold},
	{"INV-SLO-02 severity: only symptoms wake somebody", wakingCauses},
	{"INV-SLO-02 labels: an alert reaches the owner", strayLabels},
	{"INV-SLO-02 words: an alert says what to do, and where to read more", emptyWords},
	{"INV-SLO-02 runbooks: the page has a heading of the alert", lostRunbooks},
	{"INV-SLO-03 buckets: a latency is a bound of its histogram", uncountedBounds},
	{"INV-SLO-03 window: samples are kept for as long as is promised", unkeptWindows},
	{"SERIES namespace: a rule reads its own app alone", foreignSeries},
	{"SERIES objects: what a rule names is there, and its app's", strangersWatched},
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
