package gate

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/scantling/scantling/internal/diag"
)

// Table writes a line for each budget, and a summary.
func (r Report) Table(w io.Writer) error {
	var b strings.Builder
	if len(r.Budgets) > 0 {
		t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
		fmt.Fprintln(t, "APP\tSLO\tTARGET\tWINDOW\tLEFT\tTHAT IS\tBURN NOW\tVERDICT")
		for _, g := range r.Budgets {
			fmt.Fprintf(t, "%s\t%s\t%s %%\t%dd\t%s\t%s\t%s\t%s\n", g.App.Name, g.Objective.Name, decimal(g.Objective.Percent), g.App.SLO.WindowDays,
				cmp.Or(g.Percent(), "?"), cmp.Or(g.Amount(), "?"), cmp.Or(g.Rate(), "?"), g.Verdict)
		}
		if err := t.Flush(); err != nil {
			return err
		}
	}
	b.WriteString(r.summary() + "\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// summary counts the verdicts.
func (r Report) summary() string {
	if len(r.Budgets) == 0 {
		return "no error budget in " + r.Environment
	}
	var parts []string
	for _, v := range []Verdict{Free, Slow, Spent, Unknown, Frozen, Overridden} {
		n := 0
		for _, b := range r.Budgets {
			if b.Verdict == v {
				n++
			}
		}
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, v))
		}
	}
	noun := "error budgets"
	if len(r.Budgets) == 1 {
		noun = "error budget"
	}
	return fmt.Sprintf("%d %s in %s: %s", len(r.Budgets), noun, r.Environment, strings.Join(parts, ", "))
}

// Document is a report in the json format. Fields are only ever added.
type Document struct {
	Environment string        `json:"environment"`
	Time        string        `json:"time,omitempty"` // that the answers are about, RFC 3339; without one series: absent
	Budgets     []Line        `json:"budgets"`
	Diagnostics []diag.Record `json:"diagnostics"`
}

// Line is a budget in the json format. What is not known is null.
type Line struct {
	Namespace     string   `json:"namespace"`
	App           string   `json:"app"`
	Tier          string   `json:"tier"`
	SLO           string   `json:"slo"`
	TargetPercent float64  `json:"targetPercent"`
	WindowDays    int      `json:"windowDays"`
	LeftPercent   *float64 `json:"leftPercent"`
	LeftMinutes   *float64 `json:"leftMinutes"`         // of a total failure
	LeftEvents    *float64 `json:"leftEvents"`          // of EventUnit
	EventUnit     string   `json:"eventUnit,omitempty"` // requests or messages; absent: time is counted
	BurnRate      *float64 `json:"burnRate"`            // 1: the budget lasts for the window
	Verdict       Verdict  `json:"verdict"`
}

// JSON writes the report for programs.
func (r Report) JSON(w io.Writer) error {
	d := Document{Environment: r.Environment, Budgets: []Line{}, Diagnostics: diag.Records(r.Diagnostics())}
	if !r.Time.IsZero() {
		d.Time = r.Time.UTC().Format(time.RFC3339)
	}
	for _, b := range r.Budgets {
		d.Budgets = append(d.Budgets, Line{
			Namespace: b.App.Namespace, App: b.App.Name, Tier: string(b.App.Tier), SLO: b.Objective.Name,
			TargetPercent: b.Objective.Percent, WindowDays: b.App.SLO.WindowDays,
			LeftPercent: known(b.Left), LeftMinutes: known(b.Minutes), LeftEvents: known(b.Events), EventUnit: events(b.Objective),
			BurnRate: known(b.Burn), Verdict: b.Verdict,
		})
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(d)
}

// Fails reports whether something was found that is grave enough.
func (r Report) Fails(failOn diag.Severity) bool {
	return slices.ContainsFunc(r.Diagnostics(), func(d diag.Diagnostic) bool { return d.Severity <= failOn })
}
