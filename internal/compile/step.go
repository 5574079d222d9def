package compile

import (
	"fmt"

	"github.com/scantling/scantling/generators"
	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/manifest"
	"github.com/scantling/scantling/internal/transition"
)

// Step is what a change of the specs does to one environment.
type Step struct {
	Env     string
	Changes []transition.Change
	Found   []diag.Diagnostic // what the step itself would break, sorted
}

// Between renders two states of a project, neither with errors, and compares them, one environment at a time.
func Between(before, after Specs, opts Options) ([]Step, error) {
	opts.Progress = nil // each environment is rendered by itself
	was, is := selectFrom(before.Project, opts), selectFrom(after.Project, opts)
	var steps []Step
	for i, fleet := range after.Fleets {
		old, err := objects(before.Fleets[i], was, opts)
		if err != nil {
			return nil, err
		}
		now, err := objects(fleet, is, opts)
		if err != nil {
			return nil, err
		}
		step := Step{Env: fleet.Env.Name, Changes: transition.Changes(old, now)}
		for _, f := range transition.Check(old, now) {
			step.Found = append(step.Found, diagnose(after, f, fleet.Env))
		}
		step.Found = diag.Sort(step.Found)
		steps = append(steps, step)
	}
	return steps, nil
}

// objects renders what is asked for of one environment, and reads it as whoever applies it would.
func objects(fleet *app.Fleet, asked selection, opts Options) ([]manifest.Object, error) {
	todo := asked.of(everyUnit([]*app.Fleet{fleet}))
	results, err := render(todo, generators.All, opts)
	if err != nil {
		return nil, err
	}
	var all []manifest.Object
	for _, f := range sum(todo, results, todo).files {
		parsed, err := manifest.Parse(f.Path, f.Data)
		if err != nil {
			return nil, fmt.Errorf("internal error: %w", err)
		}
		all = append(all, parsed...)
	}
	return all, nil
}
