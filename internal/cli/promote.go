package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/scantling/scantling/internal/compile"
	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/edit"
	"github.com/scantling/scantling/internal/release"
)

func newPromote(std *streams) *cobra.Command {
	var f flags
	var m move
	cmd := &cobra.Command{
		Use:   "promote APP",
		Short: "Move a release one safe step forward, in the app's spec file",
		Long: `Move a release one safe step forward by editing the app's spec file in place; comments and formatting stay as they are.

A blue-green release goes from preview to warm, then all traffic moves to the new colour, then the previous one goes. A canary
goes from one of its steps to the next, then the stable pods take the new version, then the canary gives its share back and
goes. Each call is one step and one commit; generate and apply it, see that it is well, and call again. Argo Rollouts and
Flagger move a canary by themselves.

What the step changes is compared with what the spec says now: one that would lose requests is refused, with what to do
instead. With --against it is compared with the manifests that run now, too, so that an edit that nobody has applied yet cannot
ride along. What changes is printed to stdout.`,
		Example: `  scantling promote checkout --dry-run
  scantling promote checkout --against manifests
  scantling promote checkout
  scantling promote search -e prod`,
		RunE: func(cmd *cobra.Command, args []string) error {
			m.next = release.Target.Promote
			return runMove(std, cmd, &f, m, args)
		},
	}
	m.flags(cmd, &f)
	return cmd
}

// move is one step of a release.
type move struct {
	app     string
	begins  string // reference that a release begins with; empty: none begins
	against string // directory with the manifests that run now; empty: none
	dryRun  bool
	next    stepper
}

// stepper decides a step of a release, or says why there is none.
type stepper func(release.Target) (release.Step, *diag.Diagnostic)

func (m *move) flags(cmd *cobra.Command, f *flags) {
	f.addEdit(cmd, "move the release of environment `ENV` only")
	cmd.Flags().StringVar(&m.against, "against", "", "judge the step from the manifests in `DIR` as well: those that run now")
	cmd.Flags().BoolVar(&m.dryRun, "dry-run", false, "print what would change, and write nothing")
}

func runMove(std *streams, cmd *cobra.Command, f *flags, m move, args []string) error {
	if len(args) != 1 {
		return &usageError{"which app?", "usage: " + cmd.UseLine()}
	}
	if cmd.Flags().Changed("against") && m.against == "" {
		return &usageError{"--against is empty: want a directory", ""}
	}
	m.app = args[0]
	return moveRelease(std, f, m)
}

// moveRelease makes one step: it decides it, edits the spec in memory, judges what changes, and only then writes.
func moveRelease(std *streams, f *flags, m move) error {
	e, err := std.openEdit(f, m.app)
	if err != nil {
		return err
	}
	if e.before.Failed {
		return e.refuse(slices.DeleteFunc(e.before.Diagnostics, func(d diag.Diagnostic) bool { return d.Severity > diag.Error })...)
	}
	step, refused := e.decide(m.next)
	if refused != nil {
		return e.refuse(*refused)
	}
	if err := e.apply(e.placed(step.Sets)); err != nil {
		return err
	}
	if shadowed := e.shadowed(step.Sets); shadowed != nil {
		return e.leave(*shadowed)
	}
	steps, err := compile.Between(e.before, e.after, e.opts)
	if err != nil {
		return err
	}
	foreseen, err := e.foresee(m.begins)
	if err != nil {
		return err
	}
	if err := e.judge(steps, m.against, foreseen); err != nil {
		return err
	}
	if !m.dryRun {
		if err := e.write(); err != nil {
			return err
		}
	}
	fmt.Fprint(std.out, e.report(step, steps))
	if m.dryRun {
		std.say("%s is unchanged: --dry-run writes nothing", e.file())
	}
	return nil
}

// foresee warns at the begin of a release that promote cannot end it: then the app's image has to take the reference.
func (e *editing) foresee(ref string) ([]diag.Diagnostic, error) {
	if ref == "" {
		return nil, nil
	}
	_, refused, err := e.edit(e.placed([]edit.Set{edit.String("image", ref)}))
	if err != nil || refused == nil {
		return nil, err
	}
	refused.Severity = diag.Warning
	refused.Problem = "the release begins, but promote cannot finish it: " + refused.Problem
	return []diag.Diagnostic{*refused}, nil
}

// judge prints what is found and what the step would break, and refuses it for an error.
func (e *editing) judge(steps []compile.Step, against string, found []diag.Diagnostic) error {
	for _, s := range steps {
		found = append(found, s.Found...)
	}
	if against != "" {
		pending, err := compile.Pending(e.before, e.opts, against, e.name)
		if err != nil {
			return err
		}
		if pending != nil {
			found = append(found, diag.Diagnostic{Rule: "release-moves-alone", Pos: e.spec.Node.KeyPos, Path: "apps." + e.name,
				Problem: fmt.Sprintf("edits that are not in %s yet would go out with this step, such as %s %s", against, shortObject(pending.Object), strings.ReplaceAll(fieldChange(*pending), "\t", " ")),
				Help:    "generate and apply those first; then call this command again"})
		}
	}
	found = diag.Sort(found)
	if diag.HasErrors(found) {
		return e.leave(found...)
	}
	if len(found) > 0 {
		return e.printer.Print(e.std.err, found)
	}
	return nil
}
