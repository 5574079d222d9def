package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/compile"
	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/gate"
	"github.com/scantling/scantling/internal/load"
	"github.com/scantling/scantling/internal/prometheus"
)

// gateFlags are those of gate alone.
type gateFlags struct {
	maxAge   time.Duration
	override string
	record   string
	by       string
}

func newGate(std *streams) *cobra.Command {
	var f flags
	var source sourceFlags
	var g gateFlags
	cmd := &cobra.Command{
		Use:   "gate [APP...]",
		Short: "Hold a release back when an app's error budget is spent",
		Long: `Hold a release back when an app's error budget is spent: exit code 1 stops the pipeline.

For each objective of the apps, or of those that are named, it reads what is left of the error budget, as the rules that generate
makes have recorded it, and applies the policy of the app's tier: at 0 % nothing but fixes is released, at 25 % only apps whose
rollout is a canary or a blue-green; best-effort apps are only warned about. The platform's tiers may state other numbers. A budget that nobody records
is a warning, never a silent pass. Findings stand at the line of the spec that promises, and a table on stdout tells all.

The records come from a server, or from a file that somebody who can reach one has made: --print-queries prints the script for it.
Where several clusters write into one store the worst series counts; --match names the cluster that is meant.

A fix has to go out whatever is left: --override says why, and appends each finding that it overrides to the file of --record, one line of
JSON each, to be kept with the release. Who it was is --by, else $GITHUB_ACTOR, $GITLAB_USER_LOGIN or $USER. This command opens a
socket and looks at the clock; what it finds changes no manifest.`,
		Example: `  scantling gate -e prod --prometheus https://prometheus.example.com
  scantling gate checkout -e prod --prometheus https://mimir.example.com/prometheus --match 'cluster="prod-eu"' --header 'X-Scope-OrgID: shop'
  scantling gate -e prod --print-queries > fetch.sh
  scantling gate -e prod --from answers.json --format github
  scantling gate checkout -e prod --from answers.json --override "fixes the lost orders" --record overrides.jsonl`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := g.check(cmd); err != nil {
				return err
			}
			return judgeBudgets(std, &f, &source, &g, args)
		},
	}
	fs := cmd.Flags()
	fs.StringVarP(&f.environment, "environment", "e", "", "judge the apps of environment `ENV`")
	fs.StringVar(&f.format, "format", "text", "print the findings as `FORMAT`: text, json, github or sarif")
	fs.StringVar(&f.images, "images", "", "read image references from `FILE` (YAML, APP: REFERENCE) instead of the specs")
	fs.StringVar(&f.failOn, "fail-on", "error", "fail on `SEVERITY`: warning or error")
	source.add(cmd, 30*time.Second)
	fs.DurationVar(&g.maxAge, "max-age", time.Hour, "warn about answers older than `DURATION`")
	fs.StringVar(&g.override, "override", "", "let the release out although the gate is shut, for `REASON`")
	fs.StringVar(&g.record, "record", "", "append what is overridden to `FILE`, one line of JSON each")
	fs.StringVar(&g.by, "by", "", "who overrides: `NAME`")
	return cmd
}

// check finds what is wrong with the flags before anything is read.
func (g *gateFlags) check(cmd *cobra.Command) error {
	overrides := cmd.Flags().Changed("override")
	switch {
	case overrides && strings.TrimSpace(g.override) == "":
		return &usageError{"--override is empty: want the reason", "whoever reads the record later must know why"}
	case overrides && g.record == "":
		return &usageError{"--override without --record: nobody would learn of it", "add --record FILE, and keep the file with the release"}
	case g.record == "-":
		return &usageError{"--record -: want the name of a file", "what is printed is gone with the run; add --record overrides.jsonl, and keep it"}
	case !overrides && (g.record != "" || g.by != ""):
		return &usageError{"--record and --by are for --override", ""}
	case g.maxAge <= 0:
		return &usageError{fmt.Sprintf("--max-age %v: want a time above 0, such as 1h", g.maxAge), ""}
	}
	if g.by = strings.TrimSpace(cmp.Or(g.by, os.Getenv("GITHUB_ACTOR"), os.Getenv("GITLAB_USER_LOGIN"), os.Getenv("USER"))); overrides && g.by == "" {
		return &usageError{"who overrides?", "add --by NAME"}
	}
	return nil
}

