package cli

import (
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/verdict"
	"github.com/scantling/scantling/internal/verify"
)

// markdown is the one format that only verify has: a comment on a pull request.
const markdown diag.Format = "markdown"

// verifyFlags are those of verify.
type verifyFlags struct {
	environment string
	format      string
	failOn      string
	all         bool
}

func newVerify(std *streams) *cobra.Command {
	var f verifyFlags
	cmd := &cobra.Command{
		Use:   "verify FILE|DIR|-...",
		Short: "Prove the guarantees on any manifests, or show the counter-example",
		Long: `Prove the guarantees on any manifests, whoever made them, or show the counter-example.

It looks at all objects together, and computes what they will do: whether every node can be drained, whether the pods fit when a
zone is lost, who can reach whom, whether each Service, route, secret and role leads somewhere. A guarantee is proved of an object,
violated with what somebody does and what happens then, unknown because a fact is missing, or waived by the app's spec. The guarantees
are in docs/guarantees.md; explain guarantee.NAME prints one.

Directories are read with all that is below them; files that hold no Kubernetes objects are left out, but for rule files of
Prometheus. Templates are not manifests yet: pass on what helm template or kubectl kustomize prints. A directory that generate -o
wrote holds one cluster for each environment; -e picks one. Facts of the cluster are those of the platform file at or above the
current directory, with what the specs of its project declare; without one, what hangs on them is unknown.

Exit code 1 says that something is violated, by default with severity error: what breaks, or that a manifest cannot be read.
Advice is a warning. With --fail-on unknown
nothing may be left open, either. Manifests that Scantling made are held to all guarantees strictly.`,
		Example: `  scantling verify manifests
  scantling verify manifests -e prod --verbose
  scantling verify manifests --format markdown > comment.md
  scantling verify manifests --format sarif --fail-on warning`,
		RunE: func(_ *cobra.Command, args []string) error { return verifyManifests(std, &f, args) },
	}
	fs := cmd.Flags()
	fs.StringVarP(&f.environment, "environment", "e", "", "take the manifests for those of environment `ENV`")
	fs.StringVar(&f.format, "format", "text", "print the report as `FORMAT`: text, json, github, sarif or markdown")
	fs.StringVar(&f.failOn, "fail-on", "error", "fail on `SEVERITY`: unknown, warning or error")
	fs.BoolVarP(&f.all, "verbose", "v", false, "list what is proved and what is unknown of each object, too")
	offer(cmd, "format", "text", "json", "github", "sarif", "markdown")
	offer(cmd, "fail-on", "unknown", "warning", "error")
	return cmd
}

// check reads the flags.
func (f *verifyFlags) check() (failOn diag.Severity, err error) {
	formats := append(diag.Formats(), markdown)
	known := false
	for _, format := range formats {
		known = known || f.format == string(format)
	}
	if !known {
		return 0, badChoice("--format", f.format, formats)
	}
	severities := map[string]diag.Severity{"unknown": diag.Note, "warning": diag.Warning, "error": diag.Error}
	failOn, ok := severities[f.failOn]
	if !ok {
		return 0, badChoice("--fail-on", f.failOn, []string{"unknown", "warning", "error"})
	}
	return failOn, nil
}

func verifyManifests(std *streams, f *verifyFlags, paths []string) error {
	failOn, err := f.check()
	if err != nil {
		return err
	}
	if len(paths) == 0 {
		return &usageError{"which manifests?", "name files or directories, or - for what is piped in: helm template DIR | scantling verify -"}
	}
	// The objects stay until the end, so collecting often finds little: a quarter less CPU for a third more memory, by measurement.
	defer debug.SetGCPercent(debug.SetGCPercent(200))
	known, err := openFacts(std, f.environment)
	if err != nil {
		return err
	}
	read, err := verdict.Read(verdict.Input{
		Paths: paths, Dir: std.dir, Stdin: std.in, Environment: f.environment, Environments: known.environments(),
	})
	if err != nil {
		return err
	}
	if read.Empty() {
		return &usageError{"no Kubernetes objects in " + strings.Join(paths, ", "), read.Left.Instead()}
	}
	for _, line := range read.Left.Advice() {
		std.say("%s", line)
	}
	report := verdict.Report{Problems: read.Problems}
	for _, set := range read.Sets {
		facts, err := known.of(set.Environment, paths)
		if err != nil {
			return err
		}
		report.Clusters = append(report.Clusters, verdict.Cluster{
			Environment: set.Environment, Facts: known.stated(), Objects: set.Size(),
			Results: verify.Check(set.Set, facts, !f.all && f.format != string(diag.JSON)),
		})
	}
	if err := f.print(std, report); err != nil {
		return err
	}
	if report.Fails(failOn) {
		return errFinding
	}
	return nil
}

// print writes the report to stdout. What cannot be read goes to stderr where the format is for people.
func (f *verifyFlags) print(std *streams, report verdict.Report) error {
	printer := diag.Printer{
		Format: diag.Format(f.format), Version: build().Version, Others: verdict.Rules(), Page: verdict.Page,
	}
	switch printer.Format {
	case diag.JSON:
		return report.JSON(std.out)
	case markdown:
		return report.Markdown(std.out)
	case diag.Text:
		printer.Color = std.colored(std.err)
		if err := printer.Print(std.err, report.Problems); err != nil {
			return err
		}
		return verdict.Text{Color: std.colored(std.out), All: f.all}.Print(std.out, report)
	}
	err := printer.Print(std.out, report.Diagnostics())
	if err == nil && printer.Format == diag.GitHub {
		_, err = fmt.Fprintln(std.out, report.Summary()) // a runner reads commands from among other lines
	}
	return err
}
