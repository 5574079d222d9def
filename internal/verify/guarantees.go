package verify

import "slices"

// Family is the guarantees about one concern, in the order in which they are documented.
type Family struct {
	Title      string
	Guarantees []Guarantee
}

// Families returns every guarantee there is. The lists are shared: they are only read.
func Families() []Family {
	return []Family{
		{"Names and versions", identity},
		{"Selectors", selectors},
		{"Services and routes", slices.Concat(services, routes)},
		{"Disruption", slices.Concat(budgets, drains)},
		{"Rollouts", slices.Concat(rollouts, releases)},
		{"Scaling", autoscalers},
		{"Zones and placement", slices.Concat(spreads, placements)},
		{"Pods", slices.Concat(podSecurity, pods, probes)},
		{"Resources", slices.Concat(resources, quotas)},
		{"Network", slices.Concat(network, reachability)},
		{"Access", access},
		{"Secrets and settings", slices.Concat(secrets, configs)},
		{"Objectives", objectives},
		{"Data", slices.Concat(recovery, storage, connections)},
		{"Steadiness", steadiness},
	}
}

var all = list()

func list() []*Guarantee {
	var all []*Guarantee
	for _, f := range Families() {
		for i := range f.Guarantees {
			all = append(all, &f.Guarantees[i])
		}
	}
	return all
}

// All returns every guarantee, in the order in which they are documented. The values are shared: they are only read.
func All() []*Guarantee { return all }

// Named returns a guarantee by its name; nil: there is none.
func Named(name string) *Guarantee {
	i := slices.IndexFunc(all, func(g *Guarantee) bool { return g.Name == name })
	if i < 0 {
		return nil
	}
	return all[i]
}
