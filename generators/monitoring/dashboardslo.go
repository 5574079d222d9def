package monitoring

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/slo"
)

// objectivePanels show each promise: how it is kept now, how fast its budget goes, and how much of that is left.
func objectivePanels(a app.App) []panel {
	if a.SLO == nil {
		return nil
	}
	var out []panel
	for _, o := range a.SLO.Objectives {
		left := slo.BudgetRemaining + slo.Selector(a, o)
		levels, bounds, why := budgetLevels(a.SLO.Policy)
		out = append(out,
			panel{
				title: name(o) + " now", unit: "percentunit", width: 4, number: true, digits: 2, missing: "idle",
				why:   fmt.Sprintf("Good events among those of the last five minutes. Red: less than the %s %% that are promised over %s.", percent(o.Percent), slo.Period(a)),
				usual: red, steps: []step{{number(slo.Target(o)), green}},
				lines: []line{{"", "1 - " + slo.RatioOver("5m") + slo.Selector(a, o)}},
			},
			panel{
				title: name(o) + ": budget left", unit: "percentunit", width: 4, number: true, missing: "no data",
				why:   fmt.Sprintf("Of the %s %% that may be bad over %s. %s", percent(100*number(slo.Budget(o))), slo.Period(a), why),
				usual: red, steps: levels,
				lines: []line{{"", left}},
			},
			burn(a, o),
			panel{
				title: name(o) + ": budget left over time", unit: "percentunit", width: 8, negative: true, why: why, steps: bounds,
				lines: []line{{"left", left}},
			})
	}
	return out
}

// burn shows the windows by which alerts judge, beside what each of them may be.
func burn(a app.App, o app.Objective) panel {
	p := panel{title: name(o) + ": burn rate", unit: "suffix:x", width: 8}
	by := " / "
	if slothReads(a) { // ratios have one label more
		by = " / ignoring (sloth_window) "
	}
	over := func(window string) line {
		return line{window, slo.RatioOver(window) + slo.Selector(a, o) + by + slo.BudgetRatio + slo.Selector(a, o)}
	}
	said := []string{"How many times faster than allowed the budget goes; at 1 it lasts exactly as long as the period."}
	for _, pair := range slo.Pairs(a, o) {
		p.lines = append(p.lines, over(pair.Long))
		color, what := orange, "Orange: a ticket"
		if pair.Page {
			color, what = red, "Red: a page"
		}
		p.steps = append(p.steps, step{number(pair.Factor), color})
		said = append(said, fmt.Sprintf("%s, over %s in %s and in %s.", what, pair.Factor, pair.Long, pair.Short))
	}
	slices.Reverse(p.steps) // the longest window bears the least
	if len(p.lines) == 0 {
		p.lines = []line{{"5m", slo.CurrentBurn + slo.Selector(a, o)}}
	}
	p.why = strings.Join(said, " ")
	return p
}

// budgetLevels are the levels of a budget at which releases become another matter: as colours of what is left, and as bounds of a graph.
func budgetLevels(p app.BudgetPolicy) (levels, bounds []step, why string) {
	freezes := "only what mends it should be released"
	if p.Freezes {
		freezes = "nothing but fixes is released"
	}
	freeze, caution := float64(p.FreezePercent)/100, float64(p.CautionPercent)/100
	why = fmt.Sprintf("Red: at most %d %%, %s.", p.FreezePercent, freezes)
	if caution <= freeze {
		return []step{{freeze, green}}, []step{{freeze, red}}, why
	}
	return []step{{freeze, orange}, {caution, green}}, []step{{freeze, red}, {caution, orange}},
		why + fmt.Sprintf(" Orange: at most %d %%, only by a canary or a blue-green.", p.CautionPercent)
}

// name is an objective's as a heading.
func name(o app.Objective) string {
	n := min(1, len(o.Name))
	return strings.ToUpper(o.Name[:n]) + o.Name[n:]
}

// number reads a decimal that package slo wrote.
func number(decimal string) float64 {
	f, _ := strconv.ParseFloat(decimal, 64)
	return f
}

// percent writes at most six digits, without what floating point adds.
func percent(f float64) string { return strconv.FormatFloat(f, 'g', 6, 64) }
