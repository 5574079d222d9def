package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/edit"
	"github.com/scantling/scantling/internal/release"
)

func newSet(std *streams) *cobra.Command {
	var f flags
	cmd := &cobra.Command{
		Use:   "set APP image=REFERENCE | idle=REFERENCE | canary=REFERENCE",
		Short: "Change an app's image in its spec file, or begin a release",
		Long: `Change an app's image by editing its spec file in place; comments and formatting stay as they are.

image is the app's own. idle begins a blue-green release: the other colour runs the new version in preview, without users.
canary begins a canary: the new version runs without a share of the traffic, until scantling promote gives it one.

With -e the image of one environment is set, as an override below environments. The reference is checked as the spec's own
is: when the edit would make an error, the file is left alone. Where specs are not edited by machines, give references at
render time with --images FILE.`,
		Example: `  scantling set web image=registry.example.com/storefront/web:1.1.0
  scantling set web image=registry.example.com/storefront/web:1.2.0 -e prod
  scantling set checkout canary=registry.example.com/storefront/checkout:1.2.0
  scantling set search idle=registry.example.com/storefront/search:1.2.0`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 2 {
				return &usageError{"which app, and which image?", "usage: " + cmd.UseLine()}
			}
			field, ref, ok := strings.Cut(args[1], "=")
			if !ok || ref == "" {
				return &usageError{fmt.Sprintf("%q: want image=REFERENCE, idle=REFERENCE or canary=REFERENCE", args[1]), "only images can be set"}
			}
			switch field {
			case "image":
				return set(std, &f, args[0], ref)
			case "idle":
				return moveRelease(std, &f, move{app: args[0], begins: ref, next: func(t release.Target) (release.Step, *diag.Diagnostic) { return t.BeginIdle(ref) }})
			case "canary":
				return moveRelease(std, &f, move{app: args[0], begins: ref, next: func(t release.Target) (release.Step, *diag.Diagnostic) { return t.BeginCanary(ref) }})
			}
			return &usageError{fmt.Sprintf("%q: want image=REFERENCE, idle=REFERENCE or canary=REFERENCE", args[1]), "only images can be set"}
		},
	}
	f.addEdit(cmd, "set the image in environment `ENV` only")
	return cmd
}

// addEdit adds the flags of the commands that edit specs.
func (f *flags) addEdit(cmd *cobra.Command, environment string) {
	f.failOn = "error"
	cmd.Flags().StringVarP(&f.environment, "environment", "e", "", environment)
	cmd.Flags().StringVar(&f.format, "format", "text", "print diagnostics as `FORMAT`: text, json, github or sarif")
}

func set(std *streams, f *flags, name, ref string) error {
	e, err := std.openEdit(f, name)
	if err != nil {
		return err
	}
	if err := e.apply([]edit.Set{edit.String("image", ref)}); err != nil {
		return err
	}
	if err := e.write(); err != nil {
		return err
	}
	std.say("%s: image of %s is %s", e.file(), name, ref)
	if did, field := e.past(); field != "" {
		command := fmt.Sprintf("scantling set %s %s=REFERENCE", name, field)
		if f.environment != "" {
			command += " -e " + f.environment
		}
		std.say("%s: %s begins a release beside it", did, command)
	}
	return nil
}

// past says what a new image does in an app that commits release, and which field begins a release instead; empty: it is none.
func (e *editing) past() (did, field string) {
	for _, f := range e.fleets() {
		for _, a := range f.Apps {
			switch {
			case a.Name != e.name || a.Other != nil && a.Rollout.Strategy != app.BlueGreen:
			case a.Rollout.Strategy == app.BlueGreen:
				return "its active colour changes pod by pod, under traffic", "idle"
			case a.CanaryBy(app.ByIstio) || a.CanaryBy(app.ByGateway) || a.CanaryBy(app.ByReplicas):
				return "it replaces the old one pod by pod, without a canary", "canary"
			}
		}
	}
	return "", ""
}
