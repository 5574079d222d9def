package compile

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/scantling/scantling/generators"
	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/inventory"
	"github.com/scantling/scantling/internal/manifest"
	"github.com/scantling/scantling/internal/patch"
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
	specs.Diagnostics = append(specs.Diagnostics, specs.expired(opts.Today, diag.Error)...)
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
	var wrong []diag.Diagnostic
	for _, r := range results {
		wrong = append(wrong, r.wrong...)
	}
	if len(wrong) > 0 {
		s.Diagnostics = append(s.Diagnostics, wrong...)
		s.judge(opts)
		return nil
	}
	var found []diag.Diagnostic
	needed := map[diag.Pos]bool{} // places of waivers: one of the whole app may be needed in one environment only
	for _, fleet := range s.Fleets {
		set, err := take(fleet, all, results, opts)
		if err != nil {
			return err
		}
		open, proved := verify.Open(set, Facts(fleet))
		proof, violated := Proof{Env: fleet.Env.Name, Objects: len(set.Objects), Proved: proved}, []verify.Result(nil)
		for _, r := range open {
			switch r.State {
			case verify.Unknown:
				proof.Unknown++
			case verify.Waived:
				proof.Waived++
			case verify.Violated:
				violated = append(violated, r)
			}
		}
		proof.Violated = len(violated)
		for i := range fleet.Apps {
			for _, w := range fleet.Apps[i].Waivers {
				if waives(open, &fleet.Apps[i], w.Guarantee) {
					needed[w.Pos] = true
				}
			}
		}
		s.Proofs = append(s.Proofs, proof)
		blamed, err := s.blameAll(fleet, violated, all, results, opts)
		if err != nil {
			return err
		}
		found = append(found, diag.Sort(blamed)...)
	}
	s.Diagnostics = append(s.Diagnostics, everywhere(found, len(s.Fleets))...)
	s.needless(needed)
	s.judge(opts)
	return nil
}

// needless warns of waivers that are needed in no environment, if all have been looked at.
func (s *Specs) needless(needed map[diag.Pos]bool) {
	if len(s.Fleets) < len(environmentNames(s.Project)) {
		return
	}
	for _, fleet := range s.Fleets {
		for i := range fleet.Apps {
			s.Diagnostics = append(s.Diagnostics, patch.Needless(&fleet.Apps[i], needed)...)
		}
	}
}

// waives reports whether an app's waiver of a guarantee is needed.
func waives(found []verify.Result, a *app.App, guarantee string) bool {
	return slices.ContainsFunc(found, func(r verify.Result) bool {
		return r.State == verify.Waived && r.Guarantee.Name == guarantee && r.Waiver.App == a.Name && r.Waiver.Namespace == a.Namespace
	})
}

// expired reports patches and waivers that are over; with no day nobody asks.
func (s *Specs) expired(today string, severity diag.Severity) (found []diag.Diagnostic) {
	if today == "" {
		return nil
	}
	for _, fleet := range s.Fleets {
		for i := range fleet.Apps {
			found = append(found, patch.Expired(&fleet.Apps[i], today, severity)...)
		}
	}
	return found
}

// take reads the manifests of one environment. The set takes in one unit after the other, so that what was parsed of the first is let go
// before the last is parsed.
func take(fleet *app.Fleet, all []unit, results []rendered, opts Options) (*inventory.Set, error) {
	type parsed struct {
		objects []manifest.Object
		err     error
	}
	set := inventory.Begin()
	var problem error
	inTurn(len(all), opts.jobs(), func(i int) (p parsed) {
		if all[i].env != fleet.Env.Name {
			return p
		}
		for _, f := range results[i].files {
			objects, err := manifest.Parse(f.Path, f.Data)
			p.objects, p.err = append(p.objects, objects...), cmp.Or(p.err, err)
		}
		return p
	}, func(p parsed) {
		problem = cmp.Or(problem, p.err)
		set.Add(p.objects)
	})
	if problem != nil {
		return nil, fmt.Errorf("internal error: %w", problem)
	}
	set.Finish()
	return set, nil
}
