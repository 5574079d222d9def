package verify

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/scantling/scantling/internal/inventory"
	"github.com/scantling/scantling/internal/manifest"
)

const istioGroup = "networking.istio.io"

// meshDestination is where a VirtualService sends requests.
type meshDestination struct {
	path   string
	host   meshHost
	subset string
	port   string // empty: not stated
	weight int64
	stated bool // whether there is a weight
}

// meshHost is the host of a Service; without a name it is another kind of host.
type meshHost struct {
	namespace, name string
	text            string // as it stands there
}

// hostOf reads a host as Istio does: a name without dots is a Service beside who names it.
// https://istio.io/latest/docs/reference/config/networking/virtual-service/#Destination
func hostOf(text, namespace string) meshHost {
	parts := strings.Split(text, ".")
	switch {
	case len(parts) == 1:
		return meshHost{namespace, text, text}
	case len(parts) > 3 && parts[2] == "svc":
		return meshHost{parts[1], parts[0], text}
	}
	return meshHost{text: text}
}

// meshRules returns for each rule of a VirtualService where its requests go, copies of requests left out.
func meshRules(o *inventory.Object) [][]meshDestination {
	var all [][]meshDestination
	for _, protocol := range []string{"http", "tls", "tcp"} {
		for i, rule := range manifest.Maps(o.Fields, "spec", protocol) {
			var to []meshDestination
			for j, route := range manifest.Maps(rule, "route") {
				to = append(to, destinationOf(o, fmt.Sprintf("spec.%s[%d].route[%d]", protocol, i, j), route))
			}
			all = append(all, to)
		}
	}
	return all
}

// meshMirrors returns where copies of requests go.
func meshMirrors(o *inventory.Object) []meshDestination {
	var all []meshDestination
	for i, rule := range manifest.Maps(o.Fields, "spec", "http") {
		if mirror := manifest.Map(rule, "mirror"); mirror != nil {
			all = append(all, destinationOf(o, fmt.Sprintf("spec.http[%d].mirror", i), map[string]any{"destination": mirror}))
		}
		for j, mirror := range manifest.Maps(rule, "mirrors") {
			all = append(all, destinationOf(o, fmt.Sprintf("spec.http[%d].mirrors[%d]", i, j), mirror))
		}
	}
	return all
}

func destinationOf(o *inventory.Object, path string, route map[string]any) meshDestination {
	to := manifest.Map(route, "destination")
	d := meshDestination{path: path, host: hostOf(manifest.String(to, "host"), o.Namespace), subset: manifest.String(to, "subset")}
	if n, ok := manifest.Int(to, "port", "number"); ok {
		d.port = strconv.FormatInt(n, 10)
	}
	d.weight, d.stated = manifest.Int(route, "weight")
	return d
}

// entries are the hosts that ServiceEntries add to the mesh.
func (c *checker) entries() map[string]bool {
	hosts := map[string]bool{}
	for _, o := range c.Of(istioGroup, "ServiceEntry") {
		for _, host := range manifest.List(o.Fields, "spec", "hosts") {
			if text, ok := host.(string); ok {
				hosts[text] = true
			}
		}
	}
	return hosts
}

func (c *checker) meshRoutesReach() {
	entries := c.entries()
	for _, o := range c.Of(istioGroup, "VirtualService") {
		all := meshMirrors(o)
		for _, rule := range meshRules(o) {
			all = append(all, rule...)
		}
		for _, d := range all {
			if d.host.name != "" && !entries[d.host.text] {
				c.reaches(backend{o, d.path, "send a request that the route matches", d.host.namespace, d.host.name, d.port})
			}
		}
	}
}

// subsets are the labels of subsets by host and name, of all DestinationRules.
type subsets map[string]map[string]map[string]string

// key names a host wherever it is named from.
func (h meshHost) key() string {
	if h.name == "" {
		return h.text
	}
	return h.namespace + "/" + h.name
}

func (c *checker) subsets() subsets {
	all := subsets{}
	for _, o := range c.Of(istioGroup, "DestinationRule") {
		key := hostOf(manifest.String(o.Fields, "spec", "host"), o.Namespace).key()
		if all[key] == nil {
			all[key] = map[string]map[string]string{}
		}
		for _, s := range manifest.Maps(o.Fields, "spec", "subsets") {
			all[key][manifest.String(s, "name")] = manifest.Strings(s, "labels")
		}
	}
	return all
}

func subsetIsDefined(c *checker) {
	all := c.subsets()
	for _, o := range c.Of(istioGroup, "VirtualService") {
		for _, rule := range append(meshRules(o), meshMirrors(o)) {
			for _, d := range rule {
				if d.subset != "" && !(d.stated && d.weight == 0) {
					c.subset(o, d, all)
				}
			}
		}
	}
}

// subset looks for the definition of one subset. Rules for a whole domain may define it, and so may rules outside of the set, unless the
// set has the Service or another rule of the host.
func (c *checker) subset(o *inventory.Object, d meshDestination, all subsets) {
	defined, host := all[d.host.key()], c.Service(d.host.namespace, d.host.name)
	labels, ok := defined[d.subset]
	switch {
	case !ok && defined == nil && (host == nil && !o.Ours() || wildcard(all)):
		c.unknown(o, "which DestinationRule defines the subset %s of %s: the set has none of that host", d.subset, d.host.text)
		return
	case !ok && defined == nil:
		c.violated(o, d.path, "send a request to %s: it is answered 503, for no DestinationRule defines the subset %s", d.host.text, d.subset)
		return
	case !ok:
		c.violated(o, d.path, "send a request to %s: it is answered 503, for its DestinationRule does not define the subset %s", d.host.text, d.subset)
		return
	case host == nil || len(c.behind(host)) == 0:
		c.proved(o, "the subset %s of %s is defined", d.subset, d.host.text)
		return
	}
	if pods := withLabels(c.behind(host), labels); len(pods) > 0 {
		c.proved(o, "the subset %s is pods of %s", d.subset, shortNames(pods))
	} else if o.Ours() {
		c.violated(o, d.path, "send a request to %s: it is answered 503, for no pods behind it have %s, as the subset %s wants", d.host.text, labelText(labels), d.subset)
	} else {
		c.unknown(o, "whether there are pods with %s, as the subset %s wants: the set has none", labelText(labels), d.subset)
	}
}

// wildcard reports whether there is a rule for more than one host.
func wildcard(all subsets) bool {
	for host, defined := range all {
		if strings.HasPrefix(host, "*") && len(defined) > 0 {
			return true
		}
	}
	return false
}

// withLabels returns those whose pods have all labels.
func withLabels(all []*inventory.Workload, labels map[string]string) []*inventory.Workload {
	var some []*inventory.Workload
	for _, w := range all {
		has := true
		for key, value := range labels {
			has = has && (w.Template.Labels[key] == value || isRuntimeLabel(key))
		}
		if has {
			some = append(some, w)
		}
	}
	return some
}
