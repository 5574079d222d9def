package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/scantling/scantling/internal/compile"
	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/load"
	"github.com/scantling/scantling/internal/verdict"
)

// flags are those of every command that compiles.
type flags struct {
	environment string
	images      string
	format      string
	shard       string
	failOn      string
	jobs        int
}

func (f *flags) add(cmd *cobra.Command) {
	fs := cmd.Flags()
	fs.StringVarP(&f.environment, "environment", "e", "", "compile for environment `ENV` only")
	fs.StringVar(&f.images, "images", "", "read image references from `FILE` (YAML, APP: REFERENCE) instead of the specs")
	fs.StringVar(&f.format, "format", "text", "print diagnostics as `FORMAT`: text, json, github or sarif")
	fs.StringVar(&f.shard, "shard", "", "work on part `I/N` only, as 2/8; all parts together are the whole")
	fs.StringVar(&f.failOn, "fail-on", "error", "fail on `SEVERITY`: warning or error")
	fs.IntVar(&f.jobs, "jobs", 0, "work on `N` apps at the same time (default: one a processor)")
}

// options reads the flags.
func (f *flags) options(dir string, paths []string) (compile.Options, error) {
	opts := compile.Options{Dir: dir, Paths: paths, Environment: f.environment, Images: f.images, Jobs: f.jobs}
	if f.jobs < 0 {
		return opts, &usageError{fmt.Sprintf("--jobs %d: want 1 or more", f.jobs), ""}
	}
	switch f.failOn {
	case "warning":
		opts.FailOn = diag.Warning
	case "error":
	default:
		return opts, badChoice("--fail-on", f.failOn, []string{"warning", "error"})
	}
	if f.shard != "" {
		shard, err := compile.ParseShard(f.shard)
		if err != nil {
			return opts, &usageError{"--shard: " + err.Error(), ""}
		}
		opts.Shard = shard
	}
	return opts, nil
}

// printer returns what prints diagnostics on a stream with this color.
func (f *flags) printer(color bool) (diag.Printer, error) {
	for _, known := range diag.Formats() {
		if f.format == string(known) {
			return diag.Printer{Format: known, Color: color, Version: build().Version, Others: verdict.Rules(), Page: verdict.Page}, nil
		}
	}
	return diag.Printer{}, badChoice("--format", f.format, diag.Formats())
}

// nearest returns the one of names that s was probably meant to be; empty: none.
func nearest(s string, names []string) string { return load.Nearest(s, names) }
