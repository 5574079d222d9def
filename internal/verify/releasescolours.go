package verify

import (
	"slices"
	"strings"

	"github.com/scantling/scantling/internal/inventory"
)

// colours are the values by which two sets of pods of one app are told apart, of which one serves.
var colours = []string{"blue", "green"}

// colourKey returns the label that makes pods one colour of an app: by its name, or by a value that is one.
func colourKey(labels map[string]string) string {
	for _, key := range keysOf(labels) {
		name := key[strings.LastIndexByte(key, '/')+1:]
		if name == "color" || name == "colour" || slices.Contains(colours, labels[key]) {
			return key
		}
	}
	return ""
}

// colour is pods of an app of which another set is idle.
type colour struct {
	*inventory.Workload
	key    string // of the label that tells them from the others
	active bool
}

// coloured returns the colours of workloads, where a Service that names one sends requests to it and none to the other.
func (c *checker) coloured() map[*inventory.Workload]colour {
	all := map[*inventory.Workload]colour{}
	for _, v := range c.Services {
		key := colourKey(v.Spec.Selector)
		if key == "" || isPreview(v) {
			continue
		}
		rest := map[string]string{}
		for k, value := range v.Spec.Selector {
			if k != key {
				rest[k] = value
			}
		}
		if len(rest) == 0 {
			continue // nothing says that they are of one app
		}
		for _, w := range serving(c.WithLabels(v.Namespace, rest)) {
			if value, ok := w.Template.Labels[key]; ok {
				all[w] = colour{w, key, all[w].active || value == v.Spec.Selector[key]}
			}
		}
	}
	return all
}

// isPreview reports whether a Service is there to look at what does not serve yet.
func isPreview(v *inventory.Service) bool {
	for _, word := range []string{"preview", "idle", "test", "staging", "inactive"} {
		if strings.Contains(v.Name, word) {
			return true
		}
	}
	return false
}

func coloursAreApart(c *checker) {
	for _, s := range c.Services {
		c.leadsToOne(s)
	}
	all := c.coloured()
	if len(all) == 0 {
		return
	}
	for _, b := range c.Budgets {
		if active, idle := both(all, c.Selected(b.Namespace, b.Spec.Selector)); active != nil {
			c.countsIdle(b, active, idle)
		}
	}
	for _, w := range c.Workloads {
		own, ok := all[w]
		if !ok {
			continue
		}
		for _, spread := range w.Template.Spec.TopologySpreadConstraints {
			for _, other := range c.Selected(w.Namespace, spread.LabelSelector) {
				if o, ok := all[other]; ok && o.key == own.key && o.Template.Labels[o.key] != w.Template.Labels[own.key] {
					c.violated(w.Object, "spec.template.spec.topologySpreadConstraints", "place its pods: those of %s count, too, so that its own may all be in one domain", other.Short())
				}
			}
		}
	}
}

// leadsToOne wants a Service of ours to be of one colour: else whoever applies it leaves open which version answers.
func (c *checker) leadsToOne(s *inventory.Service) {
	first := (*inventory.Workload)(nil)
	for _, w := range c.WithLabels(s.Namespace, s.Spec.Selector) {
		switch colour := w.Template.Labels[colorLabel]; {
		case !s.Ours() || colour == "" || len(s.Spec.Selector) == 0:
		case first == nil:
			first = w
		case first.Template.Labels[colorLabel] != colour:
			c.violated(s.Object, "spec.selector", "send a request: it goes to %s or to %s, which are two versions", first.Short(), w.Short())
			return
		}
	}
}

// countsIdle compares how many pods that serve a budget lets go with how many it would if it did not count those that are idle.
func (c *checker) countsIdle(b *inventory.Budget, active, idle *inventory.Workload) {
	n := int64(active.Least())
	lets := func(pods int64) int64 {
		keep, _ := budgetKeeps(b, pods)
		return max(pods-keep, 0)
	}
	if idle == nil {
		c.proved(b.Object, "it counts pods of %s alone", active.Short())
		return
	}
	alone, together := lets(n), min(lets(n+int64(idle.Least())), n)
	if together <= alone {
		c.proved(b.Object, "it lets %d of %d pods of %s go, with and without those of %s", together, n, active.Short(), idle.Short())
		return
	}
	c.violated(b.Object, "spec.selector", "drain nodes: it counts %d idle pods of %s as healthy, so %d of the %d pods of %s, which serve, may go at once, and not %d",
		idle.Least(), idle.Short(), together, n, active.Short(), alone)
}

// both returns an active and an idle colour of one app among workloads; nil: there is none.
func both(all map[*inventory.Workload]colour, among []*inventory.Workload) (active, idle *inventory.Workload) {
	for _, w := range among {
		if one, ok := all[w]; ok && one.active && active == nil {
			active = w
		}
	}
	if active == nil {
		return nil, nil
	}
	for _, w := range among {
		other, ok := all[w]
		if ok && !other.active && other.key == all[active].key {
			return active, w
		}
	}
	return active, nil
}
