// Package resolve decides every field of every app of an environment, from the team's spec, the tier's table and the platform's facts, and remembers who decided it.
package resolve

import (
	"cmp"
	"slices"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/load"
)

// Options select what is resolved.
type Options struct {
	Environments []string          // names; empty: all that the platform states
	Images       map[string]Image  // by app: replaces the spec's image
	Guarantees   []string          // that a spec may waive, by name; none: whatever it names
	Reported     []diag.Diagnostic // what the loader has said: nothing is added about values that it refused
}

// Image is an image reference from outside the spec, and where it was written.
type Image struct {
	Ref string
	Pos diag.Pos
}

// Fleets returns one fleet an environment, in the platform's order, and everything there is to say about them. A fleet is
// complete only when no diagnostic is an error.
func Fleets(p *load.Project, opts Options) ([]*app.Fleet, []diag.Diagnostic) {
	worlds, r := platform(p, opts.Environments)
	var fleets []*app.Fleet
	var found [][]diag.Diagnostic
	for _, w := range worlds {
		w.guarantees = opts.Guarantees
		w.addSpecs(p.Apps, opts.Images)
		for _, s := range w.specs {
			s.decide()
		}
		g := w.connect()
		for _, s := range w.specs {
			s.finish()
		}
		g.recovery()
		w.jobDoors()
		g.pools()
		w.distinctSecrets()
		w.distinctNames()
		w.distinctJobs()
		w.distinctClusters()
		w.compose()
		w.warnUnrecoverable()
		w.warnUpstream()
		fleets = append(fleets, w.fleet())
		found = append(found, w.ds)
	}
	return fleets, diag.Sort(withoutRefused(append(r.ds, everywhere(worlds, found)...), opts.Reported))
}

// withoutRefused drops what is said about values that the loader has refused: they count as absent or as nothing here, and a second
// message about them would mislead. What the loader says about a struct as a whole refuses nothing in it.
func withoutRefused(ds, reported []diag.Diagnostic) []diag.Diagnostic {
	refused := map[diag.Pos]bool{}
	for _, d := range reported {
		if d.Severity == diag.Error && d.Rule != "missing-field" && d.Rule != "exclusive-fields" {
			refused[d.Pos] = true
		}
	}
	return slices.DeleteFunc(ds, func(d diag.Diagnostic) bool { return refused[d.Pos] })
}

// decide decides the fields that depend on nothing but the app, its tier and the platform. What a line needs stands above it.
func (s *spec) decide() {
	s.identity()
	s.image()
	s.ports()
	s.metrics()
	s.storage()
	s.writable()
	s.config()
	s.resources()
	s.runtime()
	s.sizing()
	s.objective()
	s.strategy()
	s.replicas()
	s.health()
	s.rollout()
	s.disruption()
	s.spread()
	s.steps()
	s.versions()
	s.analysis()
	s.judgeSteps()
	s.placement()
	s.cron()
	s.sidecars()
	s.patches()
	s.waivers()
}

// finish decides what the connections of the app have a say in.
func (s *spec) finish() {
	s.variables()
	s.groups()
	s.migration()
	s.argoHeader()
	s.objectives()
	s.prober()
	s.dashboard()
}

// world is one environment on its way to a fleet.
type world struct {
	reporter
	env    *app.Environment
	facts  facts               // of the platform, for this environment
	specs  []*spec             // by name
	byName map[string]*spec    // the same
	absent map[string]diag.Pos // apps of the project that are not in this environment
	noted  map[string]bool     // problems that once has reported

	upstream map[string]bool // images of tools that the platform does not state

	guarantees []string // that a spec may waive; none: any
}

// facts are what the platform states beside app.Environment: nodes already merged, the environment's own over the global ones.
type facts struct {
	local        bool       // the built-in platform: a need without a server stands for pods of its name
	keptSeconds  int64      // how long the environment keeps samples that keeps them longest; 0: none has a Prometheus that reads metrics
	node         *load.Node // the environment itself
	capabilities *load.Node // for messages: the list, else the environment
	registries   *load.Node // nil: every registry
	databases    *load.Node
	teams        *load.Node
	apps         *load.Node // of other repositories
	stores       *load.Node // objectstores
	images       *load.Node
	versions     map[string]tables // the default tables, with the platform's overrides
	defaults     string            // version of the tables; empty: the newest
	file         string            // the platform file, for messages
}

// spec is one app of a world on its way to an app.App.
type spec struct {
	w        *world
	name     string
	file     string
	dir      string             // of that file, absolute
	node     *load.Node         // the spec, merged for this environment
	table    table              // the numbers of its tier
	tiers    map[app.Tier]table // those of all tiers
	mounts   map[string]string  // what is mounted, by directory
	main     *app.Port          // what probes, metrics and routes mean when they name no port; nil: the app has none
	override *Image             // of the image, from outside the spec; nil: none
	app      app.App
}

// addSpecs merges the specs for this environment; an app that is not in it is left out.
func (w *world) addSpecs(apps []load.AppSpec, images map[string]Image) {
	w.byName, w.absent = make(map[string]*spec, len(apps)), map[string]diag.Pos{}
	for _, a := range apps {
		node := a.Node
		if node.Field("environments") != nil {
			if node = load.Merge(a.Node, w.env.Group, w.env.Name); node == nil {
				w.absent[a.Name] = a.Node.KeyPos
				continue
			}
			w.ds = append(w.ds, load.CheckMerged(a.Name, node)...)
		}
		s := &spec{w: w, name: a.Name, file: a.File, dir: a.Dir, node: node}
		s.app = app.App{Env: w.env, Name: a.Name, File: a.File, Selected: a.Selected}
		s.app.Origins = make([]app.Origin, 0, 96) // what a service with a few needs has
		if image, ok := images[a.Name]; ok {
			s.override = &image
		}
		w.specs = append(w.specs, s)
		w.byName[a.Name] = s
	}
}

// fleet returns what has been decided.
func (w *world) fleet() *app.Fleet {
	specs := slices.SortedFunc(slices.Values(w.specs), func(a, b *spec) int {
		return cmp.Or(cmp.Compare(a.app.Namespace, b.app.Namespace), cmp.Compare(a.name, b.name))
	})
	f := &app.Fleet{Env: w.env, Apps: make([]app.App, len(specs)), Namespaces: w.namespaces()}
	for i, s := range specs {
		f.Apps[i] = s.app
	}
	return f
}

// everywhere joins what was found in each world, and names the environment of what was not found in all of them.
func everywhere(worlds []*world, found [][]diag.Diagnostic) []diag.Diagnostic {
	type key struct {
		pos     diag.Pos
		path    string
		problem string
	}
	seen := map[key]int{}
	for _, ds := range found {
		inThis := map[key]bool{}
		for _, d := range ds {
			if k := (key{d.Pos, d.Path, d.Problem}); !inThis[k] {
				inThis[k] = true
				seen[k]++
			}
		}
	}
	var all []diag.Diagnostic
	for i, ds := range found {
		for _, d := range ds {
			if seen[key{d.Pos, d.Path, d.Problem}] < len(worlds) {
				d.Env = worlds[i].env.Name
			}
			all = append(all, d)
		}
	}
	return all
}
