package verify

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"
)

// burnPair is a row of the table of the SRE Workbook: over two windows the budget burns so fast that a share of it is gone.
type burnPair struct {
	short, long string
	hours       int64 // of the long window
	percent     int64 // of the budget
	alert       string
}

const (
	fastAlert    = "ErrorBudgetBurn"
	slowAlert    = "ErrorBudgetBurnSlow"
	outageAlert  = "SLOOutage"
	missingAlert = "SLOMissing"
)

// burnPairs are all of them, https://sre.google/workbook/alerting-on-slos/, table 5-8.
var burnPairs = []burnPair{
	{"5m", "1h", 1, 2, fastAlert}, {"30m", "6h", 6, 5, fastAlert}, {"2h", "1d", 24, 10, slowAlert}, {"6h", "3d", 72, 10, slowAlert},
}

// outageShare is the share of bad events that is an outage where a page about the budget can never fire.
var outageShare = big.NewRat(9, 10)

// threshold is the share of bad events above which a pair speaks; nil: nobody says what is promised.
func (p *promised) threshold(pair burnPair) *big.Rat {
	days, objective := p.constant(daysRecord), p.constant(objectiveRecord)
	if days == nil || objective == nil {
		return nil
	}
	factor := new(big.Rat).Mul(big.NewRat(24*pair.percent, 100*pair.hours), days)
	if factor.Cmp(one) < 0 {
		factor.Set(one)
	}
	return factor.Mul(factor, new(big.Rat).Sub(one, objective))
}

// condition is what one side of a pair waits for: a ratio of the objective above a number.
type condition struct {
	window string
	number *big.Rat
}

func (x condition) String() string { return x.window + " > " + decimal(x.number) }

// guard is a number of bad events: of a record's sum over a range, or of what it says now, times the seconds that a value stands for.
type guard struct {
	seconds int64
	record  string
	span    time.Duration
	least   string
}

// burn is what an alert about a budget waits for.
type burn struct {
	pairs  [][2]condition // short and long
	guards []guard        // any of which suffices; none: one bad event is enough
}

// burning reads an alert: max by (identity) of pairs that "or" joins, and beside it perhaps a guard.
func (p *promised) burning(e *promExpr) (b burn, problem string) {
	identity := func(x *promExpr, how string) bool { return x.groups(how, "namespace", "service", "slo") }
	if e.is(promOperation, "and") {
		if !identity(e, "on") {
			return b, "joins its guard by other labels than those of the objective"
		}
		for _, part := range e.args[1].parts("or") {
			g, problem := p.guard(part)
			if problem != "" {
				return b, problem
			}
			b.guards = append(b.guards, g)
		}
		e = e.args[0]
	}
	if !e.is(promAggregate, "max") || !identity(e, "by") {
		return b, "is as many alerts as its records have labels"
	}
	for _, part := range e.args[0].parts("or") {
		if !part.is(promOperation, "and") || !identity(part, "on") {
			return b, "is about one window alone: it goes on for hours after its cause has ended, or begins with every blip"
		}
		var both [2]condition
		for i, side := range part.args {
			if !side.is(promOperation, ">") || side.boolean || side.args[1].number() == nil || !strings.HasPrefix(side.args[0].name, ratioRecord) {
				return b, "compares no ratio with a number"
			}
			if text := p.reads(side.args[0], side.args[0].name, 0, 0); text != "" {
				return b, text
			}
			both[i] = condition{strings.TrimPrefix(side.args[0].name, ratioRecord), side.args[1].number()}
		}
		b.pairs = append(b.pairs, both)
	}
	return b, ""
}

// guard reads SECONDS * record >= NUMBER.
func (p *promised) guard(e *promExpr) (g guard, problem string) {
	if !e.is(promOperation, ">=") || !e.args[0].is(promOperation, "*") || e.args[0].args[0].number() == nil || e.args[1].number() == nil {
		return g, "is guarded by something else than bad events"
	}
	of := e.args[0].args[1]
	if of.is(promCall, "sum_over_time") {
		of = of.args[0]
	}
	if text := p.reads(of, of.name, of.span, 0); text != "" {
		return g, "is guarded by what " + text
	}
	return guard{e.args[0].args[0].number().Num().Int64(), of.name, of.span, decimal(e.args[1].number())}, ""
}

func objectiveIsWatched(c *checker) {
	for _, p := range c.promises() {
		before := len(c.results)
		stated, known := c.stated(p)
		p.pairs(c, stated, known)
		p.outage(c, stated, known)
		p.guarded(c, stated, known)
		p.absence(c)
		if len(c.results) == before {
			c.proved(p.object.Object, "%s of %s: %d alerts, the fastest above %s bad", p.slo, p.service, len(p.alerts), decimal(p.threshold(burnPairs[0])))
		}
	}
}

// stated returns what was declared of an objective, and whether it was.
func (c *checker) stated(p *promised) (Promise, bool) {
	if a := c.reached().apps[appKey{p.namespace, p.service}]; a != nil {
		if at := slices.IndexFunc(a.Promises, func(x Promise) bool { return x.Name == p.slo }); at >= 0 {
			return a.Promises[at], true
		}
	}
	return Promise{Rare: p.alerts[fastAlert] == nil && p.alerts[outageAlert] == nil && p.tier() != bestEffort}, false
}

const bestEffort = "best-effort"

// tier is that of the promise, as what bears its rules says.
func (p *promised) tier() string { return p.object.Labels["scantling.dev/tier"] }

// heard reports whether anybody wants to hear of a pair: nobody is woken for what may wait, and of few events only the longest window
// says something.
func (p *promised) heard(pair burnPair, stated Promise) bool {
	if stated.Rare {
		return pair.long == "3d"
	}
	return pair.alert == slowAlert || p.tier() != bestEffort
}

