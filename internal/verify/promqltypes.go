package verify

import (
	"slices"
	"strings"
)

// promType is what an expression returns: v a value for each of some series, m samples of each over a range, s one number, t a text.
type promType byte

// promSignatures are the arguments of each function that Prometheus has, those under flags and of version 2 included: the letter of a
// type for each; after "?" all that follow may be left out, and the last one before "*" may come again.
// https://prometheus.io/docs/prometheus/latest/querying/functions/
var promSignatures = signatures(map[string]string{
	"v": `abs absent acos acosh asin asinh atan atanh ceil cos cosh deg exp floor histogram_avg histogram_count histogram_stddev
		histogram_stdvar histogram_sum ln log10 log2 rad scalar sgn sin sinh sort sort_desc sqrt start_timestamp tan tanh timestamp`,
	"m": `absent_over_time avg_over_time changes count_over_time delta deriv first_over_time idelta increase irate last_over_time
		mad_over_time max_over_time min_over_time present_over_time rate resets stddev_over_time stdvar_over_time sum_over_time
		ts_of_first_over_time ts_of_last_over_time ts_of_max_over_time ts_of_min_over_time`,
	"?v":     "day_of_month day_of_week day_of_year days_in_month hour minute month year",
	"":       "end pi range start step time",
	"s":      "vector",
	"ss":     "max_of min_of",
	"vss":    "clamp",
	"vs":     "clamp_max clamp_min",
	"v?s":    "round",
	"v?v":    "info",
	"ms":     "predict_linear",
	"m?s":    "integral",
	"mss":    "double_exponential_smoothing holt_winters",
	"sm":     "quantile_over_time",
	"sv":     "histogram_quantile",
	"ssv":    "histogram_fraction",
	"vts*":   "histogram_quantiles",
	"vtttt":  "label_replace",
	"vtt?t*": "label_join",
	"v?t*":   "sort_by_label sort_by_label_desc",
})

// promAggregations are the arguments of each.
var promAggregations = signatures(map[string]string{
	"v":  "avg count group max min stddev stdvar sum",
	"sv": "bottomk limit_ratio limitk quantile topk",
	"tv": "count_values",
})

func signatures(byArguments map[string]string) map[string]string {
	all := map[string]string{}
	for arguments, names := range byArguments {
		for _, name := range strings.Fields(names) {
			all[name] = arguments
		}
	}
	return all
}

// promNumeric are the functions that return one number.
var promNumeric = []string{"end", "max_of", "min_of", "pi", "range", "scalar", "start", "step", "time"}

// returns is the type of an expression.
func (e *promExpr) returns() promType {
	if e.ranged {
		return 'm'
	}
	if e.result != 0 {
		return e.result
	}
	switch {
	case e.kind == promNumber, e.kind == promCall && slices.Contains(promNumeric, e.name),
		e.kind == promOperation && e.args[0].returns() == 's' && e.args[1].returns() == 's':
		e.result = 's'
	case e.kind == promText:
		e.result = 't'
	default:
		e.result = 'v'
	}
	return e.result
}

// promTypeNames are the types in words.
var promTypeNames = map[promType]string{'v': "an instant of series", 'm': "a range of samples, as in x[5m]", 's': "a number", 't': "a string"}

// typed finds what Prometheus refuses because of its type.
func (p *promParser) typed(e *promExpr) {
	if p.problem != nil {
		return
	}
	switch e.kind {
	case promCall:
		arguments, known := promSignatures[e.name]
		if !known {
			p.fail("Prometheus has no function %s", e.name)
			p.problem.unsure = true
			return
		}
		p.arity(e, arguments)
	case promAggregate:
		p.arity(e, promAggregations[e.name])
	case promSubquery:
		if t := e.args[0].returns(); t != 'v' {
			p.fail("a subquery is of %s", promTypeNames[t])
		}
	case promOperation:
		p.sides(e)
	}
}

// arity compares arguments with what a function takes.
func (p *promParser) arity(e *promExpr, arguments string) {
	needed, more, optional := strings.Cut(arguments, "?")
	more, again := strings.CutSuffix(more, "*")
	if !optional {
		needed, again = strings.CutSuffix(needed, "*")
	}
	all := needed + more
	if len(e.args) < len(needed) || len(e.args) > len(all) && !again {
		p.fail("%s takes %d arguments, and has %d", e.name, len(needed), len(e.args))
		return
	}
	for i, a := range e.args {
		want := promType(all[min(i, len(all)-1)])
		if got := a.returns(); got != want {
			p.fail("%s wants %s and gets %s", e.name, promTypeNames[want], promTypeNames[got])
		}
	}
}

// sides compares what stands on the sides of an operator.
func (p *promParser) sides(e *promExpr) {
	set := e.name == "and" || e.name == "or" || e.name == "unless"
	for _, side := range e.args {
		if t := side.returns(); t != 'v' && (t != 's' || set) {
			p.fail("%s stands beside %s", e.name, promTypeNames[t])
			return
		}
	}
	compares := strings.Contains("== != < > <= >=", e.name)
	switch {
	case e.boolean && !compares:
		p.fail("bool stands behind %s, which compares nothing", e.name)
	case compares && !e.boolean && e.returns() == 's':
		p.fail("two numbers are compared without bool")
	case e.grouping != "" && (e.args[0].returns() == 's' || e.args[1].returns() == 's'):
		p.fail("%s matches labels, and one side is a number", e.grouping)
	}
}
