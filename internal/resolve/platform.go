package resolve

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/load"
)

// minMinor is the oldest Kubernetes that has every field we make on by default: 1.31.
const minMinor = 31

// platform makes a world of each wanted environment, in the platform's order; no names want all of them.
func platform(p *load.Project, wanted []string) ([]*world, *reporter) {
	r := &reporter{}
	root, local := p.Platform, false
	if root == nil {
		root, local = load.LocalPlatform(), true
	}
	versions := r.tables(root)
	if !local {
		r.checkOverrides(root, p.Apps)
	}
	envs := root.Field("environments")
	for _, name := range wanted {
		if envs.Field(name) != nil {
			continue
		}
		d := diag.Diagnostic{Rule: "unknown-environment", Problem: "there is no environment " + strconv.Quote(name), Want: load.Prose(keys(envs), "or"), Help: didYouMean(name, keys(envs))}
		if local {
			d.Help = "only the built-in platform serves here; a platform.cue states your own clusters"
		} else {
			d.Pos, d.Path = at(envs, root), "platform.environments"
		}
		r.report(d)
	}
	if envs != nil && envs.Kind == load.Struct && len(envs.Fields) == 0 {
		r.errorAtKey(envs, "platform-has-environment", "platform.environments", "no environment is stated, so there is nothing to render for", "at least one cluster", `add prod: {kubernetes: "1.34", zones: ["a", "b", "c"]}`)
	}
	var worlds []*world
	for _, env := range fields(envs) {
		if env.Kind != load.Struct || len(wanted) > 0 && !slices.Contains(wanted, env.Key) {
			continue
		}
		w := &world{facts: facts{local: local, file: p.PlatformFile, versions: versions, keptSeconds: longestKept(envs)}}
		w.env = &app.Environment{Name: env.Key, Delivery: textOr(root.Field("delivery"), "kubectl")}
		w.readFacts(root, env)
		w.readEnvironment(env)
		w.nodePools(root)
		w.stated()
		w.checkTeams()
		worlds = append(worlds, w)
	}
	return worlds, r
}

// tables reads the default tables and the platform's say in them.
func (r *reporter) tables(root *load.Node) map[string]tables {
	node, err := load.Embedded("tiers.cue")
	if err != nil {
		panic(err) // the file is part of this program, and a test reads it
	}
	versions := readTables(node)
	r.override(versions, root.Field("tiers"))
	if pin := root.Field("defaults"); pin != nil && versions[text(pin)].tiers == nil {
		r.unknownVersion(pin, versions, "platform.defaults")
	}
	return versions
}

// readFacts collects what is stated for all environments and for this one.
func (w *world) readFacts(root, env *load.Node) {
	f := &w.facts
	f.node = env
	f.capabilities = cmp.Or(env.Field("capabilities"), env)
	f.registries = root.Field("registries")
	f.images = root.Field("images")
	f.defaults = text(root.Field("defaults"))
	f.stores = env.Field("objectstores")
	here := load.PlatformIn(root, env.Key)
	if here != root {
		w.ds = append(w.ds, load.CheckPlatform(here)...)
	}
	f.databases = here.Field("databases")
	f.teams = here.Field("teams")
	f.apps = here.Field("apps")
}

