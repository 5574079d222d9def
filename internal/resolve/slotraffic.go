package resolve

import (
	"fmt"
	"math/big"
	"strconv"

	"github.com/scantling/scantling/internal/app"
)

// badToTrust is how many bad events an hour at the rate that pages must bring, so that no single one counts for much. Source:
// judgement, as for badRequests.
const badToTrust = 10

// heard decides who hears of an objective that is missed, and from how many bad events on.
func (s *spec) heard(o *app.Objective, path string) {
	if o.Pages = s.app.Tier != app.BestEffort; o.Pages {
		s.decided(path+".pages", app.BySpec, s.at("tier"), fmt.Sprintf("tier %s wakes somebody", s.app.Tier))
	}
	switch rps, known := s.trafficOf(o); {
	case o.Source == "cron", o.Backlog > 0:
		s.derived(path+".guardEvents", "what counts is time, not events: there is always enough of it")
	case known && s.proves(rps, o.Percent):
		s.derived(path+".guardEvents", "the rate that pages is at least %d bad events in an hour: no single one counts for much", badToTrust)
	default:
		o.GuardEvents = s.fromTier(path+".guardEvents", "guardEvents")
		if o.LongOnly = known && s.scarce(rps); o.LongOnly {
			s.decided(path+".longOnly", app.BySpec, s.at("traffic.rps"), "less than one request in five minutes")
		}
	}
}

// trafficOf is how many events an objective counts in a second; false: nobody has said.
func (s *spec) trafficOf(o *app.Objective) (*big.Rat, bool) {
	switch rps, known := s.expected(); o.Source {
	case "probe":
		return big.NewRat(1, max(o.Seconds, 1)), true
	case "queue": // traffic is about requests
		return nil, false
	default:
		return exactly(rps), known
	}
}

// proves reports whether the traffic is enough to believe the rate that pages: 2 % of the budget in one hour of the window. Source:
// SRE Workbook, chapter 5.
func (s *spec) proves(rps *big.Rat, percent float64) bool {
	factor := big.NewRat(2*24*int64(s.app.SLO.WindowDays), 100) // 14.4 for 30 days
	rate := factor.Mul(factor, left(percent))
	rate.Quo(rate, exactly(100))
	if one := big.NewRat(1, 1); rate.Cmp(one) > 0 {
		rate = one
	}
	bad := rate.Mul(rate, rps)
	return bad.Mul(bad, big.NewRat(3600, 1)).Cmp(big.NewRat(badToTrust, 1)) >= 0
}

// scarce reports whether less than one event is expected in five minutes.
func (s *spec) scarce(rps *big.Rat) bool { return rps.Cmp(big.NewRat(1, 300)) < 0 }

// exactly is a number as it is written in decimals, which few binary fractions are.
func exactly(f float64) *big.Rat {
	r, ok := new(big.Rat).SetString(strconv.FormatFloat(f, 'f', -1, 64))
	if !ok {
		return new(big.Rat)
	}
	return r
}

// checkTraffic warns of an objective on so few requests that a single failure breaks it.
func (s *spec) checkTraffic() {
	rps, known := s.expected()
	switch source := s.app.SLO.Source; {
	case !known, source == "probe", source == "queue", source == "cron":
		return
	}
	const help = `add source: "probe" to slo: it asks at a steady pace`
	few, inFive := s.number("fewRequestsInFiveMinutes"), rps*300
	about := decimal(float64(int(inFive*10+0.5)) / 10)
	if inFive < 0.05 {
		about = "hardly any"
	} else {
		about = "about " + about
	}
	unheard := "in an hour wake nobody"
	if s.app.Tier == app.BestEffort {
		unheard = "in a day make no ticket"
	}
	switch {
	case s.scarce(exactly(rps)):
		s.warn("traffic.rps", "objective-has-traffic", about+" requests in five minutes: too few for anything but tickets, about the last three days", "1 request in five minutes, or another source", help)
	case inFive < float64(few):
		s.warn("traffic.rps", "objective-has-traffic", fmt.Sprintf("%s requests in five minutes: one failure is %d %% of them, so that fewer than %d %s", about, int(100/max(inFive, 1)), s.number("guardEvents"), unheard),
			fmt.Sprintf("%d requests in five minutes, or another source", few), help)
	}
}
