// Package slo is the arithmetic of objectives: what Prometheus counts, over which windows, and when somebody hears of it.
package slo

import (
	"fmt"
	"strconv"

	"github.com/scantling/scantling/internal/app"
)

// The series that rules record for each objective, with the labels of Labels. Their names are those of Sloth, where Sloth has them.
// Of the ratios there is one for each window: RatioOver.
const (
	Total           = "slo:sli_total:rate5m"                    // events per second
	Errors          = "slo:sli_errors:rate5m"                   // bad events per second; 0 without any
	TotalSample     = "slo:sli_total:sample2m"                  // Total every two minutes, for the long windows
	ErrorsSample    = "slo:sli_errors:sample2m"                 // Errors every two minutes
	TargetRatio     = "slo:objective:ratio"                     // the promise, from 0 to 1
	BudgetRatio     = "slo:error_budget:ratio"                  // what may be bad, from 0 to 1
	PeriodDays      = "slo:time_period:days"                    // the window
	CurrentBurn     = "slo:current_burn_rate:ratio"             // how fast the budget goes now; 1: it lasts for the window
	PeriodBurn      = "slo:period_burn_rate:ratio"              // how much of the budget the window has spent; 1: all
	BudgetRemaining = "slo:period_error_budget_remaining:ratio" // what is left of the budget; negative: overspent
	ratioOver       = "slo:sli_error:ratio_rate"                // bad events as a share of all, over a window
)

// RatioOver is the name of the record of bad events as a share of all over a window, such as "5m" or "28d".
func RatioOver(window string) string { return ratioOver + window }

// The groups of an app's rules, by the time between two evaluations.
const (
	ShortSeconds = 30  // what pages
	LongSeconds  = 120 // the windows from two hours on; a sample is gone after five minutes
)

// Labels are the labels of everything that is recorded about an objective.
func Labels(a app.App, o app.Objective) map[string]string {
	return map[string]string{"namespace": a.Namespace, "service": a.Name, "slo": o.Name}
}

// Selector selects what is recorded about an objective: {namespace="shop",service="web",slo="availability"}.
func Selector(a app.App, o app.Objective) string {
	return fmt.Sprintf("{namespace=%s,service=%s,slo=%s}", strconv.Quote(a.Namespace), strconv.Quote(a.Name), strconv.Quote(o.Name))
}
