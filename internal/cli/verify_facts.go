package cli

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/compile"
	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/load"
	"github.com/scantling/scantling/internal/verify"
)

// knownFacts are what a project states of its clusters and declares of its apps. Outside of a project there are none.
type knownFacts struct {
	fleets []*app.Fleet
	chosen string // by -e; empty: none
}

// openFacts resolves the project of the current directory, if it is in one. Facts of a project that has errors are not used: what
// is proved with wrong ones is not proved.
func openFacts(std *streams, environment string) (knownFacts, error) {
	if _, ok := load.Root(cmp.Or(std.dir, ".")); !ok {
		return knownFacts{chosen: environment}, nil
	}
	specs, err := compile.Resolve(compile.Options{Dir: std.dir, Environment: environment, Whole: true, Platform: true})
	if err != nil {
		return knownFacts{}, err
	}
	if specs.Failed {
		found := slices.DeleteFunc(specs.Diagnostics, func(d diag.Diagnostic) bool { return d.Severity > diag.Error })
		if err := (diag.Printer{Format: diag.Text, Color: std.colored(std.err)}).Print(std.err, found); err != nil {
			return knownFacts{}, err
		}
		std.say("the facts of this project are not to be trusted before that is mended")
		return knownFacts{}, errFinding
	}
	return knownFacts{fleets: specs.Fleets, chosen: environment}, nil
}

// stated reports whether there are any.
func (k knownFacts) stated() bool { return len(k.fleets) > 0 }

func (k knownFacts) environments() []string {
	var names []string
	for _, fleet := range k.fleets {
		names = append(names, fleet.Env.Name)
	}
	return names
}

// of returns the facts of one set of objects: of the environment that it was rendered for, that was chosen, that a directory is
// called after, or of the only one.
func (k knownFacts) of(environment string, paths []string) (verify.Facts, error) {
	if !k.stated() {
		return verify.Facts{}, nil
	}
	environment = cmp.Or(environment, k.chosen)
	for _, path := range paths {
		if base := filepath.Base(path); environment == "" && slices.Contains(k.environments(), base) {
			environment = base
		}
	}
	for _, fleet := range k.fleets {
		if fleet.Env.Name == environment || environment == "" && len(k.fleets) == 1 {
			return compile.Facts(fleet), nil
		}
	}
	names := load.Prose(k.environments(), "and")
	if environment == "" {
		return verify.Facts{}, &usageError{"manifests of which environment? the platform has " + names, "each is a cluster of its own: name it, such as -e " + k.environments()[0]}
	}
	return verify.Facts{}, &usageError{fmt.Sprintf("there is no environment %q", environment), "the platform has " + names}
}
