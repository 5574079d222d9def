package compile

import (
	"fmt"

	"github.com/scantling/scantling/generators"
	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/inventory"
	"github.com/scantling/scantling/internal/manifest"
	"github.com/scantling/scantling/internal/verify"
)

// Proof is what the guarantees come to on all manifests of one environment, each guarantee on each object counted once.
type Proof struct {
	Env      string
	Objects  int
	Proved   int
	Violated int
	Unknown  int
	Waived   int
}

// Check is Resolve, and then the proof of all that the project renders to. Nothing is written.
func Check(opts Options) (Specs, error) {
	specs, err := Resolve(opts)
	if err != nil || specs.Failed {
		return specs, err
	}
	opts.Progress = nil
	all := everyUnit(specs.Fleets)
	results, err := render(all, generators.All, opts)
	if err != nil {
		return Specs{}, err
	}
	return specs, specs.prove(all, results, opts)
}

// prove holds every guarantee against what the units have come to, one environment at a time: against the bytes that will be written,
// as whoever applies them reads them. What is violated becomes a diagnostic at the line of the spec that leads there.
func (s *Specs) prove(all []unit, results []rendered, opts Options) error {
	for _, fleet := range s.Fleets {
		set, err := take(fleet, all, results, opts)
		if err != nil {
			return err
		}
		proof := Proof{Env: fleet.Env.Name, Objects: len(set.Objects)}
		for _, r := range verify.Check(set, Facts(fleet), true) {
			switch r.State {
			case verify.Proved:
				proof.Proved++
			case verify.Unknown:
				proof.Unknown++
			case verify.Waived:
				proof.Waived++
			case verify.Violated:
				proof.Violated++
				s.Diagnostics = append(s.Diagnostics, s.blame(fleet, r))
			}
		}
		s.Proofs = append(s.Proofs, proof)
	}
	s.judge(opts)
	return nil
}

// take reads the manifests of one environment.
func take(fleet *app.Fleet, all []unit, results []rendered, opts Options) (*inventory.Set, error) {
	parsed := make([][]manifest.Object, len(all))
	problems := make([]error, len(all))
	atOnce(len(all), opts.jobs(), func(i int) {
		if all[i].env != fleet.Env.Name {
			return
		}
		for _, f := range results[i].files {
			objects, err := manifest.Parse(f.Path, f.Data)
			if err != nil {
				problems[i] = fmt.Errorf("internal error: %w", err)
			}
			parsed[i] = append(parsed[i], objects...)
		}
	})
	set := inventory.Begin()
	for i, objects := range parsed {
		if problems[i] != nil {
			return nil, problems[i]
		}
		set.Add(objects)
	}
	set.Finish()
	return set, nil
}