func judgeBudgets(std *streams, f *flags, s *sourceFlags, g *gateFlags, names []string) error {
	match, err := s.check()
	if err != nil {
		return err
	}
	opts, err := f.options(std.dir, nil)
	if err != nil {
		return err
	}
	judged := gate.Options{Match: match, Named: len(names) > 0, MaxAge: g.maxAge}
	if judged.Now, judged.At, err = s.clock(); err != nil {
		return err
	}
	printer, err := f.printer(std.colored(std.err))
	if err != nil {
		return err
	}
	if g.record != "" {
		if err := gate.CheckRecord(std.path(g.record)); err != nil {
			return err
		}
	}
	if judged.Environment, judged.Apps, err = promised(std, opts, printer, names); err != nil {
		return err
	}
	queries := gate.Queries(judged.Apps, match)
	if s.print {
		return prometheus.Script(std.out, strings.Join(append([]string{"scantling gate -e", judged.Environment}, names...), " "), queries)
	}
	source, err := s.open(std, queries)
	if err != nil {
		return err
	}
	report, err := gate.Judge(context.Background(), source, judged)
	switch {
	case err != nil && g.override != "": // monitoring may be what is on fire
		report = gate.Blind(judged, err)
	case err != nil:
		return asUsage("", err)
	}
	if err := g.let(std, report, opts.FailOn); err != nil {
		return err
	}
	if err := printReport(std, printer, report); err != nil {
		return err
	}
	if report.Fails(opts.FailOn) {
		return errFinding
	}
	return nil
}

// promised returns the apps of one environment, or those that are named.
func promised(std *streams, opts compile.Options, printer diag.Printer, names []string) (environment string, apps []app.App, err error) {
	_, fleet, err := measured(opts, func(found []diag.Diagnostic) error {
		return printFindings(std, printer, gate.Report{Environment: opts.Environment, Found: found})
	})
	if err != nil {
		return "", nil, err
	}
	apps, err = fleet.named(names)
	return fleet.Env.Name, apps, err
}

// measuredFleet is the one environment whose series are read, and the project that it is of.
type measuredFleet struct {
	*app.Fleet
	project *load.Project
}

// measured reads the specs for a command that asks Prometheus about one environment; printing tells what is wrong with them.
func measured(opts compile.Options, printing func([]diag.Diagnostic) error) (specs compile.Specs, fleet measuredFleet, err error) {
	opts.Whole, opts.FailOn = true, diag.Error // warnings about specs are the business of check
	if specs, err = compile.Resolve(opts); err != nil {
		return specs, fleet, err
	}
	if specs.Failed {
		found := slices.DeleteFunc(specs.Diagnostics, func(d diag.Diagnostic) bool { return d.Severity > diag.Error })
		return specs, fleet, errors.Join(printing(found), errFinding)
	}
	if len(specs.Fleets) > 1 {
		var all []string
		for _, fleet := range specs.Fleets {
			all = append(all, fleet.Env.Name)
		}
		return specs, fleet, &usageError{"which environment? the platform has " + load.Prose(all, "and"), "each is a cluster of its own: name it, such as -e " + all[0]}
	}
	return specs, measuredFleet{specs.Fleets[0], specs.Project}, nil
}

// named returns the apps with these names; without one, all.
func (f measuredFleet) named(names []string) ([]app.App, error) {
	for _, name := range names {
		isNamed := func(a app.App) bool { return a.Name == name }
		switch {
		case !slices.ContainsFunc(f.project.Apps, func(a load.AppSpec) bool { return a.Name == name }):
			return nil, unknownApp(name, f.project)
		case !slices.ContainsFunc(f.Apps, isNamed):
			return nil, &usageError{fmt.Sprintf("%s is not in %s", name, f.Env.Name), "its spec says so below environments"}
		}
	}
	return slices.DeleteFunc(slices.Clone(f.Apps), func(a app.App) bool { return len(names) > 0 && !slices.Contains(names, a.Name) }), nil
}

// let records what is overridden, before anybody is told that the gate is open. The time is the clock's, whatever --at says.
func (g *gateFlags) let(std *streams, report gate.Report, failOn diag.Severity) error {
	if g.override == "" {
		return nil
	}
	entries := report.Override(gate.Override{Reason: g.override, By: g.by, Time: time.Now()}, failOn)
	if len(entries) == 0 {
		std.say("nothing to override: %s is unchanged", g.record)
		return nil
	}
	if err := gate.Record(std.path(g.record), entries); err != nil {
		return err
	}
	std.say("%s: %s overridden by %s", g.record, count(len(entries), "finding"), g.by)
	return nil
}

// printReport prints the findings and the table, or one document.
func printReport(std *streams, printer diag.Printer, report gate.Report) error {
	err := printFindings(std, printer, report)
	if err != nil || printer.Format == diag.JSON || printer.Format == diag.SARIF {
		return err
	}
	return report.Table(std.out) // a runner of GitHub reads commands from among other lines
}

// printFindings prints the findings to stderr; to stdout when they are for programs, which get the budgets in the same document.
func printFindings(std *streams, printer diag.Printer, report gate.Report) error {
	switch printer.Format {
	case diag.JSON:
		return report.JSON(std.out)
	case diag.Text:
		return printer.Print(std.err, report.Diagnostics())
	}
	return printer.Print(std.out, report.Diagnostics())
}
