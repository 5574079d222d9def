package resolve

import (
	"fmt"
	"math"

	"github.com/scantling/scantling/internal/app"
)

// What tells a bad version from a good one.
const (
	// pageBurn is how fast, as a multiple of the allowed rate, the error budget burns when somebody is paged: 2 % of 30 days'
	// budget in one hour. Source: SRE Workbook, chapter 5.
	pageBurn = 14.4
	// mostBad is the share of bad requests that is too much for any objective. Source: judgement; a version that fails every other
	// request is bad whatever was promised.
	mostBad = 0.5
	// badRequests is how many bad requests at that rate tell a bad version from chance. Source: judgement; with ten expected,
	// a bad version shows none in 5 of 100,000 cases (Poisson).
	badRequests = 10
	// longestDefaultPause bounds, in seconds, what little traffic makes of a pause that nobody has stated. Source: judgement;
	// a release that needs more than a day a step wants a decision.
	longestDefaultPause = 24 * 3600
	// mostExposed is the share of the error budget that a step may spend while nothing judges it. Source: what one hour at
	// pageBurn spends.
	mostExposed = 0.02
)

// mostBadOf is the share of bad requests above which a version is bad, for an objective in percent.
func mostBadOf(objective float64) float64 {
	limit := min(pageBurn*(100-objective)/100, mostBad)
	return math.Round(limit*1e6) / 1e6 // 99.9 has no exact form in binary
}

// promise is the strictest objective in percent; false: there is none that leaves room for failures.
func (s *spec) promise() (float64, bool) {
	if s.app.SLO == nil {
		return 0, false
	}
	o := max(s.app.SLO.Availability, s.app.SLO.LatencyPercent)
	return o, o > 0 && o < 100
}

// requestsToJudge is how many requests tell a bad version; false: nothing is promised.
func (s *spec) requestsToJudge() (float64, bool) {
	o, ok := s.promise()
	if !ok || mostBadOf(o) == 0 {
		return 0, false
	}
	return math.Ceil(badRequests / mostBadOf(o)), true
}

// expected is the traffic that the spec expects, in requests per second; false: it says nothing.
func (s *spec) expected() (float64, bool) {
	rps, ok := float(s.get("traffic.rps"))
	return rps, ok && rps > 0
}

// judgedAfter is for how many seconds, whole minutes, a weight must be held to tell a bad version; false: nobody can say.
func (s *spec) judgedAfter(weight int64) (int64, bool) {
	requests, ok := s.requestsToJudge()
	rps, known := s.expected()
	if !ok || !known || weight <= 0 {
		return 0, false
	}
	minutes := math.Ceil(requests / (rps * float64(weight) / 100) / 60)
	return 60 * int64(min(minutes, math.MaxInt32)), true
}

// judgeSteps says of which steps nobody could tell a bad version, and what they cost where nothing judges it.
func (s *spec) judgeSteps() {
	sp := s.app.Rollout.Split
	if sp == nil {
		return
	}
	if stated := s.get("rollout.canary.steps"); stated != nil && len(stated.Elems) != len(sp.Steps) {
		return // a step was refused, and what it does to the others is open
	}
	s.tooShort()
	if sp.Analysis == nil && sp.Engine != "" {
		s.exposure()
	}
}

// tooShort warns of steps that are over before the requests can tell a bad version, or before Argo has looked at enough of them.
// Flagger holds a step until it has looked.
func (s *spec) tooShort() {
	for i, step := range s.app.Rollout.Split.Steps {
		if step.PauseSeconds <= 0 {
			s.warnStep(i, "canary-step-judges", "the step is over at once: nothing shows whether the version is bad", "a pause", `e.g. pause: "10m"`)
		} else if need, ok := s.judgedAfter(int64(step.Weight)); ok && step.PauseSeconds < need {
			s.stepTooShort(i, step, need)
		} else if a := s.app.Rollout.Split.Analysis; a != nil && s.app.CanaryBy(app.ByArgo) && step.PauseSeconds < a.WindowSeconds+a.IntervalSeconds {
			least := duration(a.WindowSeconds + a.IntervalSeconds)
			s.warnStep(i, "canary-step-judges", fmt.Sprintf("a look covers %s, and the next one comes %s later: the step is over before there are two", duration(a.WindowSeconds), duration(a.IntervalSeconds)),
				"pause at least "+least, fmt.Sprintf("use pause: %q", least))
		}
	}
}

