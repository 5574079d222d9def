package compile

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/delivery"
	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/extension"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/patch"
)

// platformUnit is the name of the unit that holds the platform's own objects of an environment; no app may have it.
const platformUnit = "platform"

// namespaceUnit is the name of the unit that holds a namespace's own objects; no app may have it.
const namespaceUnit = "namespace"

// unit is what is rendered, written and removed as a whole: one app, what a namespace holds beside its apps, or what the platform does.
type unit struct {
	env  string
	name string // of the namespace; empty: the platform's own objects

	app       *app.App // nil: the namespace's own objects, or the platform's
	namespace *app.Namespace
	fleet     *app.Fleet // of the platform's own objects
}

// String names the unit in messages.
func (u unit) String() string {
	switch {
	case u.fleet != nil:
		return u.env + "/" + platformUnit
	case u.app == nil:
		return u.env + "/" + u.name
	}
	return u.env + "/" + u.name + "/" + u.app.Name
}

// appName returns the app's name; empty for a namespace's own objects.
func (u unit) appName() string {
	if u.app == nil {
		return ""
	}
	return u.app.Name
}

// run returns what a generator makes of the unit.
func (u unit) run(g generator.Generator) []generator.Object {
	switch {
	case u.fleet != nil && g.RunPlatform != nil:
		return g.RunPlatform(*u.fleet)
	case u.app != nil && g.Run != nil:
		return g.Run(*u.app)
	case u.namespace != nil && u.app == nil && g.RunNamespace != nil:
		return g.RunNamespace(*u.namespace)
	}
	return nil
}

// finished returns the objects of the unit with those that the platform adds, and as its team wants them, and what is wrong with that.
func (u unit) finished(objects []generator.Object) ([]generator.Object, []diag.Diagnostic) {
	if u.app == nil {
		return objects, nil
	}
	generated := len(objects)
	objects, wrong := extension.Join(u.app, objects)
	objects = append(objects[:generated], delivery.Mark(u.facts(), u.app, objects[generated:])...)
	objects, unpatched := patch.Apply(u.app, objects)
	return objects, append(wrong, unpatched...)
}

// files returns what a generator has to say about the unit to tools outside the cluster.
func (u unit) files(g generator.Generator) []generator.File {
	switch {
	case u.fleet != nil && g.PlatformFiles != nil:
		return g.PlatformFiles(*u.fleet)
	case u.app != nil && g.Files != nil:
		return g.Files(*u.app)
	case u.namespace != nil && u.app == nil && g.NamespaceFiles != nil:
		return g.NamespaceFiles(*u.namespace)
	}
	return nil
}

// elsewhere returns the namespace of an object that lies in another one than the unit; empty: it does not. The platform has none.
func (u unit) elsewhere(o generator.Object) string {
	if ns := o.GetNamespace(); u.fleet == nil && ns != u.name {
		return ns
	}
	return ""
}

// facts returns the environment that the unit is of.
func (u unit) facts() *app.Environment {
	if u.fleet != nil {
		return u.fleet.Env
	}
	return u.namespace.Env
}

// everyUnit lists all that fleets render to, in the order of output: by environment, then by namespace, a namespace's own objects
// before its apps.
func everyUnit(fleets []*app.Fleet) []unit {
	var all []unit
	for _, fleet := range fleets {
		env, apps := fleet.Env.Name, fleet.Apps
		for i := range fleet.Namespaces {
			ns := &fleet.Namespaces[i]
			all = append(all, unit{env: env, name: ns.Name, namespace: ns})
			for ; len(apps) > 0 && apps[0].Namespace == ns.Name; apps = apps[1:] {
				all = append(all, unit{env: env, name: ns.Name, namespace: ns, app: &apps[0]})
			}
		}
	}
	return all
}