// readEnvironment turns an environment of the platform file into plain data.
func (w *world) readEnvironment(n *load.Node) {
	e, path := w.env, "platform.environments."+n.Key
	e.Group = text(n.Field("group"))
	e.Minor = minor(n.Field("kubernetes"))
	e.Zones = w.unique(n.Field("zones"), path+".zones", "zone")
	e.Capabilities = w.unique(n.Field("capabilities"), path+".capabilities", "capability")
	slices.Sort(e.Capabilities)
	e.NodeAutoscaling = boolean(n.Field("nodeAutoscaling"))
	e.Domain = text(n.Field("domain"))
	e.Gateway = gateway(n.Field("gateway"))
	e.IstioGateway = gateway(n.Field("istioGateway"))
	if in := n.Field("ingress"); in != nil {
		e.IngressClass = &app.IngressClass{Class: text(in.Field("class")), Issuer: text(in.Field("issuer")), Namespace: text(in.Field("namespace")), Labels: textMap(in.Field("labels")), Metrics: text(in.Field("metrics"))}
	}
	e.DNS = app.Pods{Namespace: "kube-system", Labels: map[string]string{"k8s-app": "kube-dns"}}
	if dns := n.Field("dns"); dns != nil {
		port, _ := portNumber(dns.Field("port"))
		e.DNS = app.Pods{Namespace: text(dns.Field("namespace")), Labels: textMap(dns.Field("labels")), Port: port}
	}
	e.Scrape = scrape(n.Field("scrape"))
	if mesh := text(n.Field("mesh")); mesh != "none" {
		e.Mesh = mesh
	}
	e.APIServerCIDRs = w.cidrs(n.Field("apiServerCIDRs"), path+".apiServerCIDRs", false)
	w.checkCIDRs(n, path)
	if store := n.Field("secretStore"); store != nil {
		refresh, _ := seconds(store.Field("refresh"))
		e.SecretStore = &app.SecretStore{Name: text(store.Field("name")), Kind: textOr(store.Field("kind"), "ClusterSecretStore"), RefreshSeconds: refresh}
	}
	classes := n.Field("storageClasses")
	e.StorageClasses = app.StorageClasses{Retain: text(classes.Field("retain")), Delete: text(classes.Field("delete")), Snapshot: text(classes.Field("snapshot")),
		Provisioner: text(classes.Field("provisioner")), Parameters: textMap(classes.Field("parameters"))}
	e.Velero = textOr(n.At("velero", "namespace"), "velero")
	e.Backups = w.backups(n.Field("backups"), path+".backups")
	e.CNPG = textOr(n.At("cnpg", "namespace"), "cnpg-system")
	e.Spot = w.spot(n.Field("spot"), path+".spot")
	w.checkTolerations(n.Field("tolerations"), path+".tolerations")
	if lb := n.Field("loadBalancers"); lb != nil {
		e.LoadBalancers = &app.LoadBalancers{Class: text(lb.Field("class")), Annotations: textMap(lb.Field("annotations"))}
	}
	e.Grafana, e.Prices = w.grafana(n.Field("grafana")), prices(n.Field("prices"))
	e.Karpenter, e.Eksctl = karpenter(n.Field("karpenter")), eksctl(n)
	for tier, class := range textMap(n.Field("priorityClasses")) {
		if e.PriorityClasses == nil {
			e.PriorityClasses = map[app.Tier]string{}
		}
		e.PriorityClasses[app.Tier(tier)] = class
	}
}

// minor returns the MINOR of a Kubernetes version 1.MINOR; the loader has reported what is older than we know.
func minor(n *load.Node) int {
	minor, _ := strconv.Atoi(strings.TrimPrefix(text(n), "1."))
	return max(minor, minMinor)
}

// unique returns the strings of a list, each of which may stand there once.
func (w *world) unique(list *load.Node, path, what string) []string {
	var out []string
	for i, e := range elems(list) {
		switch {
		case e.Kind != load.String:
		case slices.Contains(out, e.Text):
			w.errorAt(e, "listed-twice", fmt.Sprintf("%s[%d]", path, i), fmt.Sprintf("%s %q is listed twice", what, e.Text), "", "remove one of them")
		default:
			out = append(out, e.Text)
		}
	}
	return out
}

func gateway(n *load.Node) *app.Gateway {
	if n == nil {
		return nil
	}
	return &app.Gateway{Name: text(n.Field("name")), Namespace: text(n.Field("namespace")), Labels: textMap(n.Field("labels")), Metrics: text(n.Field("metrics"))}
}

