package cli

import (
	"github.com/spf13/cobra"

	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/verdict"
	"github.com/scantling/scantling/internal/verify"
)

func newVerify(std *streams) *cobra.Command {
	var f flags
	var all bool
	cmd := &cobra.Command{
		Use:     "verify FILE|DIR|-...",
		Short:   "Prove of any manifests what production trusts them to do, or show the counter-example",
		Example: `  scantling verify manifests`,
		RunE:    func(_ *cobra.Command, args []string) error { return verifyManifests(std, &f, all, args) },
	}
	fs := cmd.Flags()
	fs.StringVarP(&f.environment, "environment", "e", "", "verify as environment `ENV`")
	fs.StringVar(&f.failOn, "fail-on", "error", "fail on `SEVERITY`: warning or error")
	fs.BoolVarP(&all, "verbose", "v", false, "list what is proved and what is unknown, too")
	return cmd
}

func verifyManifests(std *streams, f *flags, all bool, paths []string) error {
	opts, err := f.options(std.dir, nil)
	if err != nil {
		return err
	}
	if len(paths) == 0 {
		return &usageError{"which manifests?", "name files or directories, or - for stdin: helm template . | scantling verify -"}
	}
	read, err := verdict.Read(verdict.Input{Paths: paths, Dir: std.dir, Stdin: std.in, Environment: f.environment})
	if err != nil {
		return err
	}
	report := verdict.Report{Problems: read.Problems}
	for _, set := range read.Sets {
		report.Sets = append(report.Sets, verdict.Verdict{
			Environment: set.Environment, Objects: len(set.Objects), Results: verify.Check(set.Set, verify.Facts{}, false),
		})
	}
	if err := (diag.Printer{Format: diag.Text, Color: std.colored(std.err)}).Print(std.err, read.Problems); err != nil {
		return err
	}
	if err := report.Text(std.out, all); err != nil {
		return err
	}
	if report.Fails(opts.FailOn) {
		return errFinding
	}
	return nil
}
