package cli

import (
	"github.com/spf13/cobra"

	"github.com/scantling/scantling/internal/release"
)

func newRollback(std *streams) *cobra.Command {
	var f flags
	var m move
	cmd := &cobra.Command{
		Use:   "rollback APP",
		Short: "Move a release one safe step back, in the app's spec file",
		Long: `Move a release one safe step back by editing the app's spec file in place; comments and formatting stay as they are.

After a blue-green flip all traffic goes back to the previous colour; before one the idle colour goes. A canary loses its share
of the traffic at once, and goes with the next call. When the new version is everywhere there is no step back: set the old image.
Each call is one step and one commit; generate and apply it. Argo Rollouts and Flagger roll a canary back by themselves.

What the step changes is judged, and printed to stdout, as scantling promote does.`,
		Example: `  scantling rollback checkout --dry-run
  scantling rollback checkout`,
		RunE: func(cmd *cobra.Command, args []string) error {
			m.next = release.Target.Rollback
			return runMove(std, cmd, &f, m, args)
		},
	}
	m.flags(cmd, &f)
	return cmd
}