// stepTooShort says how many requests a step sees, and how many are needed.
func (s *spec) stepTooShort(i int, step app.Step, need int64) {
	rps, _ := s.expected()
	requests, _ := s.requestsToJudge()
	objective, _ := s.promise()
	seen := math.Floor(rps * float64(step.Weight) / 100 * float64(step.PauseSeconds))
	want := "pause at least " + duration(need)
	if weight := math.Ceil(100 * requests / (rps * float64(step.PauseSeconds))); weight <= 99 {
		want += ", or weight at least " + decimal(weight)
	}
	help := fmt.Sprintf("use pause: %q", duration(need))
	if need > longestDefaultPause {
		help = "watch the canary itself: a day of so little traffic tells nothing"
	}
	s.warnStep(i, "canary-step-judges", fmt.Sprintf("%d %% of %s rps for %s sees %s requests; %s are needed to tell a bad version at %s %%",
		step.Weight, decimal(rps), duration(step.PauseSeconds), decimal(seen), decimal(requests), decimal(objective)), want, help)
}

// exposure says what the steps that nothing judges may spend of the error budget: a warning for a pause that the spec states, and
// one note for the worst of those that it does not.
func (s *spec) exposure() {
	objective, ok := s.promise()
	if !ok {
		return
	}
	worst, most := -1, mostExposed
	for i, step := range s.app.Rollout.Split.Steps {
		spent := s.spends(step, objective)
		switch pause := s.get(fmt.Sprintf("rollout.canary.steps[%d].pause", i)); {
		case spent <= mostExposed:
		case pause != nil:
			longest := int64(mostExposed * s.budgetSeconds(objective) / (float64(step.Weight) / 100))
			if longest > 60 {
				longest -= longest % 60
			}
			s.warnStep(i, "canary-exposure", s.exposed(step, objective, spent), "a step that spends at most 2 %: pause at most "+duration(longest), fmt.Sprintf("use pause: %q, or let argo or flagger judge it", duration(longest)))
		case spent > most:
			worst, most = i, spent
		}
	}
	if worst >= 0 {
		s.note("rollout.canary", "canary-exposure", s.exposed(s.app.Rollout.Split.Steps[worst], objective, most), "", "watch the canary while the step lasts, or let argo or flagger judge it")
	}
}

// spends is the share of the error budget that a version spends in a step in which all its requests fail.
func (s *spec) spends(step app.Step, objective float64) float64 {
	return float64(step.Weight) / 100 * float64(step.PauseSeconds) / s.budgetSeconds(objective)
}

// budgetSeconds is for how long all requests may fail in the objective's window.
func (s *spec) budgetSeconds(objective float64) float64 {
	return float64(max(s.app.SLO.WindowDays, 1)) * 24 * 3600 * (100 - objective) / 100
}

func (s *spec) exposed(step app.Step, objective, spent float64) string {
	return fmt.Sprintf("nothing judges the new version: one that always fails spends %s %% of the error budget (%s %% over %d days) at %d %% for %s",
		decimal(math.Round(spent*1000)/10), decimal(objective), s.app.SLO.WindowDays, step.Weight, duration(step.PauseSeconds))
}

// warnStep warns of a step: at its pause, where the spec states it, else at the step or the canary.
func (s *spec) warnStep(i int, rule, problem, want, help string) {
	field := fmt.Sprintf("rollout.canary.steps[%d]", i)
	switch {
	case s.get(field) == nil:
		field = "rollout.canary"
	case s.get(field+".pause") != nil:
		field += ".pause"
	}
	s.warn(field, rule, problem, want, help)
}