// spot reads how spot nodes are marked: by one label, for two would have to be tested together and an affinity tests each alone.
func (w *world) spot(n *load.Node, path string) *app.SpotNodes {
	if n == nil {
		return nil
	}
	label := n.Field("label")
	if label != nil && len(label.Fields) != 1 {
		w.errorAt(label, "spot-has-one-label", path+".label", fmt.Sprintf("%d labels", len(label.Fields)), "one label with its value", `e.g. label: {"node.acme.io/capacity": "spot"}`)
	}
	return &app.SpotNodes{Label: textMap(label), Taint: text(n.Field("taint"))}
}

// checkTolerations reports a toleration that asks for a value and says that any will do: the API server refuses its pods.
func (w *world) checkTolerations(list *load.Node, path string) {
	for i, t := range elems(list) {
		if value := t.Field("value"); text(value) != "" && text(t.Field("operator")) == "Exists" {
			w.errorAt(value, "exclusive-fields", fmt.Sprintf("%s[%d].value", path, i), fmt.Sprintf("operator \"Exists\" tolerates every value, not %q alone", value.Text), "one of value and operator \"Exists\"", "remove one of them")
		}
	}
}

// checkCIDRs checks the address ranges of this environment that only some apps need.
func (w *world) checkCIDRs(env *load.Node, path string) {
	w.cidrs(env.At("backups", "cidrs"), path+".backups.cidrs", false)
	for _, store := range fields(env.Field("objectstores")) {
		w.cidrs(store.Field("cidrs"), path+".objectstores."+store.Key+".cidrs", false)
	}
	for _, db := range fields(w.facts.databases) {
		w.cidrs(db.Field("cidrs"), "platform.databases."+db.Key+".cidrs", false)
	}
}

// checkTeams reports two teams that share a namespace but not its quota.
func (w *world) checkTeams() {
	first := map[string]*load.Node{} // by namespace
	for _, team := range fields(w.facts.teams) {
		quota := team.Field("quota")
		if quota == nil {
			continue
		}
		namespace := textOr(team.Field("namespace"), team.Key)
		other := first[namespace]
		if other == nil {
			first[namespace] = team
			continue
		}
		if text(other.At("quota", "cpu")) != text(quota.Field("cpu")) || text(other.At("quota", "memory")) != text(quota.Field("memory")) {
			w.errorAt(quota, "one-quota-a-namespace", "platform.teams."+team.Key+".quota",
				fmt.Sprintf("namespace %q has another quota from team %q (%s)", namespace, other.Key, other.Field("quota").Pos),
				"one quota for the namespace", "state it for one of the teams, or give each team its namespace")
		}
	}
}

// noteOnce says once for the environment that a default is left out, because a fact or a capability is missing.
func (w *world) noteOnce(rule, field, problem, help string) {
	pos := w.facts.node.KeyPos
	if rule == "capability-missing" {
		pos = at(w.facts.capabilities, nil)
	}
	w.once(diag.Diagnostic{Severity: diag.Note, Rule: rule, Pos: pos, Path: "platform.environments." + w.env.Name + "." + field, Problem: problem, Help: help})
}

// once reports what is wrong with the environment, however many apps suffer from it.
func (w *world) once(d diag.Diagnostic) {
	if w.noted[d.Problem] {
		return
	}
	if w.noted == nil {
		w.noted = map[string]bool{}
	}
	w.noted[d.Problem] = true
	w.report(d)
}

// checkOverrides reports overrides for an environment or a group that the platform does not have.
func (r *reporter) checkOverrides(root *load.Node, apps []load.AppSpec) {
	var names []string
	for _, env := range fields(root.Field("environments")) {
		names = append(names, env.Key)
		if group := text(env.Field("group")); group != "" && !slices.Contains(names, group) {
			names = append(names, group)
		}
	}
	for _, a := range apps {
		for _, n := range fields(a.Node.Field("environments")) {
			if !slices.Contains(names, n.Key) && !n.Faulty() {
				r.errorAtKey(n, "unknown-environment", "apps."+a.Name+".environments."+n.Key, "there is no environment or group "+strconv.Quote(n.Key), load.Prose(names, "or"), didYouMean(n.Key, names))
			}
		}
	}
}
