package resolve

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/load"
)

// recovery plans how the data of all apps is kept restorable. A database that several apps use is backed up once.
func (g *graph) recovery() {
	var plans []*recoveryPlan
	for _, s := range g.specs {
		plans = append(plans, g.plans(s)...)
	}
	share(plans)
	for _, p := range plans {
		if p.owner == nil {
			p.decide()
		}
	}
	for _, p := range plans {
		if p.owner != nil {
			p.follow()
		}
		p.s.app.Recovery = append(p.s.app.Recovery, p.r)
	}
	for _, s := range g.specs {
		slices.SortFunc(s.app.Recovery, func(a, b app.Recovery) int { return cmp.Compare(a.Name, b.Name) })
	}
	for _, p := range plans {
		p.build()
	}
	g.unwatched(plans)
	g.sharedKeys(plans)
}

// sharedKeys notes once that the keys of the bucket lie in several namespaces: who reads the Secrets of one reads the backups of all.
func (g *graph) sharedKeys(plans []*recoveryPlan) {
	namespaces := map[string]bool{}
	for _, p := range plans {
		if p.built && (p.r.Method == app.ByDump || p.r.Method == app.ByArchive || p.r.Method == app.ByReplica) {
			namespaces[p.s.app.Namespace] = true
		}
	}
	if len(namespaces) > 1 && !strings.Contains(g.env.Backups.Secret, app.NamespacePart) {
		g.noteOnce("backups-have-own-keys", "backups.secret", fmt.Sprintf("%d namespaces have the same keys of the bucket: who reads the Secrets of one can read and delete the backups of all", len(namespaces)),
			fmt.Sprintf("secret: %q, and keys for what lies below %s/NAMESPACE/", g.env.Backups.Secret+"/"+app.NamespacePart, g.env.Name))
	}
}

// unwatched warns once of backups whose alerts nobody evaluates.
func (g *graph) unwatched(plans []*recoveryPlan) {
	i := slices.IndexFunc(plans, func(p *recoveryPlan) bool { return p.built })
	if i < 0 || g.env.Has("prometheus") || g.misspelt() {
		return
	}
	first := plans[i]
	first.s.warn(first.path, "backup-is-watched", fmt.Sprintf("environment %q has no prometheus: nobody is told when a backup such as that of %s fails", g.env.Name, first.name),
		fmt.Sprintf("%q in platform.environments.%s.capabilities (%s)", "prometheus", g.env.Name, at(g.facts.capabilities, g.facts.node)), `add "prometheus" when its operator is installed`)
}

// plans returns what the app wants to be restorable, and reports what is wrong about that wish alone.
func (g *graph) plans(s *spec) []*recoveryPlan {
	general := s.node.Field("recovery")
	s.checkRecovery(general, "recovery")
	data := s.data()
	var plans []*recoveryPlan
	for _, d := range data {
		own := d.node.Field("recovery")
		s.checkRecovery(own, d.field+".recovery")
		d.recovery, d.path = own, d.field+".recovery"
		if own == nil {
			d.recovery, d.path = general, "recovery"
		}
		if d.recovery == nil {
			continue
		}
		if i := slices.IndexFunc(plans, func(p *recoveryPlan) bool { return p.name == d.name }); i >= 0 {
			s.w.errorAtKey(s.get(d.label()), "derived-names-differ", s.path(d.label()), fmt.Sprintf("%q is also a need (%s): their backups would have one name", d.name, s.get(plans[i].label()).KeyPos), "another name", "rename the volume")
			continue
		}
		plans = append(plans, g.newPlan(s, d))
	}
	s.expects(general, plans)
	s.needless()
	if general != nil && len(data) == 0 && !s.node.Field("storage").Faulty() && !s.node.Field("needs").Faulty() {
		s.warn("recovery", "recovery-of-something", "the app holds no data that could be restored", "a stateful need that is neither managed nor ephemeral, or a volume", "remove recovery")
	}
	return plans
}

// newPlan is a plan of which nothing is decided.
func (g *graph) newPlan(s *spec, d datum) *recoveryPlan {
	p := &recoveryPlan{s: s, datum: d}
	p.r = app.Recovery{Name: d.name}
	if !d.isVolume() {
		p.r.Kind, p.link = app.NeedKind(d.node.Key), g.linkOf(s, d.name)
	}
	p.r.RPOSeconds, _ = seconds(d.recovery.Field("rpo"))
	p.r.RTOSeconds, _ = seconds(d.recovery.Field("rto"))
	s.fromSpec(p.part(""), d.recovery)
	return p
}

// checkRecovery reports objectives that nothing can keep.
func (s *spec) checkRecovery(n *load.Node, field string) {
	for _, name := range []string{"rpo", "rto"} {
		if at := n.Field(name); at != nil && at.Kind == load.String {
			if d, ok := seconds(at); ok && d == 0 {
				s.fail(field+"."+name, "recovery-above-zero", fmt.Sprintf("%q cannot be kept", at.Text), "the most that may be lost, or the longest that a restore may take", `e.g. "4h"`)
			}
		}
	}
}
