package resolve

import (
	"fmt"
	"math/big"
	"strings"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/load"
)

// compose compares each objective with those of what the app cannot work without: their failures are its own. Of what has no objective
// nobody knows how often it fails; an app without one fails at least as often as what it cannot work without itself.
func (w *world) compose() {
	for _, s := range w.specs {
		if s.app.SLO == nil {
			continue
		}
		if own := s.app.SLO.Availability; own > 0 && own < 100 {
			s.composeFailures(own)
		}
		if own := s.app.SLO.LatencyMillis; own > 0 {
			s.composeLatency(own)
		}
	}
}

// availability is one availability that a hard need promises, or that what it needs itself does.
type availability struct {
	name    string
	via     string // the app without a promise that needs it; empty: the app itself
	percent float64
}

func (a availability) String() string {
	if a.via != "" {
		return fmt.Sprintf("%s (%s, needed by %s)", a.name, decimal(a.percent), a.via)
	}
	return fmt.Sprintf("%s (%s)", a.name, decimal(a.percent))
}

// composeFailures compares what the hard needs may lose, all together, with the app's own budget.
func (s *spec) composeFailures(own float64) {
	lost := new(big.Rat) // in percent of the requests
	var names, terms []string
	for _, p := range s.promises("", map[string]bool{"app " + s.app.Name: true}) {
		theirs := left(p.percent)
		lost.Add(lost, theirs)
		names, terms = append(names, p.String()), append(terms, places(theirs))
	}
	if len(names) == 0 {
		return
	}
	sum := strings.Join(terms, " + ")
	if len(terms) > 1 {
		sum += " = " + places(lost)
	}
	budget := left(own)
	spent := new(big.Rat).Quo(lost, budget)
	problem := fmt.Sprintf("%s may lose %s %% of the requests, and %s %% leaves %s %%: %s %% of the error budget", load.Prose(names, "and"), sum, decimal(own), places(budget), wholePercent(spent))
	switch {
	case spent.Cmp(big.NewRat(1, 1)) >= 0:
		help := "raise theirs, or mark a need soft: true"
		if most := mostHonest(lost, own); most != "" {
			help = "lower it to " + most + ", " + help
		}
		s.fail("slo.availability", "objective-fits-needs", problem, "needs that fail less often than the app may", help)
	case spent.Cmp(big.NewRat(1, 2)) > 0: // beyond half of it, the app has less to spend than what it needs
		s.warn("slo.availability", "objective-fits-needs", problem, "needs with one nine more than the app", "")
	}
}

// promises are the availabilities of the hard needs, and of the hard needs of those that promise nothing. What serves several of them
// fails once for all.
func (s *spec) promises(via string, seen map[string]bool) []availability {
	var out []availability
	for _, need := range s.app.Needs {
		what := "app " + need.Name
		if need.Kind != app.NeedApp {
			what = "server " + need.Instance
		}
		if need.Soft || seen[what] {
			continue
		}
		seen[what] = true
		var percent float64
		if need.Kind != app.NeedApp {
			percent, _ = float(s.w.facts.databases.At(need.Instance, "slo"))
		} else if percent = s.w.objectiveOf(need.Name); percent == 0 && s.w.byName[need.Name] != nil {
			out = append(out, s.w.byName[need.Name].promises(need.Name, seen)...)
		}
		if percent > 0 && percent < 100 {
			out = append(out, availability{need.Name, via, percent})
		}
	}
	return out
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

// mostHonest is the highest objective, with as many decimals as the app's own and at least one, that what is lost leaves a budget
// to; empty: there is none.
func mostHonest(lost *big.Rat, own float64) string {
	_, fraction, _ := strings.Cut(decimal(own), ".")
	decimals := max(1, len(fraction))
	scale := exactly(1)
	for range decimals {
		scale.Mul(scale, exactly(10))
	}
	limit := exactly(100)
	limit.Mul(limit.Sub(limit, lost), scale)
	steps := new(big.Int).Quo(limit.Num(), limit.Denom())
	if limit.IsInt() { // at the limit itself nothing would be left
		steps.Sub(steps, big.NewInt(1))
	}
	if steps.Sign() <= 0 {
		return ""
	}
	most := new(big.Rat).SetInt(steps)
	return places(most.Quo(most, scale))
}

// composeLatency warns of hard needs that may take longer than the app itself.
func (s *spec) composeLatency(own int64) {
	var slower, all []string
	sum := int64(0)
	for _, need := range s.app.Needs {
		callee := s.w.byName[need.Name]
		if need.Kind != app.NeedApp || need.Soft || callee == nil || callee.app.SLO == nil || callee.app.SLO.LatencyMillis == 0 {
			continue
		}
		under := callee.app.SLO.LatencyMillis
		name := fmt.Sprintf("%s (%s)", need.Name, text(callee.get("slo.latency.under")))
		sum, all = sum+under, append(all, name)
		if under > own {
			slower = append(slower, name)
		}
	}
	const want = "needs that are faster than the app"
	promised := text(s.get("slo.latency.under"))
	switch {
	case len(slower) > 0:
		s.warn("slo.latency.under", "latency-fits-needs", fmt.Sprintf("%s may take longer than the %s that the app promises", load.Prose(slower, "and"), promised), want, "raise it, lower theirs, or mark a need soft: true")
	case sum > own:
		s.warn("slo.latency.under", "latency-fits-needs", fmt.Sprintf("%s may take %s one after the other, and the app promises %s", load.Prose(all, "and"), inMillis(sum), promised), want, "raise it, call them at the same time, or mark a need soft: true")
	}
}

// left is what an objective leaves to bad events, both in percent.
func left(percent float64) *big.Rat { return new(big.Rat).Sub(exactly(100), exactly(percent)) }

// places writes a number that has finitely many decimals: 0.15.
func places(r *big.Rat) string {
	digits, _ := r.FloatPrec()
	return r.FloatString(digits)
}

// wholePercent writes a share in percent, rounded to whole ones; less than all is never 100.
func wholePercent(share *big.Rat) string {
	percent := new(big.Rat).Mul(share, exactly(100)).FloatString(0)
	if percent == "100" && share.Cmp(big.NewRat(1, 1)) < 0 {
		return "over 99"
	}
	return percent
}
