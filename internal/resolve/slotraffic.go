package resolve

import (
	"fmt"
	"math/big"
	"strconv"

	"github.com/scantling/scantling/internal/app"
)

// busyRPS is from how many requests a second on ten minutes without one are no accident, even at night. Source: judgement; where the night
// has a hundredth of the usual load, six of them are left.
const busyRPS = 1

// heard decides who hears of an objective that is missed, and from how many bad events on. Traffic is the usual one: however much that is,
// a night may bring so little that one failure is a large share of it.
func (s *spec) heard(o *app.Objective, path string) {
	if o.Pages = s.app.Tier != app.BestEffort; o.Pages {
		s.decided(path+".pages", app.BySpec, s.at("tier"), fmt.Sprintf("tier %s wakes somebody", s.app.Tier))
	}
	if o.Source == "cron" || o.Backlog > 0 {
		s.derived(path+".guardEvents", "what counts is time, not events: there is always enough of it")
		return
	}
	o.GuardEvents = s.fromTier(path+".guardEvents", "guardEvents")
	rps, known := s.expected()
	if !known || o.Source == "probe" || o.Source == "queue" { // traffic is about requests
		return
	}
	if o.LongOnly = s.scarce(exactly(rps)); o.LongOnly {
		s.decided(path+".longOnly", app.BySpec, s.at("traffic.rps"), "less than one request in five minutes")
	}
	if o.Busy = rps >= busyRPS; o.Busy {
		s.decided(path+".busy", app.BySpec, s.at("traffic.rps"), "so many requests that ten minutes without one are no accident")
	}
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
		s.warn("traffic.rps", "objective-has-traffic", fmt.Sprintf("%s requests in five minutes: one failure is %d %% of them, so that fewer than %d %s", about, int(100/max(inFive, 1)+0.5), s.number("guardEvents"), unheard),
			fmt.Sprintf("%d requests in five minutes, or another source", few), help)
	}
}
