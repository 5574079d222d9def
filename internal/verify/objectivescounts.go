package verify

import (
	"fmt"
	"math/big"
	"time"
)

// counts wants events to be counted: bad ones that are 0 and not nothing while nothing is bad, over the five minutes that a rate needs.
func (p *promised) counts(c *checker) {
	total, bad := p.records[totalRecord], p.records[errorsRecord]
	if total == nil || bad == nil {
		return // complete tells
	}
	for _, r := range []*toldRule{total, bad} {
		events := 0
		for _, s := range r.expr.series() {
			switch {
			case s.name == "up":
			case !isRecord(s.name):
				events++
			case r == total:
				p.say(c, totalRecord, "is made of "+s.name+", which is made of it")
			case p.reads(s, totalRecord, 0, 0) != "":
				p.say(c, errorsRecord, p.reads(s, totalRecord, 0, 0))
			}
			if s.ranged && s.span != 5*time.Minute {
				p.say(c, r.Record, fmt.Sprintf("counts over %s: its name says 5m", s.span))
			}
		}
		if events == 0 {
			p.say(c, r.Record, "counts no events")
		}
	}
	if of := bad.expr.series(); len(of) > 0 && !of[0].ranged {
		return // what asks again and again says 0 itself
	}
	counted := bad.expr
	if counted.is(promOperation, ">=") && !counted.boolean && counted.args[1].is(promNumber, "0") {
		counted = counted.args[0] // no number is left out
	}
	for _, part := range counted.parts("+") {
		if len(part.parts("or")) == 1 {
			p.say(c, errorsRecord, "is nothing instead of 0 until the first event is bad: no ratio, and no alert when that one is the last")
		}
	}
}

// ratios wants each ratio to be of counts of its own window.
func (p *promised) ratios(c *checker) {
	for _, w := range p.windows() {
		r := p.records[ratioRecord+w.name]
		if r == nil {
			continue // complete tells
		}
		bad, total, interval := errorsRecord, totalRecord, "30s"
		if w.long {
			bad, total, interval = errorsSamples, totalSamples, "2m"
		}
		p.say(c, r.Record, p.ratio(r.expr, bad, total, w))
		if is := r.object.Groups[r.group].Interval; is != interval {
			p.say(c, r.Record, fmt.Sprintf("is evaluated every %q: what it reads is there every %s", is, interval))
		}
	}
	for _, pair := range [][2]string{{totalSamples, totalRecord}, {errorsSamples, errorsRecord}} {
		if r := p.records[pair[0]]; r != nil {
			p.say(c, r.Record, p.reads(r.expr, pair[1], 0, 0))
		}
	}
}

// ratio says why an expression is not bad / (total > 0), counted over a window.
func (p *promised) ratio(e *promExpr, bad, total string, w window) string {
	if !e.is(promOperation, "/") || !e.args[1].is(promOperation, ">") || e.args[1].boolean || !e.args[1].args[1].is(promNumber, "0") {
		return "divides by what can be 0: an hour without requests makes it no number"
	}
	x, y := e.args[0], e.args[1].args[0]
	if w.name == "5m" {
		return firstOf(p.reads(x, bad, 0, 0), p.reads(y, total, 0, 0))
	}
	return firstOf(p.count(x, bad, w), p.count(y, total, w))
}

func firstOf(problems ...string) string {
	for _, text := range problems {
		if text != "" {
			return text
		}
	}
	return ""
}

// count says why an expression does not count the events of a window: each sample of it once, or for an hour the newest one for all of
// its five minutes, and the others for the rest.
func (p *promised) count(e *promExpr, record string, w window) string {
	problem := ""
	if w.name == "1h" {
		if !e.is(promOperation, "or") || !e.args[0].is(promOperation, "+") {
			return "knows late what came just now"
		}
		newest, others := e.args[0].args[0], e.args[0].args[1]
		if !newest.is(promOperation, "*") || !newest.args[0].is(promNumber, "10") || !others.is(promCall, "sum_over_time") {
			return "is no sum of the newest five minutes and the others"
		}
		problem = firstOf(p.reads(newest.args[1], record, 0, 0), p.reads(others.args[0], record, 55*time.Minute, 5*time.Minute))
		e = e.args[1]
	}
	if !e.is(promCall, "sum_over_time") {
		return "is no ratio of counts: a quiet hour weighs as much as a busy one"
	}
	return firstOf(problem, p.reads(e.args[0], record, w.is, 0))
}

// budget wants what burns and what is left to be shares of the recorded budget.
func (p *promised) budget(c *checker) {
	budget := p.constant(budgetRecord)
	windows := p.windows()
	period := windows[len(windows)-1].name
	for _, pair := range [][2]string{{burnRecord, "5m"}, {spentRecord, period}} {
		record, over := pair[0], pair[1]
		r := p.records[record]
		if r == nil {
			continue
		}
		var n *big.Rat
		if r.expr.is(promOperation, "/") {
			n = r.expr.args[1].number()
		}
		if n == nil || budget == nil || n.Cmp(budget) != 0 {
			p.say(c, record, "is no share of the budget that is recorded")
			continue
		}
		p.say(c, record, p.reads(r.expr.args[0], ratioRecord+over, 0, 0))
	}
	if r := p.records[leftRecord]; r != nil {
		if !r.expr.is(promOperation, "-") || !r.expr.args[0].is(promNumber, "1") {
			p.say(c, leftRecord, "is not what is left of 1")
			return
		}
		p.say(c, leftRecord, p.reads(r.expr.args[1], spentRecord, 0, 0))
	}
}