// of returns those units that are asked for. A namespace is asked for with any of its apps.
func (s selection) of(all []unit) []unit {
	namespaces := map[*app.Namespace]bool{}
	for _, u := range all {
		if u.app != nil && s.apps[u.app.Name] {
			namespaces[u.namespace] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(all), func(u unit) bool {
		asked := u.app != nil && s.apps[u.app.Name] || u.app == nil && namespaces[u.namespace]
		return !asked || !s.shard.holds(u.name, u.appName())
	})
}

// platformUnits lists the platform's own part of each fleet.
func platformUnits(fleets []*app.Fleet) []unit {
	var all []unit
	for _, fleet := range fleets {
		all = append(all, unit{env: fleet.Env.Name, fleet: fleet})
	}
	return all
}

// countApps returns how many different apps the units are about.
func countApps(all []unit) int {
	names := map[string]bool{}
	for _, u := range all {
		if u.app != nil {
			names[u.app.Name] = true
		}
	}
	return len(names)
}

// selection is the part of a project that a run is about.
type selection struct {
	apps   map[string]bool // by name: asked for
	whole  bool            // every app was asked for
	env    string          // empty: every one
	shard  Shard
	beside bool // also what other tools read about apps
}

// ownsPlatform reports whether a file of the output directory is of the platform, whose files a run of their own makes and removes.
func (s selection) ownsPlatform(file string) bool {
	p := placeOf(file)
	return p.platform && (s.env == "" || s.env == p.env)
}

// owns reports whether a file of the output directory is the run's to remove when it is no longer made. Of apps that are gone
// only a run over the whole project can say so, and of what other tools read only a run that makes such files.
func (s selection) owns(file string) bool {
	p := placeOf(file)
	if p.platform || p.beside && !s.beside {
		return false
	}
	return (s.env == "" || s.env == p.env) && (s.whole || s.apps[p.app]) && s.shard.holds(p.namespace, p.app)
}

// place is what the path of a file in an output directory says of it.
type place struct {
	env, namespace string
	app            string // empty: of the namespace itself, or the platform's
	platform       bool
	beside         bool // for a tool outside the cluster
}

// placeOf reads a path as emit makes it. Manifests are in ENV/NAMESPACE/APP.yaml or ENV/NAMESPACE/APP/KIND-NAME.yaml, and those of
// the platform in ENV/platform.yaml or ENV/platform/platform/KIND-NAME.yaml. What other tools read is in TREE/ENV/NAMESPACE/APP.ENDING
// or TREE/ENV.ENDING; a tree has a dot in its name, and no environment, namespace or app has.
func placeOf(file string) (p place) {
	steps := strings.Split(file, "/")
	if strings.Contains(steps[0], ".") {
		p.beside, steps = true, steps[1:]
	}
	steps = append(steps, "", "", "") // the shortest path is of two
	p.env, p.namespace = steps[0], steps[1]
	p.app, _, _ = strings.Cut(steps[2], ".")
	switch {
	case p.beside && p.namespace == "":
		p.env, _, _ = strings.Cut(p.env, ".")
		p.platform = true
	case !p.beside && (p.namespace == platformUnit+".yaml" || p.namespace == platformUnit && steps[2] == platformUnit):
		p.namespace, p.app, p.platform = "", "", true
	case p.app == namespaceUnit:
		p.app = ""
	}
	return p
}

// Shard is one part of the work when several machines share it. The zero Shard is all of it.
type Shard struct {
	Index int // from 1
	Count int
}

// ParseShard reads I/N, as in 2/8.
func ParseShard(s string) (Shard, error) {
	index, count, ok := strings.Cut(s, "/")
	i, err1 := strconv.Atoi(index)
	n, err2 := strconv.Atoi(count)
	if !ok || err1 != nil || err2 != nil || i < 1 || n < i {
		return Shard{}, fmt.Errorf("%q is not a shard: want I/N with I from 1 to N, such as 1/4", s)
	}
	return Shard{i, n}, nil
}

// holds reports whether a unit belongs to the shard. The hash is of the app's name alone: all environments of an app meet on
// one machine, and a new app moves no other.
func (s Shard) holds(namespace, app string) bool {
	if s.Count <= 1 {
		return true
	}
	key := app
	if key == "" {
		key = namespaceUnit + "/" + namespace
	}
	sum := sha256.Sum256([]byte(key))
	return binary.BigEndian.Uint64(sum[:8])%uint64(s.Count) == uint64(s.Index-1)
}
