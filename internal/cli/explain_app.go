package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/compile"
	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/explain"
	"github.com/scantling/scantling/internal/load"
)

// topics are what explain tells of an app.
var topics = []string{"recovery", "slo"}

// explainApp prints one topic of an app, in every environment that was asked for and has the app.
func explainApp(std *streams, environment, name, topic string) error {
	if !slices.Contains(topics, topic) {
		return badChoice("explain "+name, topic, topics)
	}
	// Whole: the app that is named may be in another directory.
	specs, err := compile.Resolve(compile.Options{Dir: std.dir, Environment: environment, Whole: true})
	if err != nil {
		return err
	}
	if err := sound(std, specs, name); err != nil {
		return err
	}
	if !slices.ContainsFunc(specs.Project.Apps, func(a load.AppSpec) bool { return a.Name == name }) {
		return unknownApp(name, specs.Project)
	}
	var versions []app.App // of the app: one an environment
	for _, fleet := range specs.Fleets {
		if i := slices.IndexFunc(fleet.Apps, func(a app.App) bool { return a.Name == name }); i >= 0 {
			versions = append(versions, fleet.Apps[i])
		}
	}
	if len(versions) == 0 {
		return &usageError{fmt.Sprintf("%s is not in %s", name, cmp.Or(environment, "any environment")), "its spec says so below environments"}
	}
	write := explain.Recovery
	if topic == "slo" {
		write = explain.SLO
	}
	for i, a := range versions {
		if i > 0 {
			fmt.Fprintln(std.out)
		}
		if err := write(std.out, a); err != nil {
			return err
		}
	}
	return nil
}

// sound prints the errors that make what was decided for an app worth nothing: its own, and those of no app. Those of other apps are
// only counted.
func sound(std *streams, specs compile.Specs, name string) error {
	others := 0
	found := slices.DeleteFunc(slices.Clone(specs.Diagnostics), func(d diag.Diagnostic) bool {
		other := d.Severity <= diag.Error && slices.ContainsFunc(specs.Project.Apps, func(a load.AppSpec) bool {
			return a.Name != name && strings.HasPrefix(d.Path+".", "apps."+a.Name+".")
		})
		if other {
			others++
		}
		return other || d.Severity > diag.Error
	})
	if len(found) == 0 {
		if others > 0 {
			std.say("%s of other apps: scantling check tells", count(others, "error"))
		}
		return nil
	}
	if err := (diag.Printer{Format: diag.Text, Color: std.colored(std.err)}).Print(std.err, found); err != nil {
		return err
	}
	return errFinding
}
