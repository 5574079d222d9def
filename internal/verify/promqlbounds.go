package verify

import (
	"math/big"
	"slices"
	"strings"
)

// promBounds are what the values of an expression lie between; nil: they may be anything on that side. What is no number (0/0) compares
// with nothing, and is left out.
type promBounds struct{ low, high *big.Rat }

// one and zero are only read.
var zero, one = new(big.Rat), big.NewRat(1, 1)

var promShare = promBounds{zero, one}

// deepestRecord is how many records that are made of records are followed.
const deepestRecord = 3

// bounds returns what is known of the values of an expression.
func (b *ruleBook) bounds(e *promExpr, depth int) promBounds {
	if n := e.number(); n != nil {
		return promBounds{n, n}
	}
	switch e.kind {
	case promSeries:
		return b.boundsOfSeries(e, depth)
	case promCall:
		return b.boundsOfCall(e, depth)
	case promAggregate:
		switch e.name {
		case "min", "max", "avg", "topk", "bottomk", "quantile", "limitk", "limit_ratio":
			return b.bounds(e.args[len(e.args)-1], depth)
		case "group":
			return promBounds{one, one}
		case "count":
			return promBounds{one, nil}
		}
	case promOperation:
		return b.boundsOfOperation(e, depth)
	}
	return promBounds{}
}

func (b *ruleBook) boundsOfSeries(e *promExpr, depth int) promBounds {
	switch {
	case e.name == "up", strings.HasPrefix(e.name, ratioRecord):
		return promShare
	case depth >= deepestRecord || !strings.Contains(e.name, ":") || len(b.records[e.name]) == 0:
		return promBounds{}
	}
	made := b.records[e.name]
	all := b.bounds(made[0].expr, depth+1)
	for _, r := range made[1:] {
		if all == (promBounds{}) {
			break // whatever the others are
		}
		all = all.or(b.bounds(r.expr, depth+1))
	}
	return all
}

func (b *ruleBook) boundsOfCall(e *promExpr, depth int) promBounds {
	switch e.name {
	case "vector", "scalar", "min_over_time", "max_over_time", "avg_over_time", "last_over_time", "sort", "sort_desc", "label_replace", "label_join":
		return b.bounds(e.args[0], depth)
	case "absent", "absent_over_time", "present_over_time":
		return promBounds{one, one}
	case "rate", "increase", "irate", "count_over_time", "changes", "resets", "abs":
		return promBounds{zero, nil}
	}
	return promBounds{}
}

func (b *ruleBook) boundsOfOperation(e *promExpr, depth int) promBounds {
	x, y := b.bounds(e.args[0], depth), b.bounds(e.args[1], depth)
	switch e.name {
	case "or":
		return x.or(y)
	case "and", "unless":
		return x
	case "==", "!=", "<", "<=", ">", ">=":
		if e.boolean {
			return promShare
		}
		return x
	case "*":
		return x.times(y)
	case "/":
		if isShare(e.args[0], e.args[1]) {
			return promShare
		}
		if n := e.args[1].number(); n != nil && n.Sign() != 0 {
			n = new(big.Rat).Inv(n)
			return x.times(promBounds{n, n})
		}
	case "+":
		return promBounds{sumOf(x.low, y.low), sumOf(x.high, y.high)}
	case "-":
		return promBounds{sumOf(x.low, negative(y.high)), sumOf(x.high, negative(y.low))}
	}
	return promBounds{}
}

// or returns what both lie between.
func (x promBounds) or(y promBounds) promBounds {
	var all promBounds
	if x.low != nil && y.low != nil {
		all.low = slices.MinFunc([]*big.Rat{x.low, y.low}, (*big.Rat).Cmp)
	}
	if x.high != nil && y.high != nil {
		all.high = slices.MaxFunc([]*big.Rat{x.high, y.high}, (*big.Rat).Cmp)
	}
	return all
}

// times returns the bounds of a product, where one side is a constant that is not negative.
func (x promBounds) times(y promBounds) promBounds {
	if x.low != nil && x.low == x.high {
		x, y = y, x
	}
	if y.low == nil || y.low != y.high || y.low.Sign() < 0 {
		return promBounds{}
	}
	scaled := func(n *big.Rat) *big.Rat {
		if n == nil {
			return nil
		}
		return new(big.Rat).Mul(n, y.low)
	}
	return promBounds{scaled(x.low), scaled(x.high)}
}

func sumOf(x, y *big.Rat) *big.Rat {
	if x == nil || y == nil {
		return nil
	}
	return new(big.Rat).Add(x, y)
}

func negative(x *big.Rat) *big.Rat {
	if x == nil {
		return nil
	}
	return new(big.Rat).Neg(x)
}

// isShare reports whether one number counts a part of what another one counts: the same sum, of fewer series.
func isShare(part, whole *promExpr) bool {
	for whole.kind == promOperation && slices.Contains([]string{">", ">=", "!="}, whole.name) && !whole.boolean {
		whole = whole.args[0] // a filter, such as > 0
	}
	if part.kind != whole.kind || part.name != whole.name || part.grouping != whole.grouping || !slices.Equal(part.labels, whole.labels) ||
		part.span != whole.span || part.offset != whole.offset || len(part.args) != len(whole.args) {
		return false
	}
	switch part.kind {
	case promSeries:
		return !slices.ContainsFunc(whole.match, func(m promMatcher) bool { return !slices.Contains(part.match, m) })
	case promAggregate:
		return part.name == "sum" && isShare(part.args[0], whole.args[0])
	case promCall:
		return slices.Contains([]string{"rate", "increase", "irate"}, part.name) && isShare(part.args[0], whole.args[0])
	}
	return false
}

// never returns a comparison for which an expression can return nothing at all, whatever is measured; nil: it may return something.
func (b *ruleBook) never(e *promExpr) *promExpr {
	switch {
	case e.kind == promAggregate, e.kind == promCall && len(e.args) > 0 && e.returns() == 'v' && !strings.HasPrefix(e.name, "absent") && e.name != "vector":
		for _, a := range e.args {
			if a.returns() == 'v' {
				return b.never(a)
			}
		}
	case e.kind != promOperation:
	case e.name == "or":
		left, right := b.never(e.args[0]), b.never(e.args[1])
		if left != nil && right != nil {
			return left
		}
	case e.name == "unless":
		return b.never(e.args[0])
	default:
		for _, a := range e.args {
			if x := b.never(a); x != nil {
				return x
			}
		}
		if !e.boolean && b.refuted(e) {
			return e
		}
	}
	return nil
}

// refuted reports whether a comparison is false for all values that its sides can have.
func (b *ruleBook) refuted(e *promExpr) bool {
	if !slices.Contains([]string{">", ">=", "<", "<=", "=="}, e.name) {
		return false
	}
	x, y := b.bounds(e.args[0], 0), b.bounds(e.args[1], 0)
	if e.name == "<" || e.name == "<=" {
		x, y = y, x
	}
	above := func(x, y promBounds) int { // 1: x never reaches y, 0: it reaches it, and is never above
		if x.high == nil || y.low == nil {
			return -1
		}
		return y.low.Cmp(x.high)
	}
	switch e.name {
	case ">", "<":
		return above(x, y) >= 0
	case ">=", "<=":
		return above(x, y) > 0
	}
	return above(x, y) > 0 || above(y, x) > 0
}
