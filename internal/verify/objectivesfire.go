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
		if x := b.never(r.expr); x != nil {
			c.violated(r.object.Object, r.path(), "%s stays silent whatever happens: %s", r.name(), b.impossible(x))
			continue
		}
		for _, part := range alternatives(r.expr) {
			if x := b.never(part); x != nil {
				c.violated(r.object.Object, r.path(), "one of the conditions of %s never comes true: %s", r.name(), b.impossible(x))
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

// alternatives are the parts of an alert of which any will do, for all of it or for one side of an "and".
func alternatives(e *promExpr) []*promExpr {
	for e.kind == promAggregate && e.name != "absent" && len(e.args) == 1 {
		e = e.args[0]
	}
	if e.is(promOperation, "and") {
		return slices.Concat(alternatives(e.args[0]), alternatives(e.args[1]))
	}
	return e.parts("or")
}

// impossible says why a comparison is never true.
func (b *ruleBook) impossible(x *promExpr) string {
	side := func(e *promExpr) string {
		if n := e.number(); n != nil {
			return decimal(n)
		}
		bounds := b.bounds(e, 0)
		name := "its value"
		if all := e.series(); len(all) > 0 {
			name = all[0].name
			if e.kind != promSeries {
				name = "what is computed of " + name
			}
		}
		switch {
		case bounds.high == nil:
			return fmt.Sprintf("%s, at least %s", name, decimal(bounds.low))
		case bounds.low == nil, bounds.low.Sign() == 0:
			return fmt.Sprintf("%s, at most %s", name, decimal(bounds.high))
		}
		return fmt.Sprintf("%s, from %s to %s", name, decimal(bounds.low), decimal(bounds.high))
	}
	return fmt.Sprintf("(%s) is never %s %s", side(x.args[0]), x.name, side(x.args[1]))
}

// decimal writes a number with as many digits as it needs, and no more than six behind the point.
func decimal(n *big.Rat) string {
	text := n.FloatString(6)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}

// sharedMetrics are series that every service of a cluster has, by the conventions of the libraries that count them: what is named after
// one product is of that alone.
var sharedMetrics = []string{
	"http_requests_total", "http_request_total", "http_request_duration_seconds", "http_requests_duration_seconds", "http_server_requests_seconds",
	"http_server_request_duration_seconds", "http_server_duration_milliseconds", "grpc_server_handled_total", "grpc_server_handling_seconds",
	"istio_requests_total", "istio_request_duration_milliseconds", "requests_total", "request_duration_seconds",
}

// isShared reports whether series are of all services.
func isShared(metric string) bool {
	for _, suffix := range []string{"_bucket", "_count", "_sum"} {
		metric = strings.TrimSuffix(metric, suffix)
	}
	return slices.Contains(sharedMetrics, metric)
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
			if whole := e.args[1]; whole.grouping == "" && len(whole.series()[0].match) == 0 && isShared(whole.series()[0].name) {
				metric := whole.series()[0].name
				c.violated(r.object.Object, r.path(), "a service that gets 1 %% of all requests fails completely: of %s in the whole cluster 1 %% is bad, and %s does not say whose", metric, r.name())
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
				c.violated(r.object.Object, r.path(), "%s computes a quantile of %s without le: its buckets are added to one, and it returns nothing", r.name(), all[0].name)
			case of.kind == promCall && len(all[0].match) == 0 && isShared(all[0].name):
				c.violated(r.object.Object, r.path(), "%s computes a quantile of each series of %s: one for each pod, route and code, not that of the service", r.name(), all[0].name)
			case of.kind == promAggregate:
				c.proved(r.object.Object, "%s adds up the buckets of %s by le", r.name(), all[0].name)
			}
		})
	}
}
