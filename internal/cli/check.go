package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/compile"
	"github.com/scantling/scantling/internal/diag"
)

func newCheck(std *streams) *cobra.Command {
	var f flags
	var against string
	cmd := &cobra.Command{
		Use:   "check [PATH...]",
		Short: "Find every mistake in the specs and prove what they promise, writing nothing",
		Long: `Find every mistake in the specs of a project, in all environments, and prove the guarantees on all that they render to.
Nothing is written.

All mistakes are reported in one run, each at the line where it was made. The project is the nearest directory at or
above PATH that holds a platform file. A guarantee that does not hold is reported with its counter-example at the line that
leads there; it stops generate, too. The summary counts what was proved and what is unknown, patches and waivers; one of these
that has expired fails the check. scantling verify shows every proof, and which fact an unknown lacks. The text format goes to
stderr with a summary on stdout; the others go to stdout.

With --against the step is judged, too: DIR holds the manifests that are deployed now, as generate -o wrote them, or those of
the one environment that -e names. A selector that changes, traffic that moves to pods that did not run, a workload that goes
while it serves: each is found before it is applied.`,
		Example: `  scantling check
  scantling check -e prod --fail-on warning
  scantling check --format github
  scantling check --format sarif
  scantling check --against manifests`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("against") && against == "" {
				return &usageError{"--against is empty: want a directory", ""}
			}
			return check(std, &f, against, args)
		},
	}
	f.add(cmd)
	cmd.Flags().StringVar(&against, "against", "", "judge the step from the manifests in `DIR` to those that would be generated")
	return cmd
}

func check(std *streams, f *flags, against string, paths []string) error {
	opts, err := f.options(std.dir, paths)
	if err != nil {
		return err
	}
	opts.Today = today()
	printer, err := f.printer(std.colored(std.err))
	if err != nil {
		return err
	}
	var result compile.Specs
	if against == "" {
		result, err = compile.Check(opts)
	} else {
		opts.Whole = len(paths) == 0 // a step that is found safe must have been looked at
		result, err = compile.Against(opts, against)
	}
	if err != nil {
		return err
	}
	if printer.Format == diag.Text {
		err = printer.Print(std.err, result.Diagnostics)
		fmt.Fprintln(std.out, summary(result))
		if len(result.Proofs) > 0 {
			fmt.Fprintln(std.out, proofs(result.Proofs, result.Fleets))
		}
	} else {
		err = printer.Print(std.out, result.Diagnostics)
	}
	if err == nil && result.Failed {
		return errFinding
	}
	return err
}

// summary says in one line what a check found.
func summary(s compile.Specs) string {
	var counts [diag.Note + 1]int
	for _, d := range s.Diagnostics {
		counts[d.Severity]++
	}
	var found []string
	for severity, n := range counts {
		if n > 0 {
			found = append(found, count(n, diag.Severity(severity).String()))
		}
	}
	if len(found) == 0 {
		found = []string{"no problems"}
	}
	return fmt.Sprintf("%s in %s: %s", count(len(s.Project.Apps), "app"), count(len(s.Fleets), "environment"), strings.Join(found, ", "))
}

// proofs says in one line what was proved.
func proofs(all []compile.Proof, fleets []*app.Fleet) string {
	var sum compile.Proof
	for _, p := range all {
		sum.Objects += p.Objects
		sum.Proved += p.Proved
		sum.Violated += p.Violated
		sum.Unknown += p.Unknown
		sum.Waived += p.Waived
	}
	line := fmt.Sprintf("guarantees on %s: %d proved, %d violated, %d unknown, %d waived",
		count(sum.Objects, "object"), sum.Proved, sum.Violated, sum.Unknown, sum.Waived)
	if patches, waivers := escapes(fleets); patches+waivers > 0 {
		line += fmt.Sprintf(" (%s, %s)", count(patches, "patch"), count(waivers, "waiver"))
	}
	for _, p := range all {
		if p.Unknown > 0 {
			line += fmt.Sprintf("\nwhich fact is missing says: scantling generate -e %s | scantling verify - -e %s", p.Env, p.Env)
			break
		}
	}
	return line
}

// escapes counts the patches and waivers of all apps; one that is of several environments is one.
func escapes(fleets []*app.Fleet) (patches, waivers int) {
	type place struct {
		path string
		pos  diag.Pos
	}
	p, w := map[place]bool{}, map[place]bool{}
	for _, f := range fleets {
		for _, a := range f.Apps {
			for _, one := range a.Patches {
				p[place{one.Path, one.Pos}] = true
			}
			for _, one := range a.Waivers {
				w[place{one.Path, one.Pos}] = true
			}
		}
	}
	return len(p), len(w)
}

// today returns the day, for what is meant up to one.
func today() string { return time.Now().UTC().Format(time.DateOnly) }

// count returns a number with its noun: 1 app, 2 apps.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	if strings.HasSuffix(noun, "ch") {
		noun += "e"
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
