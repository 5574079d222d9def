package resolve

import "github.com/scantling/scantling/internal/app"

// companionsOf are the pods that may run beside an app's own at any moment: one of each Job, because no two runs of one overlap, and
// the databases that are made for it.
func companionsOf(a *app.App) []companions {
	var out []companions
	for _, j := range a.Jobs {
		out = append(out, companions{pods: 1, claims: j.Claims(), what: j.Component + " of " + j.For, each: j.Request()})
	}
	for _, c := range a.Clusters {
		out = append(out, serverPods(c))
		if p := c.Pooler; p != nil {
			// As many pods as a rollout adds may still be stopping.
			out = append(out, companions{pods: int64(p.Instances) + 2*p.Surge(), what: "pooler of " + c.Need, each: p.Resources})
		}
	}
	return out
}

// serverPods are the pods of a database: its instances, a Job that prepares the next one, and what a rehearsal makes of its archive.
func serverPods(c app.Cluster) companions {
	pods := companions{pods: int64(c.Instances) + 1, what: "database " + c.Need, each: c.Resources}
	if a := c.Archive; a != nil {
		pods.each.CPUMilli += a.Resources.CPUMilli
		pods.each.MemoryBytes += a.Resources.MemoryBytes
		pods.each.MemoryLimitBytes += a.Resources.MemoryLimitBytes
		if a.Drill != "" {
			pods.pods++
		}
	}
	pods.claims = pods.pods
	return pods
}
