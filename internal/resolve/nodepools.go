package resolve

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/load"
)

const (
	// spotTypes is how many types of machine a pool of spot capacity has at the least. Source: judgement; AWS advises to take all that
	// would do, and with two half of the nodes go when one type is taken back.
	spotTypes = 3
	// groupTypes is how many an Auto Scaling group takes by eksctl. Source: its own check.
	groupTypes = 20
)

// awsType is how AWS names its types: a family and a size.
var awsType = regexp.MustCompile(`^[a-z][a-z0-9-]*\.[a-z0-9-]+$`)

// burstable are AWS' types that save up CPU while they idle.
var burstable = regexp.MustCompile(`^t[0-9][a-z]*\.`)

// nodePools reads the platform's groups of nodes for this environment: those whose zones it has. A pool that names zones of another
// environment alone is that one's. Where nobody makes nodes there are none.
func (w *world) nodePools(root *load.Node) {
	env := w.env
	if env.Karpenter == nil && env.Eksctl == nil {
		return
	}
	if n := w.facts.node.Field("eksctl"); n != nil && n.Field("region") == nil && w.facts.node.Field("region") == nil {
		w.errorAtKey(n, "fact-missing", "platform.environments."+env.Name+".eksctl", "nothing says in which region the cluster is", "region, there or in the environment", `add region: "eu-west-1"`)
	}
	for _, n := range fields(root.Field("nodePools")) {
		if n.Kind != load.Struct {
			continue
		}
		path := "platform.nodePools." + n.Key
		p := app.NodePool{Name: n.Key, Spot: text(n.Field("capacity")) == "spot", Zones: env.Zones}
		p.InstanceTypes = w.instanceTypes(n.Field("instanceTypes"), path+".instanceTypes", p.Spot)
		p.Max, _ = integer(n.Field("max"))
		if zones := n.Field("zones"); zones != nil {
			p.Zones = w.unique(zones, path+".zones", "zone")
			if w.elsewhere(root, zones) {
				continue
			}
			w.checkPoolZones(zones, path+".zones")
		}
		switch zones := n.Field("zones"); {
		case len(p.Zones) > 0, len(elems(zones)) > 0: // or the loader has refused them
		case zones != nil:
			w.errorAt(zones, "node-pool-has-zones", path+".zones", "there is no zone for its nodes", "at least one", "leave zones out: those of the environment serve")
		default:
			w.errorAtKey(n, "node-pool-has-zones", path, fmt.Sprintf("there is no zone for its nodes: environment %q states none", env.Name), "zones", `add zones: ["a", "b", "c"] to the environment`)
		}
		env.NodePools = append(env.NodePools, p)
	}
	if label := w.facts.node.Field("spot").Field("label"); slices.ContainsFunc(env.NodePools, func(p app.NodePool) bool { return p.Spot }) {
		w.checkSpotLabel(label)
	}
	slices.SortFunc(env.NodePools, func(a, b app.NodePool) int { return strings.Compare(a.Name, b.Name) })
}

// instanceTypes reads and checks the types of a pool's machines.
func (w *world) instanceTypes(n *load.Node, path string, spot bool) []string {
	types := w.unique(n, path, "instance type")
	switch count := len(types); {
	case n == nil, slices.ContainsFunc(elems(n), (*load.Node).Faulty): // the loader has refused one
	case count == 0:
		w.errorAt(n, "node-pool-has-types", path, "there is no type of machine", "at least one", `e.g. ["m6i.large"]`)
	case w.env.Eksctl != nil && count > groupTypes:
		w.errorAt(n, "node-pool-has-types", path, fmt.Sprintf("eksctl takes no group of %d instance types", count), fmt.Sprintf("at most %d", groupTypes), "remove some, or make two pools")
	case spot && count < spotTypes:
		w.warnAt(n, "spot-pool-is-diverse", path, fmt.Sprintf("spot capacity of %s: when the cloud takes one back, half of the nodes or more go at once", counted(count, "instance type")),
			fmt.Sprintf("%d or more", spotTypes), "add types of the same size from other families and generations")
	}
	aws := w.env.Eksctl != nil || w.env.Karpenter != nil && w.env.Karpenter.Group == "karpenter.k8s.aws"
	for i, e := range elems(n) {
		if aws && text(e) != "" && !awsType.MatchString(e.Text) {
			w.errorAt(e, "node-pool-has-types", fmt.Sprintf("%s[%d]", path, i), fmt.Sprintf("AWS has no type %q", e.Text), "a family and a size, in lower case", `e.g. "m6i.large"`)
		}
		if spot && burstable.MatchString(text(e)) {
			w.warnAt(e, "spot-pool-is-steady", fmt.Sprintf("%s[%d]", path, i), fmt.Sprintf("%q bursts on credits that it saves up while it idles, and a spot node seldom lives long enough", e.Text),
				"types with all of their CPU from the start", `e.g. "m6i.large"`)
		}
	}
	return types
}

// checkSpotLabel reports a label that the maker of nodes does not give them: it would be refused, or no spot node would be found by it.
func (w *world) checkSpotLabel(label *load.Node) {
	const own = `a label of your own, such as "node.acme.io/capacity": "spot"`
	for _, n := range fields(label) {
		path := "platform.environments." + w.env.Name + ".spot.label." + strconv.Quote(n.Key)
		switch {
		case w.env.Karpenter != nil && n.Key == "karpenter.sh/capacity-type":
			if text(n) != "spot" {
				w.errorAt(n, "spot-has-one-label", path, fmt.Sprintf("Karpenter labels no node %q", text(n)), `"spot"`, "")
			}
		case w.env.Karpenter != nil && (below(n.Key, "karpenter.sh", "karpenter.k8s.aws") || n.Key == "kubernetes.io/hostname"):
			w.errorAtKey(n, "spot-has-one-label", path, "Karpenter gives nodes this label by itself, and no other value", own, "")
		case w.env.Eksctl != nil && below(n.Key, "kubernetes.io", "k8s.io") && !below(n.Key, "node.kubernetes.io", "kubelet.kubernetes.io"):
			w.errorAtKey(n, "spot-has-one-label", path, "eksctl gives nodes no label of Kubernetes' own", own, "")
		}
	}
}

// below reports whether a label's key is in one of the domains.
func below(key string, domains ...string) bool {
	prefix, _, _ := strings.Cut(key, "/")
	return slices.ContainsFunc(domains, func(d string) bool { return prefix == d || strings.HasSuffix(prefix, "."+d) })
}

// counted writes a number of things: "1 instance type", "2 instance types".
func counted(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return strconv.Itoa(n) + " " + thing
}

// elsewhere reports whether zones are of other environments alone.
func (w *world) elsewhere(root, zones *load.Node) bool {
	var others []string
	for _, env := range fields(root.Field("environments")) {
		if env.Key != w.env.Name {
			others = append(others, texts(env.Field("zones"))...)
		}
	}
	named := texts(zones)
	return len(named) > 0 && !slices.ContainsFunc(named, func(z string) bool { return slices.Contains(w.env.Zones, z) || !slices.Contains(others, z) })
}

// checkPoolZones reports zones that the environment does not state: nothing would be spread over them.
func (w *world) checkPoolZones(zones *load.Node, path string) {
	for i, z := range elems(zones) {
		if text(z) != "" && !slices.Contains(w.env.Zones, z.Text) {
			w.errorAt(z, "node-pool-has-zones", fmt.Sprintf("%s[%d]", path, i), fmt.Sprintf("zone %q is none of environment %q", z.Text, w.env.Name), load.Prose(w.env.Zones, "or"), didYouMean(z.Text, w.env.Zones))
		}
	}
}
