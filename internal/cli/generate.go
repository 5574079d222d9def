package cli

import (
	"bufio"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/scantling/scantling/internal/compile"
	"github.com/scantling/scantling/internal/emit"
)

func newGenerate(std *streams) *cobra.Command {
	var f flags
	var out output
	cmd := &cobra.Command{
		Use:   "generate [PATH...]",
		Short: "Render manifests, to stdout or into a directory",
		Long: `Render the manifests of a project, to stdout or into a directory.

The project is the nearest directory at or above PATH that holds a platform file; all of it is loaded, and PATH selects
what is written. With -o every environment is rendered, one file an app, DIR/ENV/NAMESPACE/APP.yaml; files that an earlier
run wrote and this one no longer makes are removed, and files of others are never touched. With an error in a spec, or
where a guarantee does not hold, nothing is written at all. Diagnostics go to stderr.

With --with-tests other tools get what Prometheus evaluates for an app, where no operator reads it from the cluster:
DIR/prometheus.d/ENV/NAMESPACE/NAME.rules.yaml, and beside it unit tests that "promtool test rules" runs: NAME.test.yaml, and
for objectives NAME.short.test.yaml and NAME.long.test.yaml, because promtool evaluates all of a file at one pace.
They belong to the runs with the flag: one without it neither writes, checks nor removes them. They are no manifests:
apply DIR/ENV, not DIR.

With --platform it is the platform's own objects that are rendered, and they alone: the StorageClasses and the
VolumeSnapshotClass, the PriorityClasses, and where Velero has its backups, with the Secret that opens it and a daily
Schedule of all objects; DIR/ENV/platform.yaml, or with --split DIR/ENV/platform/platform/KIND-NAME.yaml. With -o there is also what
other tools read about the clusters, such as DIR/eksctl.d/ENV.yaml. They are for who runs the clusters, and apps' runs
leave them alone.

On stdout a namespace comes before what is in it. In a directory its own objects are in namespace.yaml: kubectl reads files by
name, so let it apply that one first; Argo CD and Flux sort by kind themselves.`,
		Example: `  scantling generate -e prod
  scantling generate -o manifests
  scantling generate -o manifests --check
  scantling generate -o objects --split
  scantling generate shop -e prod --images images.yaml
  scantling generate -o manifests --shard 1/4
  scantling generate -o manifests --with-tests
  scantling generate -o manifests --platform`,
		RunE: func(_ *cobra.Command, args []string) error { return generate(std, &f, out, args) },
	}
	f.add(cmd)
	fs := cmd.Flags()
	fs.StringVarP(&out.dir, "output", "o", "", "write into `DIR` instead of stdout")
	fs.BoolVar(&out.split, "split", false, "write one file an object, DIR/ENV/NAMESPACE/APP/KIND-NAME.yaml")
	fs.BoolVar(&out.platform, "platform", false, "render the platform's own objects, and nothing else")
	fs.BoolVar(&out.tests, "with-tests", false, "write rules of Prometheus, and unit tests of them, too")
	fs.BoolVar(&out.check, "check", false, "write nothing; exit 1 when DIR is not what would be written")
	return cmd
}

// output is where manifests go.
type output struct {
	dir   string // empty: stdout
	split bool
	check bool // compare only
	tests bool // also what other tools read about apps

	platform bool // the platform's own objects
}

func generate(std *streams, f *flags, out output, paths []string) error {
	if out.dir == "" && (out.split || out.check || out.tests) {
		return &usageError{"--split, --check and --with-tests need -o DIR", ""}
	}
	if out.platform && (f.shard != "" || f.images != "" || out.tests) {
		return &usageError{"--platform takes no --shard, no --images and no --with-tests: it is one part, and holds no app", ""}
	}
	opts, err := f.options(std.dir, paths)
	if err != nil {
		return err
	}
	opts.Today = today()
	printer, err := f.printer(std.colored(std.err))
	if err != nil {
		return err
	}
	opts.Single, opts.Output, opts.Split = out.dir == "", out.dir, out.split
	opts.Platform, opts.WithTests = out.platform, out.tests
	progress, wipe := std.progress("rendered")
	opts.Progress = progress
	manifests, err := compile.Generate(opts)
	wipe()
	if err == nil {
		err = printer.Print(std.err, manifests.Diagnostics)
	}
	switch {
	case err != nil:
		return err
	case manifests.Failed:
		return errFinding
	case out.check:
		return std.compareTree(out, manifests)
	case out.dir != "":
		return std.writeTree(out, manifests)
	}
	w := bufio.NewWriterSize(std.out, 64<<10) // bytes
	if err := emit.Stream(w, manifests.Files); err != nil {
		return err
	}
	return w.Flush()
}

// writeTree brings the output directory in step and says in one line what that took.
func (s *streams) writeTree(out output, m compile.Manifests) error {
	dir := out.dir
	result, err := emit.Write(s.path(dir), m.Files, m.Owns)
	if err != nil {
		return err
	}
	for _, file := range result.Edited {
		s.say("%s: warning: it was edited by hand; the edit is gone", filepath.Join(dir, file))
	}
	what := count(m.Apps, "app")
	if out.platform {
		what = "platform"
	}
	s.say("%s, %s: %s written, %d unchanged, %d removed in %s", what, count(m.Objects, "object"),
		count(len(result.Written), "file"), result.Unchanged, len(result.Removed), dir)
	return nil
}

// compareTree says what writeTree would change.
func (s *streams) compareTree(out output, m compile.Manifests) error {
	stale, err := emit.Check(s.path(out.dir), m.Files, m.Owns)
	if err != nil {
		return err
	}
	for _, file := range stale {
		s.say("%s: %s", filepath.Join(out.dir, file.Path), file.Why)
	}
	if len(stale) == 0 {
		s.say("%s is up to date", out.dir)
		return nil
	}
	command := "scantling generate -o " + out.dir
	if out.split {
		command += " --split"
	}
	if out.tests {
		command += " --with-tests"
	}
	if out.platform {
		command += " --platform"
	}
	s.say("%s is stale in %s: %s brings it up to date", out.dir, count(len(stale), "file"), command)
	return errFinding
}

// path returns a name as -C means it.
func (s *streams) path(name string) string {
	if s.dir == "" || filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(s.dir, name)
}
