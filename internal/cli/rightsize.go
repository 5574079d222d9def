package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/prometheus"
	"github.com/scantling/scantling/internal/rightsize"
)

func newRightsize(std *streams) *cobra.Command {
	f := flags{failOn: "error"}
	var source sourceFlags
	var apply bool
	cmd := &cobra.Command{
		Use:   "rightsize [APP...]",
		Short: "Hold what apps request against what they use, and edit the specs",
		Long: `Hold what containers request against what they use, by the series of cAdvisor and kube-state-metrics in a Prometheus: CPU by the 95th
percentile of a week, memory by the maximum of two, and a reserve on both. What deviates by more than 30 % is proposed as an edit of
the spec; what is too small comes first. Where an autoscaler follows CPU, the use of all pods counts, for that of one follows the request.
docs/cost.md has the arithmetic. The numbers are cpuReservePercent, memoryReservePercent and rightsizePercent of platform.tiers.

--apply makes the edits in place, all or none; comments and formatting stay as they are. Where the platform has one environment the app
itself is edited, else its override for the environment that was measured.

The exit code is 1 when something deviates. The bearer token for --prometheus is read from SCANTLING_PROMETHEUS_TOKEN or --token-file.`,
		Example: `  scantling rightsize -e prod --prometheus https://prometheus.example.com
  scantling rightsize checkout -e prod --print-queries > fetch.sh
  scantling rightsize -e prod --from answers.json --apply`,
		RunE: func(_ *cobra.Command, args []string) error { return rightsizing(std, &f, &source, apply, args) },
	}
	fs := cmd.Flags()
	fs.StringVarP(&f.environment, "environment", "e", "", "look at the apps of environment `ENV`, and edit their overrides for it")
	fs.StringVar(&f.images, "images", "", "read image references from `FILE` (YAML, APP: REFERENCE) instead of the specs")
	fs.StringVar(&f.format, "format", "text", "print as `FORMAT`: text or json")
	fs.BoolVar(&apply, "apply", false, "edit the specs")
	source.add(cmd, 2*time.Minute) // a week of a fleet takes a server longer than a look at its records
	return cmd
}

func rightsizing(std *streams, f *flags, s *sourceFlags, apply bool, names []string) error {
	if f.format != "text" && f.format != "json" {
		return badChoice("--format", f.format, []string{"text", "json"})
	}
	match, err := s.check()
	if err != nil {
		return err
	}
	_, at, err := s.clock()
	if err != nil {
		return err
	}
	opts, err := f.options(std.dir, nil)
	if err != nil {
		return err
	}
	opts.Whole = true
	printer := diag.Printer{Format: diag.Text, Color: std.colored(std.err)}
	specs, fleet, err := measured(opts, func(found []diag.Diagnostic) error { return printer.Print(std.err, found) })
	if err != nil {
		return err
	}
	apps, err := fleet.named(names)
	if err != nil {
		return err
	}
	queries := rightsize.Queries(apps, match)
	if s.print {
		return prometheus.Script(std.out, strings.Join(append([]string{"scantling rightsize -e", fleet.Env.Name}, names...), " "), queries)
	}
	source, err := s.open(std, queries)
	if err != nil {
		return err
	}
	report, err := rightsize.Judge(context.Background(), source, rightsize.Options{Environment: fleet.Env.Name, Apps: apps, Match: match, At: at})
	if err != nil {
		return asUsage("", err)
	}
	resize := resizing{editing: editing{std: std, printer: printer, opts: opts, before: specs}, report: report}
	resize.edits = report.Edits(specs.Project.Apps, f.environment == "")
	if err := resize.make(); err != nil {
		return err
	}
	return resize.end(f.format, apply)
}

// end writes the edits if that is wanted and possible, and prints the report.
func (r *resizing) end(format string, apply bool) error {
	applied := apply && len(r.edits) > 0 && !diag.HasErrors(r.refused)
	if applied {
		if err := r.write(); err != nil {
			return err
		}
	}
	for _, w := range r.report.Warnings {
		r.std.say("the answer may be incomplete: %s", w)
	}
	if format == "json" {
		lines := make([]rightsize.EditLine, len(r.edits))
		for i, e := range r.edits {
			lines[i] = e.Line(applied)
		}
		if err := r.report.JSON(r.std.out, lines, r.refused); err != nil {
			return err
		}
	} else if err := r.text(apply, applied); err != nil {
		return err
	}
	left := func(f rightsize.Finding) bool {
		return (f.Verdict == rightsize.Needs || f.Verdict == rightsize.Wastes) && (f.Change == nil || !applied)
	}
	if slices.ContainsFunc(r.report.Findings, left) {
		return errFinding
	}
	return nil
}

// text prints the report for people.
func (r *resizing) text(apply, applied bool) error {
	if err := r.report.Table(r.std.out); err != nil {
		return err
	}
	if err := r.printer.Print(r.std.err, r.refused); err != nil {
		return err
	}
	switch {
	case len(r.edits) == 0:
	case applied:
		fmt.Fprintln(r.std.out, "\nEdited:")
	default:
		fmt.Fprintln(r.std.out, "\nProposed:")
	}
	for _, e := range r.edits {
		fmt.Fprintln(r.std.out, e)
	}
	if len(r.edits) > 0 {
		fmt.Fprintln(r.std.out)
	}
	if apply && !applied && len(r.edits) > 0 {
		r.std.say("%s is unchanged: name the apps that can be edited, or edit the others by hand", r.file())
	}
	summary := r.report.Summary()
	if r.month != nil {
		summary += "; all edits together: " + r.month.Text()
	}
	fmt.Fprintln(r.std.out, summary)
	return nil
}
