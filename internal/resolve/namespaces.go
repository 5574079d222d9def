package resolve

import (
	"maps"
	"slices"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/load"
)

// namespaces are those that hold apps of this world, by name, each with its quota.
func (w *world) namespaces() []app.Namespace {
	byName := map[string][]*spec{}
	for _, s := range w.specs {
		byName[s.app.Namespace] = append(byName[s.app.Namespace], s)
	}
	stated := w.statedQuotas()
	out := make([]app.Namespace, 0, len(byName))
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		specs := byName[name]
		ns := app.Namespace{Env: w.env, Name: name, Team: specs[0].app.Team, Runbooks: specs[0].app.Runbooks}
		for _, s := range specs {
			ns.Apps = append(ns.Apps, s.name)
			if s.app.Team != ns.Team {
				ns.Team, ns.Runbooks = "", ""
			}
		}
		slices.Sort(ns.Apps)
		ns.Quota, ns.Most = w.quota(name, specs, stated[name]), atMost(specs)
		ns.Drill = w.drills(ns, specs)
		out = append(out, ns)
	}
	return out
}

// statedQuotas are the teams that state a quota, by the namespace that it is for.
func (w *world) statedQuotas() map[string]*load.Node {
	teams := map[string]*load.Node{}
	for _, team := range fields(w.facts.teams) {
		namespace := textOr(team.Field("namespace"), team.Key)
		if team.Field("quota") != nil && teams[namespace] == nil {
			teams[namespace] = team
		}
	}
	return teams
}
