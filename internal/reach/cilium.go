package reach

import (
	"fmt"
	"strconv"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/scantling/scantling/internal/inventory"
	"github.com/scantling/scantling/internal/manifest"
)

// Cilium's names for labels of namespaces and for a pod's account, in selectors of pods.
const (
	ciliumNamespace       = "io.kubernetes.pod.namespace"
	ciliumNamespaceLabels = "io.cilium.k8s.namespace.labels."
)

// cilium reads a CiliumNetworkPolicy, or one for the whole cluster. Each of its specs is a policy of its own.
func (g *Graph) cilium(o *inventory.Object, wide bool) {
	if spec := manifest.Map(o.Fields, "spec"); spec != nil {
		g.add(g.ciliumSpec(o, spec, "spec", wide))
	}
	for i, spec := range manifest.Maps(o.Fields, "specs") {
		g.add(g.ciliumSpec(o, spec, fmt.Sprintf("specs[%d]", i), wide))
	}
}

// ciliumSpec reads one spec. A direction is closed by having rules, unless it is said otherwise. One without endpoints is about nodes.
func (g *Graph) ciliumSpec(o *inventory.Object, spec map[string]any, path string, wide bool) *Policy {
	p := &Policy{Object: o}
	endpoints, ok := spec["endpointSelector"].(map[string]any)
	if !ok {
		p.Nodes = true
		return p
	}
	governed := &Peer{}
	governed.endpoints(endpoints, p.Namespace, wide)
	p.Selects, p.Whole = g.Members(governed), len(governed.pods) == 0
	p.Runtime, p.Asks = governed.pods.runtime(), governed.pods.String()
	for i, d := range []Direction{Egress, Ingress} {
		for _, field := range []string{string(d), string(d) + "Deny"} {
			rules := manifest.Maps(spec, field)
			for j, rule := range rules {
				p.ciliumRule(d, rule, fmt.Sprintf("%s.%s[%d]", path, field, j), wide)
			}
			p.closes[i] = p.closes[i] || len(rules) > 0
		}
		if v, ok := manifest.Map(spec, "enableDefaultDeny")[string(d)].(bool); ok {
			p.closes[i] = v
		}
	}
	return p
}

// ciliumRule adds a rule. One that names neither peers nor ports opens nothing: it closes the direction.
func (p *Policy) ciliumRule(d Direction, rule map[string]any, path string, wide bool) {
	r := &Rule{Policy: p, Direction: d, Path: path, Deny: strings.Contains(path, "Deny[")}
	limited := r.ciliumPeers(rule, wide)
	for i, list := range manifest.Maps(rule, "toPorts") {
		for j, port := range manifest.Maps(list, "ports") {
			r.Ports = append(r.Ports, ciliumPorts(port, fmt.Sprintf("%s.toPorts[%d].ports[%d]", path, i, j)))
		}
	}
	r.Everyone = !limited && len(manifest.List(rule, "toPorts")) > 0
	if r.Everyone || limited {
		p.Rules = append(p.Rules, r)
	}
}

// ciliumPeers reads whom a rule is for, and reports whether it is for some only.
func (r *Rule) ciliumPeers(rule map[string]any, wide bool) (limited bool) {
	field := map[Direction]string{Egress: "to", Ingress: "from"}[r.Direction]
	add := func(name string, i int) *Peer {
		peer := &Peer{Path: fmt.Sprintf("%s.%s[%d]", r.Path, name, i), pure: true}
		r.Peers = append(r.Peers, peer)
		return peer
	}
	for _, kind := range []string{"Endpoints", "CIDR", "CIDRSet", "Entities", "FQDNs", "Services", "Groups", "Nodes", "Requires"} {
		values, ok := rule[field+kind].([]any)
		limited = limited || ok
		for i, value := range values {
			fields, _ := value.(map[string]any)
			text, _ := value.(string)
			peer := add(field+kind, i)
			switch kind {
			case "Endpoints":
				peer.endpoints(fields, r.Policy.Namespace, wide)
			case "CIDR":
				peer.ciliumBlock(text, nil)
			case "CIDRSet":
				var except []string
				for _, x := range manifest.List(fields, "except") {
					s, _ := x.(string)
					except = append(except, s)
				}
				peer.ciliumBlock(manifest.String(fields, "cidr"), except)
			case "Entities":
				peer.kind, peer.name = entity, text
			case "FQDNs":
				name := manifest.String(fields, "matchName") + manifest.String(fields, "matchPattern")
				peer.kind, peer.name = host, strings.ToLower(strings.TrimSuffix(name, "."))
			default:
				peer.kind, peer.name = opaque, field+kind
			}
		}
	}
	return limited
}

// ciliumBlock takes in addresses, single ones too. What cannot be read is not known.
func (p *Peer) ciliumBlock(cidr string, except []string) {
	if cidr != "" && !strings.Contains(cidr, "/") {
		if strings.Contains(cidr, ":") {
			cidr += "/128"
		} else {
			cidr += "/32"
		}
	}
	if !p.cidr(cidr, except) {
		p.kind, p.name = opaque, "addresses that are not in the rule"
	}
}

// endpoints reads a selector of pods, in which labels of namespaces stand among the others.
func (p *Peer) endpoints(fields map[string]any, namespace string, wide bool) {
	var labels metav1.LabelSelector
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(fields, &labels); err != nil {
		p.kind, p.name = opaque, "pods"
		return
	}
	p.local, p.namespace, p.namespaces, p.pods = !wide, namespace, selector{}, selector{}
	for _, r := range selectorOf(&labels) {
		if name, ok := strings.CutPrefix(r.key, "reserved:"); ok {
			p.kind, p.name = entity, name
			return
		}
		r.key = strings.TrimPrefix(strings.TrimPrefix(r.key, "k8s:"), "any:")
		label, ofNamespace := strings.CutPrefix(r.key, ciliumNamespaceLabels)
		switch {
		case r.key == ciliumNamespace:
			r.key, p.local = nameLabel, false
			p.namespaces = append(p.namespaces, r)
		case ofNamespace:
			r.key, p.local = label, false
			p.namespaces = append(p.namespaces, r)
		default:
			p.pods = append(p.pods, r)
		}
	}
}

// ciliumPorts reads a port. Number 0 is every port; a protocol that is not stated is any.
func ciliumPorts(port map[string]any, path string) Ports {
	p := Ports{Path: path, Protocol: strings.ToUpper(manifest.String(port, "protocol"))}
	if p.Protocol == "ANY" {
		p.Protocol = ""
	}
	text := manifest.String(port, "port")
	if n, ok := manifest.Int(port, "port"); ok {
		text = strconv.FormatInt(n, 10)
	}
	number, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		p.Name = text
		return p
	}
	p.First, p.Last = int32(number), int32(number)
	if end, ok := manifest.Int(port, "endPort"); ok && end > number {
		p.Last = int32(end)
	}
	return p
}
