package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/scantling/scantling/internal/compile"
	"github.com/scantling/scantling/internal/cost"
	"github.com/scantling/scantling/internal/diag"
)

func newCost(std *streams) *cobra.Command {
	f := flags{failOn: "error"}
	var parts bool
	cmd := &cobra.Command{
		Use:   "cost [PATH...]",
		Short: "What the apps cost in a month, from the fewest pods to the most",
		Long: `What the apps cost in a month: what their pods reserve, their volumes and their load balancers, at the prices of
platform.environments.ENV.prices. It is a range: from the fewest pods on as much spot capacity as they may get, to the
most pods on none of it. Jobs count from not at all to the whole of their deadline at every run.

Not counted are pods of a rollout in progress, migrations, traffic, what lies in buckets, and what nodes have left over. A month has
730 hours. Sums are per team, per environment and of all.`,
		Example: `  scantling cost
  scantling cost shop -e prod --parts
  scantling cost --format json`,
		RunE: func(_ *cobra.Command, args []string) error { return costs(std, &f, parts, args) },
	}
	fs := cmd.Flags()
	fs.StringVarP(&f.environment, "environment", "e", "", "reckon with environment `ENV` only")
	fs.StringVar(&f.images, "images", "", "read image references from `FILE` (YAML, APP: REFERENCE) instead of the specs")
	fs.StringVar(&f.format, "format", "text", "print as `FORMAT`: text or json")
	fs.BoolVar(&parts, "parts", false, "list each object that costs something, too")
	return cmd
}

func costs(std *streams, f *flags, parts bool, paths []string) error {
	if f.format != "text" && f.format != "json" {
		return badChoice("--format", f.format, []string{"text", "json"})
	}
	opts, err := f.options(std.dir, paths)
	if err != nil {
		return err
	}
	specs, apps, err := compile.Objects(opts)
	if err != nil {
		return err
	}
	found := slices.DeleteFunc(specs.Diagnostics, func(d diag.Diagnostic) bool { return d.Severity > diag.Error })
	if !specs.Failed {
		found = append(found, priceless(specs)...)
	}
	if len(found) > 0 {
		if err := (diag.Printer{Format: diag.Text, Color: std.colored(std.err)}).Print(std.err, found); err != nil {
			return err
		}
		return errFinding
	}
	bill := newBill(apps)
	for _, note := range unpriced(specs, bill) {
		std.say("%s", note)
	}
	if f.format == "json" {
		return bill.json(std.out)
	}
	return bill.text(std.out, parts)
}

// priceless reports the environments that state no prices.
func priceless(specs compile.Specs) []diag.Diagnostic {
	var out []diag.Diagnostic
	for _, fleet := range specs.Fleets {
		if fleet.Env.Prices != nil {
			continue
		}
		d := diag.Diagnostic{
			Rule: "fact-missing", Path: "platform.environments." + fleet.Env.Name + ".prices",
			Problem: fmt.Sprintf("cost needs prices, which environment %q does not state", fleet.Env.Name),
			Help:    `add prices: {cpuHour: 0.031, gibHour: 0.0042, storageGibMonth: 0.09, spotFactor: 0.35, currency: "EUR"}, with your own`,
		}
		if n := specs.Project.Platform.At("environments", fleet.Env.Name); n != nil {
			d.Pos = n.KeyPos
		}
		out = append(out, d)
	}
	return out
}

// unpriced says what is there and has no price.
func unpriced(specs compile.Specs, b bill) []string {
	var out []string
	for _, fleet := range specs.Fleets {
		p, stated := fleet.Env.Prices, specs.Project.Platform.At("environments", fleet.Env.Name, "prices")
		var u cost.Usage
		for _, s := range b.Environments {
			if s.Environment == fleet.Env.Name {
				u = s.Usage
			}
		}
		for _, missing := range []struct {
			yes   bool
			field string
			what  string
		}{
			{p.StorageGiBMonth == 0 && u.Storage.Most > 0, "storageGibMonth", "storage costs nothing"},
			{p.LoadBalancerMonth == 0 && u.LoadBalancers > 0, "loadBalancerMonth", "load balancers cost nothing"},
			{p.SpotFactor == 0 && u.Spot.Most > 0, "spotFactor", "spot capacity costs as much as any other"},
		} {
			if missing.yes && stated.Field(missing.field) == nil {
				out = append(out, fmt.Sprintf("%s: %s here: prices.%s is not stated", fleet.Env.Name, missing.what, missing.field))
			}
		}
	}
	return out
}

// bill is everything that cost prints.
type bill struct {
	HoursPerMonth float64    `json:"hoursPerMonth"`
	Currency      string     `json:"currency,omitempty"` // empty: not stated, or not the same everywhere
	Apps          []cost.App `json:"apps"`
	Teams         []cost.Sum `json:"teams"`
	Environments  []cost.Sum `json:"environments"`
	Total         *cost.Sum  `json:"total,omitempty"` // nil: there is no one currency

	currencies map[string]string // by environment
}

