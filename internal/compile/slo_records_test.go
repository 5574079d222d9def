package compile_test

import (
	"fmt"
	"math/big"
	"slices"
)

// rat reads a decimal exactly; nil: it is none.
func rat(s string) *big.Rat {
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		return nil
	}
	return r
}

// constant is the number of a record that is a vector of it; nil: it is none.
func (o *pledge) constant(record string) *big.Rat {
	p, ok := o.records[record]
	if !ok || p.expr.kind != "call" || p.expr.name != "vector" || len(p.expr.args) != 1 || p.expr.args[0].kind != "number" {
		return nil
	}
	return rat(p.expr.args[0].name)
}

// period is the window of the promise, such as "28d"; empty: nobody says.
func (o *pledge) period() string {
	days := o.constant("slo:time_period:days")
	if days == nil || !days.IsInt() {
		return ""
	}
	return days.Num().String() + "d"
}

// wants says what a term lacks to be a record of this objective, over a window.
func (o *pledge) wants(t *term, metric, window string) string {
	return o.wantsFrom(t, metric, window, "")
}

// wantsFrom is wants, of what was some time ago.
func (o *pledge) wantsFrom(t *term, metric, window, ago string) string {
	match := []matcher{{"namespace", "=", o.namespace}, {"service", "=", o.service}, {"slo", "=", o.slo}}
	switch {
	case t.kind != "series" || t.name != metric || t.window != window || t.offset != ago:
		return fmt.Sprintf("reads %s%s over %q, not %s over %q", t.kind, t.name, t.window, metric, window)
	case !slices.Equal(t.match, match):
		return fmt.Sprintf("reads %s of %v", metric, t.match)
	}
	return ""
}

// expr is what a record is made of; an empty term: there is no such record.
func (o *pledge) expr(record string) *term {
	if p, ok := o.records[record]; ok {
		return p.expr
	}
	return &term{}
}
