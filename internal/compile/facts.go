package compile

import (
	"maps"
	"slices"
	"strconv"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/verify"
)

// Facts returns what the platform states of one environment and what the specs declare of its apps, as the engine wants it.
func Facts(fleet *app.Fleet) verify.Facts {
	env := fleet.Env
	f := verify.Facts{
		Kubernetes: env.Minor, Zones: env.Zones, NodeAutoscaling: env.NodeAutoscaling,
		Namespaces: others(env), Capabilities: env.Capabilities,
		DNS: &verify.Pods{Namespace: env.DNS.Namespace, Labels: env.DNS.Labels, Port: env.DNS.Port}, Doors: doors(fleet), APIServer: env.APIServerCIDRs, Mesh: env.Mesh, Region: env.Region,
		Registries: env.Registries, StorageClasses: reclaim(env.StorageClasses),
	}
	if env.Scrape != nil {
		f.Scrape = &verify.Pods{Namespace: env.Scrape.Namespace, Labels: env.Scrape.Labels}
		f.RetentionSeconds = env.Scrape.RetentionSeconds
	}
	if env.CNPG != "" {
		f.Operators = []verify.Pods{{Namespace: env.CNPG, Labels: map[string]string{"app.kubernetes.io/name": "cloudnative-pg"}}}
	}
	if env.Spot != nil {
		f.Spot = &verify.Spot{Taint: env.Spot.Taint}
		for key, value := range env.Spot.Label { // there is one
			f.Spot.Key, f.Spot.Value = key, value
		}
	}
	for _, db := range env.Databases {
		f.Databases = append(f.Databases, verify.Database(db))
	}
	for _, a := range fleet.Apps {
		f.Secrets = append(f.Secrets, existing(a)...)
		f.Apps = append(f.Apps, declared(a))
		for _, w := range a.Waivers {
			f.Waivers = append(f.Waivers, verify.Waiver{Namespace: a.Namespace, App: a.Name, Guarantee: w.Guarantee, Reason: w.Reason, Expires: w.Expires})
		}
	}
	slices.Sort(f.Secrets)
	f.Secrets = slices.Compact(f.Secrets)
	return f
}

// others are the namespaces that exist and that nobody renders: those of apps of other projects, and Velero's.
func others(env *app.Environment) []string {
	if env.Velero == "" {
		return env.Foreign
	}
	return append(slices.Clone(env.Foreign), env.Velero)
}

// doors are the gateways and ingress controllers through which requests come from outside.
func doors(fleet *app.Fleet) []verify.Pods {
	var all []verify.Pods
	add := func(namespace string, labels map[string]string) {
		if namespace != "" && !slices.ContainsFunc(all, func(p verify.Pods) bool { return p.Namespace == namespace && maps.Equal(p.Labels, labels) }) {
			all = append(all, verify.Pods{Namespace: namespace, Labels: labels})
		}
	}
	for _, g := range []*app.Gateway{fleet.Env.Gateway, fleet.Env.IstioGateway} {
		if g != nil {
			add(g.Namespace, g.Labels)
		}
	}
	if in := fleet.Env.IngressClass; in != nil {
		add(in.Namespace, in.Labels)
	}
	for _, a := range fleet.Apps {
		if a.Expose != nil {
			add(a.Expose.Gateway.Namespace, a.Expose.Gateway.Labels)
		}
	}
	return all
}

// reclaim says of the platform's storage classes what becomes of the data when a claim goes.
func reclaim(c app.StorageClasses) map[string]string {
	classes := map[string]string{}
	if c.Retain != "" {
		classes[c.Retain] = "Retain"
	}
	if c.Delete != "" {
		classes[c.Delete] = "Delete"
	}
	return classes
}

// existing lists the Secrets of an app that are made elsewhere.
func existing(a app.App) (names []string) {
	for _, s := range a.Secrets {
		if s.Existing {
			names = append(names, a.Namespace+"/"+s.Name)
		}
	}
	if a.PullSecret != "" {
		names = append(names, a.Namespace+"/"+a.PullSecret)
	}
	return names
}

// The components of an app's pods, as the labels of the manifests have them.
const (
	componentApp       = "app"
	componentJob       = "job"
	componentMigration = "migration"
	componentDatabase  = "database"
)

// declared is what the spec says of one app.
func declared(a app.App) verify.Declared {
	d := verify.Declared{
		Namespace: a.Namespace, App: a.Name, Tier: string(a.Tier),
		StartupSeconds: a.Health.StartupSeconds, DrainSeconds: a.Health.DrainSeconds, Promises: promises(a.SLO),
		Recreates: a.Rollout.Strategy == app.Recreate,
	}
	if a.Metrics != nil {
		d.Buckets = a.Metrics.Buckets
	}
	component := componentApp
	if a.Kind == app.Cron {
		component = componentJob
	}
	d.Flows = append(flows(component, "", true, a.Egress), flows(component, "", false, a.Ingress)...)
	if a.Migration != nil {
		d.Flows = append(d.Flows, flows(componentMigration, "", true, a.Migration.Egress)...)
	}
	for _, j := range a.Jobs {
		d.Flows = append(d.Flows, flows(j.Component, j.Name, true, j.Egress)...)
	}
	for _, c := range a.Clusters {
		d.Flows = append(d.Flows, clusterFlows(c)...)
	}
	for _, r := range a.Recovery {
		d.Recovery = append(d.Recovery, verify.Objective{
			Name: r.Name, RPOSeconds: r.RPOSeconds, RTOSeconds: r.RTOSeconds, Elsewhere: r.SharedWith,
		})
	}
	return d
}

// promises are the objectives that somebody measures.
func promises(s *app.SLO) []verify.Promise {
	if s == nil {
		return nil
	}
	var all []verify.Promise
	for _, o := range s.Objectives {
		all = append(all, verify.Promise{
			Name: o.Name, Percent: strconv.FormatFloat(o.Percent, 'f', -1, 64), BadEvents: o.GuardEvents, Rare: o.LongOnly,
		})
	}
	return all
}

// clusterFlows are those of a database that is made for the app, and of the pooler before it.
func clusterFlows(c app.Cluster) []verify.Flow {
	all := flows(componentDatabase, c.Name, false, c.Ingress)
	if c.Pooler != nil {
		all = append(all, flows(componentDatabase, c.Pooler.Name, false, c.Pooler.Ingress)...)
	}
	if c.Archive != nil {
		all = append(all, flows(componentDatabase, c.Name, true, c.Archive.Egress)...)
	}
	return all
}

// flows turns edges into flows of one component; with a name, of the pods of that name alone.
func flows(component, name string, egress bool, edges []app.Edge) []verify.Flow {
	var all []verify.Flow
	for _, e := range edges {
		f := verify.Flow{Component: component, Name: name, Egress: egress, Need: e.Name, Peer: verify.Peer{CIDRs: e.Peer.CIDRs, Host: e.Peer.Host}}
		if e.Peer.Namespace != "" {
			f.Peer.Pods = &verify.Pods{Namespace: e.Peer.Namespace, Labels: e.Peer.Labels}
		}
		for _, p := range e.Ports {
			f.Ports = append(f.Ports, verify.Port{Number: p.Number, Protocol: p.Protocol})
		}
		all = append(all, f)
	}
	return all
}

// guarantees lists the names of all guarantees, for specs that waive some.
func guarantees() []string {
	var names []string
	for _, g := range verify.All() {
		names = append(names, g.Name)
	}
	return names
}
