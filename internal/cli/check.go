package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/scantling/scantling/internal/compile"
	"github.com/scantling/scantling/internal/diag"
)

func newCheck(std *streams) *cobra.Command {
	var f flags
	cmd := &cobra.Command{
		Use:   "check [PATH...]",
		Short: "Find every mistake in the specs, writing nothing",
		Long: `Find every mistake in the specs of a project, in all environments, writing nothing.

All mistakes are reported in one run, each at the line where it was made. The project is the nearest directory at or
above PATH that holds a platform file. The text format goes to stderr with a summary on stdout; the others go to stdout.`,
		Example: `  scantling check
  scantling check -e prod --fail-on warning
  scantling check --format github
  scantling check --format sarif`,
		RunE: func(_ *cobra.Command, args []string) error { return check(std, &f, args) },
	}
	f.add(cmd)
	return cmd
}

func check(std *streams, f *flags, paths []string) error {
	opts, err := f.options(std.dir, paths)
	if err != nil {
		return err
	}
	printer, err := f.printer(std.colored(std.err))
	if err != nil {
		return err
	}
	result, err := compile.Resolve(opts)
	if err != nil {
		return err
	}
	if printer.Format == diag.Text {
		err = printer.Print(std.err, result.Diagnostics)
		fmt.Fprintln(std.out, summary(result))
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

// count returns a number with its noun: 1 app, 2 apps.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
