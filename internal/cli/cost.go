package cli

import (
	"fmt"
	"slices"

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
	var costs []cost.App
	for _, a := range apps {
		costs = append(costs, cost.Of(a.App, a.Objects))
	}
	bill := cost.NewBill(costs)
	for _, note := range unpriced(specs, bill) {
		std.say("%s", note)
	}
	if f.format == "json" {
		return bill.JSON(std.out)
	}
	return bill.Table(std.out, parts)
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
func unpriced(specs compile.Specs, b cost.Bill) []string {
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
