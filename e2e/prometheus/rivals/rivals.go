// Package rivals writes the rules that others would, from what they publish about their method: Sloth and Pyrra.
package rivals

import (
	"fmt"
	"strings"
	"time"
)

// Objective is one promise about a counter of requests.
type Objective struct {
	Name   string
	Budget float64 // the share of requests that may fail: 0.001
	Days   int
	Metric string // http_requests_total
	By     string // matchers of all requests: job="web"
	Bad    string // matchers of those that fail: code=~"5.."
}

func (o Objective) total() string  { return o.Metric + "{" + o.By + "}" }
func (o Objective) errors() string { return o.Metric + "{" + o.By + "," + o.Bad + "}" }

// ratio is the share of errors over a window of the raw counters.
func (o Objective) ratio(window string) string {
	return fmt.Sprintf("sum(rate(%[1]s[%[3]s])) / sum(rate(%[2]s[%[3]s]))", o.errors(), o.total(), window)
}

// The values of the label rules, by which the series of one can be told from those of another.
const (
	SlothLabel = "sloth"
	PyrraLabel = "pyrra"
)

// file is a rule file in the making.
type file struct {
	strings.Builder
	labels string
}

func (f *file) group(name, interval string) {
	fmt.Fprintf(f, "- name: %s\n  interval: %s\n  rules:\n", name, interval)
}

func (f *file) record(name, expr string, labels ...string) {
	fmt.Fprintf(f, "  - record: %s\n    expr: %q\n    labels: {%s}\n", name, expr, strings.Join(append([]string{f.labels}, labels...), ", "))
}

func (f *file) alert(name, severity, wait, expr string, labels ...string) {
	all := strings.Join(append([]string{f.labels, "severity: " + severity}, labels...), ", ")
	fmt.Fprintf(f, "  - alert: %s\n    expr: %q\n    for: %s\n    labels: {%s}\n", name, expr, wait, all)
}

// Sloth is a rule file as Sloth's: the ratio of errors over each window of the raw counters, and over the period as the mean of the
// ratios of five minutes, each of which weighs the same, however many requests it had.
func Sloth(o Objective) string {
	f := &file{labels: "sloth_id: " + o.Name + ", rules: " + SlothLabel}
	f.WriteString("groups:\n")
	by := fmt.Sprintf(`{sloth_id=%q}`, o.Name)
	ratio := func(window string) string { return "slo:sli_error:ratio_rate" + window + by }
	f.group("sloth-sli-"+o.Name, "30s")
	for _, window := range []string{"5m", "30m", "1h", "2h", "6h", "1d", "3d"} {
		f.record("slo:sli_error:ratio_rate"+window, o.ratio(window), "sloth_window: "+window)
	}
	period := fmt.Sprintf("%dd", o.Days)
	f.record("slo:sli_error:ratio_rate"+period, fmt.Sprintf("sum_over_time(%[1]s[%[2]s]) / ignoring(sloth_window) count_over_time(%[1]s[%[2]s])", ratio("5m"), period), "sloth_window: "+period)

	f.group("sloth-meta-"+o.Name, "30s")
	f.record("slo:objective:ratio", fmt.Sprintf("vector(1 - %v)", o.Budget))
	f.record("slo:error_budget:ratio", fmt.Sprintf("vector(%v)", o.Budget))
	f.record("slo:time_period:days", fmt.Sprintf("vector(%d)", o.Days))
	f.record("slo:current_burn_rate:ratio", ratio("5m")+" / on(sloth_id) group_left() slo:error_budget:ratio"+by)
	f.record("slo:period_burn_rate:ratio", ratio(period)+" / on(sloth_id) group_left() slo:error_budget:ratio"+by)
	f.record("slo:period_error_budget_remaining:ratio", "1 - slo:period_burn_rate:ratio"+by)
	f.record("sloth_slo_info", "vector(1)")

	f.group("sloth-alerts-"+o.Name, "30s")
	pair := func(short, long, factor string) string {
		over := func(window string) string {
			return fmt.Sprintf("max without(sloth_window) (%s > %s * %v)", ratio(window), factor, o.Budget)
		}
		return "(" + over(short) + " and " + over(long) + ")"
	}
	f.alert("SlothBurn", "page", "0s", pair("5m", "1h", "14.4")+" or "+pair("30m", "6h", "6"))
	f.alert("SlothBurn", "ticket", "0s", pair("2h", "1d", "3")+" or "+pair("6h", "3d", "1"))
	return f.String()
}

// Pyrra is a rule file as Pyrra's without its mode for speed: burn rates of the raw counters, and the increase of each over the whole period.
func Pyrra(o Objective) string {
	f := &file{labels: "pyrra_slo: " + o.Name + ", rules: " + PyrraLabel}
	f.WriteString("groups:\n")
	by := fmt.Sprintf(`{pyrra_slo=%q}`, o.Name)
	period := fmt.Sprintf("%dd", o.Days)
	f.group("pyrra-increase-"+o.Name, "150s") // what it chooses for four weeks
	increase := "pyrra:increase" + period
	f.record(increase, fmt.Sprintf("sum by (code) (increase(%s[%s]))", o.total(), period))
	// As long as a total outage takes to cross its fastest pair, and what that pair waits for.
	absent := (time.Duration(14*o.Budget*float64(time.Hour)) + 2*time.Minute).Round(time.Minute)
	f.alert("SLOMetricAbsent", "page", absent.String(), "absent("+o.total()+") == 1")

	f.group("pyrra-burn-"+o.Name, "30s")
	for _, window := range []string{"5m", "30m", "1h", "2h", "6h", "1d", "4d"} {
		f.record("pyrra:burnrate"+window, o.ratio(window))
	}
	for _, a := range []struct{ severity, wait, factor, short, long string }{
		{"page", "2m", "14", "5m", "1h"},
		{"page", "15m", "7", "30m", "6h"},
		{"ticket", "1h", "2", "2h", "1d"},
		{"ticket", "3h", "1", "6h", "4d"},
	} {
		f.alert("PyrraBurn", a.severity, a.wait, fmt.Sprintf("pyrra:burnrate%[1]s%[3]s > (%[4]s * %[5]v) and pyrra:burnrate%[2]s%[3]s > (%[4]s * %[5]v)", a.short, a.long, by, a.factor, o.Budget), "short: "+a.short)
	}

	f.group("pyrra-generic-"+o.Name, "30s")
	f.record("pyrra_objective", fmt.Sprintf("vector(1 - %v)", o.Budget))
	f.record("pyrra_window", fmt.Sprintf("vector(%d)", o.Days*24*3600))
	bad := fmt.Sprintf("%s{pyrra_slo=%q,%s}", increase, o.Name, o.Bad)
	f.record("pyrra_availability", fmt.Sprintf("1 - sum(%s or vector(0)) / sum(%s%s)", bad, increase, by))
	f.record("pyrra_requests:rate5m", fmt.Sprintf("sum(rate(%s[5m]))", o.total()))
	f.record("pyrra_errors:rate5m", fmt.Sprintf("sum(rate(%s[5m])) or vector(0)", o.errors()))
	return f.String()
}

// PyrraLeft is how Pyrra shows what is left of the budget.
func PyrraLeft(o Objective) string {
	return fmt.Sprintf("1 - (1 - pyrra_availability{pyrra_slo=%q}) / %v", o.Name, o.Budget)
}

// SlothLeft is what Sloth records about it.
func SlothLeft(o Objective) string {
	return fmt.Sprintf("slo:period_error_budget_remaining:ratio{sloth_id=%q}", o.Name)
}
