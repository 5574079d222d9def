package verify

import (
	"cmp"
	"fmt"
	"strconv"

	"github.com/scantling/scantling/internal/inventory"
	"github.com/scantling/scantling/internal/manifest"
)

// gatewayKinds are the routes of the Gateway API.
var gatewayKinds = []string{"HTTPRoute", "GRPCRoute", "TCPRoute", "TLSRoute", "UDPRoute"}

const gatewayGroup = "gateway.networking.k8s.io"

// share is a part of the requests of one rule.
type share struct {
	path    string
	service string // name, for messages: what gets the requests
	weight  int64
	found   *inventory.Service // nil: not in the set
	pods    []*inventory.Workload
}

// gatewayRules returns for each rule of a route of the Gateway API who gets its requests.
func (c *checker) gatewayRules(o *inventory.Object) [][]share {
	var all [][]share
	for i, rule := range manifest.Maps(o.Fields, "spec", "rules") {
		var shares []share
		for j, ref := range manifest.Maps(rule, "backendRefs") {
			weight, ok := manifest.Int(ref, "weight")
			if !ok {
				weight = 1 // https://gateway-api.sigs.k8s.io/reference/spec/#backendref
			}
			s := share{path: fmt.Sprintf("spec.rules[%d].backendRefs[%d]", i, j), service: manifest.String(ref, "name"), weight: weight}
			if isService(ref) {
				s.found = c.Service(cmp.Or(manifest.String(ref, "namespace"), o.Namespace), s.service)
			}
			if s.found != nil {
				s.pods = c.behind(s.found)
			}
			shares = append(shares, s)
		}
		all = append(all, shares)
	}
	return all
}

// isService reports whether a reference of the Gateway API is to a Service, as it is where nothing else is stated.
func isService(ref map[string]any) bool {
	return cmp.Or(manifest.String(ref, "kind"), "Service") == "Service" && manifest.String(ref, "group") == ""
}

func (c *checker) gatewayRoutesReach() {
	for _, kind := range gatewayKinds {
		for _, o := range c.Of(gatewayGroup, kind) {
			for i, rule := range manifest.Maps(o.Fields, "spec", "rules") {
				c.gatewayRuleReaches(o, fmt.Sprintf("spec.rules[%d]", i), rule)
			}
		}
	}
}

// gatewayRuleReaches looks at one rule, or at one backend of it: both may have filters.
func (c *checker) gatewayRuleReaches(o *inventory.Object, path string, rule map[string]any) {
	for j, ref := range manifest.Maps(rule, "backendRefs") {
		where := fmt.Sprintf("%s.backendRefs[%d]", path, j)
		c.gatewayRefReaches(o, where, ref)
		c.gatewayRuleReaches(o, where, map[string]any{"filters": ref["filters"]})
	}
	for j, filter := range manifest.Maps(rule, "filters") {
		if ref := manifest.Map(filter, "requestMirror", "backendRef"); ref != nil {
			c.gatewayRefReaches(o, fmt.Sprintf("%s.filters[%d].requestMirror", path, j), ref)
		}
	}
}

func (c *checker) gatewayRefReaches(o *inventory.Object, path string, ref map[string]any) {
	name := manifest.String(ref, "name")
	if !isService(ref) || name == "" {
		return
	}
	b := backend{by: o, path: path, doing: "send a request that the rule matches", namespace: cmp.Or(manifest.String(ref, "namespace"), o.Namespace), service: name}
	if number, ok := manifest.Int(ref, "port"); ok {
		b.port = strconv.FormatInt(number, 10)
	}
	c.reaches(b)
}
