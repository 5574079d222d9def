package resolve

import (
	"fmt"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/load"
)

// checkTraffic warns of an objective on so few requests that a single failure breaks it.
func (s *spec) checkTraffic() {
	rps, ok := float(s.get("traffic.rps"))
	source := s.app.SLO.Source
	few := float64(s.number("fewRequestsInFiveMinutes"))
	if inFive := rps * 300; ok && s.app.SLO.Availability > 0 && inFive < few && source != "probe" && source != "queue" {
		s.warn("traffic.rps", "objective-has-traffic", fmt.Sprintf("about %s requests in five minutes: one failure is %d %% of them, and pages somebody", decimal(float64(int(inFive*10+0.5))/10), int(100/max(inFive, 1))),
			fmt.Sprintf("%s requests in five minutes, or another source", decimal(few)), `add slo: {source: "probe"}, which asks at a steady pace`)
	}
}

// compose compares each objective with those of the apps that it cannot work without: their failures are its own. What has no
// objective is not counted, for nobody knows how often it fails.
func (w *world) compose() {
	for _, s := range w.specs {
		if s.app.SLO != nil && s.app.SLO.Availability > 0 && s.app.SLO.Availability < 100 {
			s.compose()
		}
	}
}

func (s *spec) compose() {
	const half = 50 // percent of the budget: beyond it, the app has less to spend than what it needs
	own := s.app.SLO.Availability
	var lost float64 // percent of requests that fail because of others
	var names []string
	for _, need := range s.app.Needs {
		if need.Kind != app.NeedApp || need.Soft {
			continue
		}
		if theirs := s.w.objectiveOf(need.Name); theirs > 0 {
			lost += 100 - theirs
			names = append(names, fmt.Sprintf("%s (%s)", need.Name, decimal(theirs)))
		}
	}
	// Whole percents of the budget, rounded before they are compared: 99.9 has no exact form in binary.
	spent := int(lost/(100-own)*100 + 0.5)
	problem := fmt.Sprintf("%s %% of the error budget of %s %% are spent by %s", decimal(float64(spent)), decimal(own), load.Prose(names, "and"))
	switch {
	case spent >= 100:
		s.fail("slo.availability", "objective-fits-needs", problem, "needs that fail less often than the app may", fmt.Sprintf("lower it below %s, raise theirs, or mark a need soft: true", rounded(100-lost)))
	case spent > half:
		s.warn("slo.availability", "objective-fits-needs", problem, "needs with one nine more than the app", "")
	}
}

// objectiveOf is the availability that another app promises, in percent; 0: none.
func (w *world) objectiveOf(name string) float64 {
	if callee := w.byName[name]; callee != nil {
		if callee.app.SLO == nil {
			return 0
		}
		return callee.app.SLO.Availability
	}
	theirs, _ := float(w.facts.apps.At(name, "slo"))
	return theirs
}

// rounded writes a percentage to three places, which is more than objectives have.
func rounded(percent float64) string {
	return decimal(float64(int(percent*1000+0.5)) / 1000)
}
