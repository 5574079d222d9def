package verify

import (
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/scantling/scantling/internal/inventory"
)

func alertCanFire(c *checker) {
	b := c.told()
	bounded := map[*inventory.Rules]int{}
	for _, r := range b.alerts() {
		for _, part := range alternatives(r.expr) {
			if x := b.never(part); x != nil {
				c.violated(r.object.Object, r.path, "everything fails: %s stays silent, %s", r.name(), b.impossible(x, len(alternatives(r.expr)) > 1))
			}
		}
		r.expr.walk(func(e *promExpr) {
			if e.kind == promOperation && !e.boolean && slices.Contains([]string{">", ">=", "<", "<="}, e.name) && b.bounds(e.args[0], 0).high != nil && e.args[1].number() != nil {
				bounded[r.object]++
			}
		})
	}
	for _, o := range c.Rules {
		if n := bounded[o]; n > 0 {
			c.proved(o.Object, "%d comparisons with what lies between known bounds can come true", n)
		}
	}
}

// alternatives are the parts of an alert of which any makes it fire.
func alternatives(e *promExpr) []*promExpr {
	for e.kind == promAggregate && e.name != "absent" && len(e.args) == 1 {
		e = e.args[0]
	}
	return e.parts("or")
}

// impossible says why a comparison is never true.
func (b *ruleBook) impossible(x *promExpr, one bool) string {
	side := func(e *promExpr) string {
		if n := e.number(); n != nil {
			return decimal(n)
		}
		bounds := b.bounds(e, 0)
		name := "its value"
		if all := e.series(); len(all) > 0 {
			name = strings.Trim(all[0].name, ":")
		}
		switch {
		case bounds.high == nil:
			return fmt.Sprintf("%s, at least %s", name, decimal(bounds.low))
		case bounds.low == nil, bounds.low.Sign() == 0:
			return fmt.Sprintf("%s, at most %s", name, decimal(bounds.high))
		}
		return fmt.Sprintf("%s, from %s to %s", name, decimal(bounds.low), decimal(bounds.high))
	}
	text := fmt.Sprintf("(%s) %s %s is never true", side(x.args[0]), x.name, side(x.args[1]))
	if one {
		return "as far as this condition goes: " + text
	}
	return text
}

// decimal writes a number with as many digits as it needs, and no more than six behind the point.
func decimal(n *big.Rat) string {
	text := n.FloatString(6)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}

// errorRateIsPerService looks for a share of the same counter, of which nobody says whose it is.
func errorRateIsPerService(c *checker) {
	for _, r := range c.told().alerts() {
		shares := 0
		r.expr.walk(func(e *promExpr) {
			if !e.is(promOperation, "/") || !isShare(e.args[0], e.args[1]) || e.args[1].kind != promAggregate {
				return
			}
			shares++
			if whole := e.args[1]; whole.grouping == "" && len(whole.series()[0].match) == 0 {
				metric := whole.series()[0].name
				c.violated(r.object.Object, r.path, "a service with 1 %% of all requests fails completely: the share of bad %s in the whole cluster rises by 1 %%, and %s is about no service", metric, r.name())
				shares--
			}
		})
		if shares > 0 {
			c.proved(r.object.Object, "%s is about the requests of one service", r.name())
		}
	}
}

func quantileKeepsLE(c *checker) {
	for _, r := range c.told().all {
		if r.expr == nil {
			continue
		}
		r.expr.walk(func(e *promExpr) {
			if !e.is(promCall, "histogram_quantile") {
				return
			}
			of := e.args[1]
			all := of.series()
			if len(all) == 0 || !strings.HasSuffix(all[0].name, "_bucket") {
				return // a native histogram has no le; and what a record holds, its name does not say
			}
			keeps := slices.Contains(of.labels, "le") == (of.grouping == "by")
			switch {
			case of.kind == promAggregate && (of.grouping == "" || !keeps):
				c.violated(r.object.Object, r.path, "%s computes a quantile of %s without le: its buckets are added to one, and it returns nothing", r.name(), all[0].name)
			case of.kind == promCall && len(all[0].match) == 0:
				c.violated(r.object.Object, r.path, "%s computes a quantile of each series of %s: one for each pod, route and code, not that of the service", r.name(), all[0].name)
			case of.kind == promAggregate:
				c.proved(r.object.Object, "%s adds up the buckets of %s by le", r.name(), all[0].name)
			}
		})
	}
}