func newBill(apps []compile.AppObjects) bill {
	b := bill{HoursPerMonth: cost.HoursPerMonth, Apps: []cost.App{}, currencies: map[string]string{}}
	var currencies []string
	for _, a := range apps {
		b.Apps = append(b.Apps, cost.Of(a.App, a.Objects))
		currency := a.App.Env.Prices.Currency
		b.currencies[a.App.Env.Name] = currency
		if !slices.Contains(currencies, currency) {
			currencies = append(currencies, currency)
		}
	}
	b.Teams = cost.Sums(b.Apps, func(a cost.App) cost.Sum { return cost.Sum{Environment: a.Environment, Team: a.Team} })
	b.Environments = cost.Sums(b.Apps, func(a cost.App) cost.Sum { return cost.Sum{Environment: a.Environment} })
	if len(currencies) == 1 {
		b.Currency = currencies[0]
		if total := cost.Sums(b.Apps, func(cost.App) cost.Sum { return cost.Sum{} }); len(total) == 1 {
			b.Total = &total[0]
		}
	}
	return b
}

func (b bill) json(w io.Writer) error {
	for i := range b.Apps {
		b.Apps[i].Usage = b.Apps[i].Rounded()
		for j := range b.Apps[i].Parts {
			b.Apps[i].Parts[j].Usage = b.Apps[i].Parts[j].Rounded()
		}
	}
	for _, sums := range [][]cost.Sum{b.Teams, b.Environments} {
		for i := range sums {
			sums[i].Usage = sums[i].Rounded()
		}
	}
	if b.Total != nil {
		b.Total.Usage = b.Total.Rounded()
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(b)
}

// text prints a table: each environment with its apps, then its teams, then the sum.
func (b bill) text(w io.Writer, parts bool) error {
	if len(b.Apps) == 0 {
		_, err := fmt.Fprintln(w, "no apps")
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	row := func(name, owner string, u cost.Usage, currency string) {
		fmt.Fprintln(t, strings.Join([]string{name, owner, span(u.Pods, 1), span(u.CPU, 2), span(u.Memory, 2), span(u.Storage, 0), spotShare(u), money(u.Cost, currency)}, "\t"))
	}
	head := func(of string) {
		fmt.Fprintln(t, strings.Join([]string{of, "TEAM", "PODS", "CPU", "MEMORY GiB", "STORAGE GiB", "SPOT", "A MONTH"}, "\t"))
	}
	for i, env := range b.Environments {
		if i > 0 {
			fmt.Fprintln(t)
		}
		head(strings.ToUpper(env.Environment))
		for _, a := range b.Apps {
			if a.Environment != env.Environment {
				continue
			}
			row(a.Name, a.Team, a.Usage, b.currencies[env.Environment])
			for _, p := range a.Parts {
				if parts {
					row("  "+p.Kind+"/"+p.Name, "", p.Usage, b.currencies[env.Environment])
				}
			}
		}
		for _, s := range b.Teams {
			if s.Environment == env.Environment {
				row("team "+s.Team, count(s.Apps, "app"), s.Usage, b.currencies[env.Environment])
			}
		}
		row("all of "+env.Environment, count(env.Apps, "app"), env.Usage, b.currencies[env.Environment])
	}
	switch {
	case len(b.Environments) == 1:
	case b.Total != nil:
		fmt.Fprintln(t)
		head("ALL")
		row("total", count(b.Total.Apps, "app"), b.Total.Usage, b.Currency)
	default:
		fmt.Fprintln(t, "\nno total: the prices have more than one currency")
	}
	return t.Flush()
}

// span writes a range with a number of decimals at most; a dash for nothing.
func span(r cost.Range, places int) string {
	least, most := decimals(r.Least, places), decimals(r.Most, places)
	switch {
	case most == "0" && r.Most == 0:
		return "-"
	case least == most:
		return least
	}
	return least + "–" + most
}

// decimals writes a number without trailing zeros.
func decimals(f float64, places int) string {
	s := strconv.FormatFloat(f, 'f', places, 64)
	if strings.Contains(s, ".") {
		s = strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
	}
	return s
}

// spotShare is which part of the pods is on spot capacity, in percent.
func spotShare(u cost.Usage) string {
	if u.Spot.Most == 0 {
		return "-"
	}
	percent := func(part, whole float64) float64 {
		if whole == 0 {
			return 0
		}
		return 100 * part / whole
	}
	few, many := percent(u.Spot.Least, u.Pods.Least), percent(u.Spot.Most, u.Pods.Most)
	return span(cost.Range{Least: min(few, many), Most: max(few, many)}, 0) + " %"
}

func money(r cost.Range, currency string) string {
	least, most := strconv.FormatFloat(r.Least, 'f', 2, 64), strconv.FormatFloat(r.Most, 'f', 2, 64)
	if least != most {
		least += "–" + most
	}
	return strings.TrimSpace(currency + " " + least)
}
