// Package compile is the pipeline: from spec files to manifests, each phase one line.
package compile

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"slices"

	"github.com/scantling/scantling/generators"
	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/emit"
	"github.com/scantling/scantling/internal/extension"
	"github.com/scantling/scantling/internal/load"
	"github.com/scantling/scantling/internal/resolve"
)

// Options say what is compiled.
type Options struct {
	Dir         string        // what relative paths and positions start from; empty: the current directory
	Paths       []string      // what is written; empty: all of Dir
	Whole       bool          // every app of the project is asked for, wherever Dir is in it
	Environment string        // empty: every one
	Single      bool          // exactly one environment is wanted
	Platform    bool          // the platform's own objects are asked for, and nothing else
	Images      string        // file of image references by app that replace those of the specs; empty: none
	Output      string        // directory that the files are for; empty: none. It may not hold the specs
	Split       bool          // one file an object, not one an app
	WithTests   bool          // also what other tools read about apps, into Output: rules of Prometheus, and tests of them
	Shard       Shard         // zero: all
	Jobs        int           // apps worked on at the same time; 0: as many as there are processors
	FailOn      diag.Severity // the mildest severity that stops a render
	Today       string        // as 2027-03-31: patches and waivers that are over are reported; empty: nobody looks at a calendar

	Progress func(done, total int) // called after each app; nil: nobody listens
	Overlay  map[string][]byte     // content by absolute path, instead of what the disk holds
}

// Manifests are what a project renders to.
type Manifests struct {
	Diagnostics []diag.Diagnostic      // sorted
	Failed      bool                   // a diagnostic is grave enough to stop: there are no files
	Files       []emit.File            // in the order of output; what other tools read comes last, and only where there is an Output
	Apps        int                    // rendered, each counted once
	Objects     int                    // in all files
	Proofs      []Proof                // one an environment
	Owns        func(file string) bool // whether a file of the output directory is this run's to remove when Files lacks it
}

// Generate is the whole program: load the project, decide every field, generate the objects, lay them out as files, and prove of all
// of them together what they promise. The bytes depend on the input alone. With an error there are no files.
func Generate(opts Options) (Manifests, error) {
	specs, err := Resolve(opts)
	m := Manifests{Diagnostics: specs.Diagnostics, Failed: specs.Failed}
	if err != nil || specs.Failed {
		return m, err
	}
	if err := apart(specs.Project, opts); err != nil {
		return m, err
	}
	asked := selectFrom(specs.Project, opts)
	all := everyUnit(specs.Fleets)
	wanted := asked.of(all)
	m.Apps, m.Owns = countApps(wanted), asked.owns
	if opts.Platform {
		all = platformUnits(specs.Fleets)
		wanted = all
		m.Apps, m.Owns = 0, asked.ownsPlatform
	}
	results, err := render(all, generators.All, opts)
	if err != nil {
		return m, err
	}
	if err := specs.prove(all, results, opts); err != nil {
		return m, err
	}
	m.Failed, m.Proofs = specs.Failed, specs.Proofs
	m.Diagnostics = diag.Sort(append(specs.Diagnostics, specs.expired(opts.Today, diag.Warning)...)) // no calendar stops a render
	if m.Failed {
		return m, nil
	}
	specs = Specs{} // what was read is as large as what is written, and no longer needed
	made := sum(all, results, wanted)
	m.Files, m.Objects = made.files, made.objects
	if opts.Output != "" {
		m.Files = append(m.Files, made.beside...)
		return m, nil
	}
	for _, f := range made.beside {
		m.Diagnostics = append(m.Diagnostics, diag.Diagnostic{
			Severity: diag.Note, Rule: "file-needs-output",
			Problem: fmt.Sprintf("%s is no manifest, and not on stdout", f.Path), Help: "write it with -o DIR",
		})
	}
	m.Diagnostics = diag.Sort(m.Diagnostics)
	return m, nil
}

// Specs are a project's specs with every field decided, and all that is to be said about them.
type Specs struct {
	Project     *load.Project
	Fleets      []*app.Fleet      // one an environment
	Diagnostics []diag.Diagnostic // sorted
	Failed      bool              // a diagnostic is grave enough to stop
	Proofs      []Proof           // one an environment; nil: nothing has been proved yet
}

// Resolve is the first half of Generate. Everything that can be wrong with a spec is found here.
func Resolve(opts Options) (Specs, error) {
	project, found, err := load.Load(load.Options{Paths: opts.Paths, Dir: opts.Dir, Jobs: opts.Jobs, Overlay: opts.Overlay})
	if errors.Is(err, fs.ErrNotExist) {
		return Specs{}, &UsageError{Problem: err.Error(), Help: "an app is asked for by the file of its spec, or by the directory, not by its name"}
	}
	if err != nil {
		return Specs{}, err
	}
	if opts.Platform && project.Platform != nil { // clusters come before the first app
		found = slices.DeleteFunc(found, func(d diag.Diagnostic) bool { return d.Rule == "no-apps" })
	}
	environments, err := selectEnvironments(project, opts)
	err = cmp.Or(err, nothingSelected(project, opts))
	if err != nil && !diag.HasErrors(found) { // else what is missing may only be unreadable
		return Specs{}, err
	}
	images, misplaced, err := readImages(project, opts)
	if err != nil {
		return Specs{}, err
	}
	if project.Platform == nil && !diag.HasErrors(found) {
		found = append(found, localPlatform)
	}
	fleets, resolved := resolve.Fleets(project, resolve.Options{Environments: environments, Images: images, Reported: found, Guarantees: guarantees()})
	if opts.Platform {
		resolved = append(resolved, resolve.PlatformLeftOut(project, fleets)...)
	}
	if !diag.HasErrors(found) && !diag.HasErrors(resolved) {
		resolved = append(resolved, extension.Evaluate(project.Extensions, fleets, opts.jobs())...)
	}
	specs := Specs{Project: project, Fleets: fleets, Diagnostics: slices.Concat(found, misplaced, resolved)}
	specs.judge(opts)
	return specs, nil
}

// judge puts the diagnostics in order and decides whether they stop the run.
func (s *Specs) judge(opts Options) {
	s.Diagnostics = diag.Sort(s.Diagnostics)
	worst, any := diag.Worst(s.Diagnostics)
	s.Failed = any && worst <= opts.FailOn
}

func (o Options) jobs() int { return cmp.Or(max(o.Jobs, 0), runtime.GOMAXPROCS(0)) }

func (o Options) progress(done, total int) {
	if o.Progress != nil {
		o.Progress(done, total)
	}
}
