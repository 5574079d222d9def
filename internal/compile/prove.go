package compile

import (
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
	Patches  int // of all apps
	Waivers  int
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
	for _, fleet := range s.Fleets {
		set, err := take(fleet, all, results, opts)
		if err != nil {
			return err
		}
		proof, violated := Proof{Env: fleet.Env.Name, Objects: len(set.Objects)}, []verify.Result(nil)
		checked := verify.Check(set, Facts(fleet), true)
		for _, r := range checked {
			switch r.State {
			case verify.Proved:
				proof.Proved++
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
			a := &fleet.Apps[i]
			proof.Patches += len(a.Patches)
			proof.Waivers += len(a.Waivers)
			s.Diagnostics = append(s.Diagnostics, patch.Needless(a, func(guarantee string) bool { return waives(checked, a, guarantee) })...)
		}
		s.Proofs = append(s.Proofs, proof)
		blamed, err := s.blameAll(fleet, violated, all, results, opts)
		if err != nil {
			return err
		}
		found = append(found, diag.Sort(blamed)...)
	}
	s.Diagnostics = append(s.Diagnostics, everywhere(found, len(s.Fleets))...)
	s.judge(opts)
	return nil
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