// tell reports what is wrong with an alert of the objective.
func (p *promised) tell(c *checker, alert, format string, args ...any) {
	path := "spec.groups"
	if r := p.alerts[alert]; r != nil {
		path = r.path()
	}
	c.violated(p.object.Object, path, "%s of %s: %s", p.slo, p.service, fmt.Sprintf(format, args...))
}

// pairs wants each alert to wait for exactly the rates at which the budget is gone too soon, as far as they can be reached.
func (p *promised) pairs(c *checker, stated Promise, known bool) {
	for _, alert := range []string{fastAlert, slowAlert} {
		var want, got []string
		for _, pair := range burnPairs {
			t := p.threshold(pair)
			if t != nil && pair.alert == alert && p.heard(pair, stated) && t.Cmp(one) < 0 {
				want = append(want, pair.short+" and "+condition{pair.long, t}.String())
			}
		}
		r := p.alerts[alert]
		if r == nil {
			if len(want) > 0 {
				p.tell(c, alert, "half of the requests fail: %s, which should wait for %s, is not there", alert, strings.Join(want, ", "))
			}
			continue
		}
		b, problem := p.burning(r.expr)
		if problem != "" {
			p.tell(c, alert, "%s %s", alert, problem)
			continue
		}
		for _, pair := range b.pairs {
			short, long := pair[0], pair[1]
			if short.number.Cmp(long.number) != 0 {
				p.tell(c, alert, "%s waits for %s in one window and %s in the other", alert, short, long)
				continue
			}
			got = append(got, short.window+" and "+long.String())
		}
		if !slices.Equal(got, want) {
			p.tell(c, alert, "%s waits for %s, and the budget is gone at %s", alert, listed(got), listed(want))
		}
	}
	if stated.Rare && !known {
		c.unknown(p.object.Object, "how often anybody asks %s: no alert about its %s wakes somebody", p.service, p.slo)
	}
}

func listed(words []string) string {
	if len(words) == 0 {
		return "nothing"
	}
	return strings.Join(words, ", ")
}

// outage wants somebody to hear of a total outage where a page about the budget can never fire.
func (p *promised) outage(c *checker, stated Promise, known bool) {
	wanted := slices.ContainsFunc(burnPairs, func(pair burnPair) bool {
		t := p.threshold(pair)
		return pair.alert == fastAlert && p.heard(pair, stated) && t != nil && t.Cmp(one) >= 0
	})
	r := p.alerts[outageAlert]
	switch {
	case r == nil && wanted:
		p.tell(c, outageAlert, "every request fails, and nobody is woken: a page about the budget waits for more than all of them")
	case r == nil:
	default:
		b, problem := p.burning(r.expr)
		if problem != "" || len(b.pairs) != 1 {
			p.tell(c, outageAlert, "%s %s", outageAlert, firstOf(problem, "waits for several rates"))
			return
		}
		for i, window := range []string{"5m", "30m"} {
			if x := b.pairs[0][i]; x.window != window || x.number.Cmp(outageShare) != 0 {
				p.tell(c, outageAlert, "%s waits for %s, and an outage is more than 0.9 in %s", outageAlert, x, window)
			}
		}
	}
}

// guarded wants no single bad event at night to wake anybody, unless there is always enough traffic.
func (p *promised) guarded(c *checker, stated Promise, known bool) {
	for _, alert := range []string{fastAlert, slowAlert, outageAlert} {
		r := p.alerts[alert]
		if r == nil {
			continue
		}
		b, problem := p.burning(r.expr)
		if problem != "" {
			continue // pairs tells
		}
		least := "10"
		if p.tier() == "critical" {
			least = "5"
		}
		if known && stated.BadEvents > 0 {
			least = fmt.Sprint(stated.BadEvents)
		}
		want := []guard{{300, errorsRecord, 0, least}, {30, errorsRecord, time.Hour, least}}
		if alert == slowAlert {
			day := 24 * time.Hour
			if stated.Rare {
				day = 72 * time.Hour // of what has few events, no shorter window says anything
			}
			want = []guard{{120, errorsSamples, day, least}}
		}
		switch {
		case known && (b.guards == nil) != (stated.BadEvents == 0):
			p.tell(c, alert, "one request fails at night: %s waits for %d bad events, and %d should wake nobody", alert, len(b.guards), stated.BadEvents)
		case b.guards != nil && !slices.Equal(b.guards, want):
			p.tell(c, alert, "%s counts bad events otherwise than %s of them in its window", alert, least)
		}
	}
}

// absence wants somebody to hear that nothing is counted: of the total, of which bad events are a part.
func (p *promised) absence(c *checker) {
	r := p.alerts[missingAlert]
	switch {
	case r == nil:
		p.tell(c, missingAlert, "its series are gone: every alert about it is silent, and %s is not there", missingAlert)
	case !r.expr.is(promCall, "absent"):
		p.tell(c, missingAlert, "its series are gone: %s returns nothing, since it is not of absent(…)", missingAlert)
	case p.reads(r.expr.args[0], totalRecord, 0, 0) != "":
		p.tell(c, missingAlert, "%s %s", missingAlert, p.reads(r.expr.args[0], totalRecord, 0, 0))
	default:
		if wait, ok := promDuration(r.For); !ok || wait < 10*time.Minute || wait > time.Hour {
			p.tell(c, missingAlert, "%s waits for %q, and not for the 10m that a restart of Prometheus may take, or somewhat longer", missingAlert, r.For)
		}
	}
}
