package verify

import (
	"fmt"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/inventory"
)

// routes are about what leads to Services and to versions behind them: gateways, meshes, monitors, and who moves weights.
var routes = []Guarantee{
	{
		Name:    "route-reaches-port",
		Promise: "whatever refers to a Service names one that has the port",
		Why:     "a route to a port that a Service does not have answers 503 to everybody, and a monitor of one sees nothing",
		Source:  "https://gateway-api.sigs.k8s.io/reference/spec/#backendref",
		Foreign: diag.Error,
		check:   routeReachesPort,
	},
	{
		Name:    "subset-is-defined",
		Promise: "every subset that a route sends requests to is defined for the host, and has pods",
		Why:     "Istio answers 503 to each request that is sent to a subset which no DestinationRule defines",
		Source:  "https://istio.io/latest/docs/ops/common-problems/network-issues/#503-errors-after-setting-destination-rule",
		Foreign: diag.Error,
		check:   subsetIsDefined,
	},
	{
		Name:    "weights-add-up",
		Promise: "the weights of a route add up, and each version that has one has pods",
		Why:     "weights that do not add up send other shares than those written there, and a version without pods answers its share with errors",
		Source:  "https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPRouteDestination",
		Foreign: diag.Warning,
		check:   weightsAddUp,
	},
	{
		Name:    "canary-has-budget",
		Promise: "where one version of an app is covered by a disruption budget, so is each other one that has several pods",
		Why:     "a drain takes all pods of a version that no budget covers at once, and its share of the requests fails",
		Source:  "https://kubernetes.io/docs/tasks/run-application/configure-pdb/",
		Foreign: diag.Warning,
		check:   canaryHasBudget,
	},
	{
		Name:    "flagger-primary-is-covered",
		Promise: "what covers the target of a Flagger Canary covers the primary that Flagger makes of it, too",
		Why:     "the primary serves, with labels of its own: a budget, policy or monitor that selects the target alone guards pods that are not there",
		Source:  "https://docs.flagger.app/usage/how-it-works#canary-target",
		Foreign: diag.Warning,
		check:   flaggerPrimaryIsCovered,
	},
}

// backend is a reference to a port of a Service.
type backend struct {
	by        *inventory.Object
	path      string
	doing     string // what somebody does, for the counter-example: call it
	namespace string
	service   string
	port      string // a number or a name; empty: any
}

func routeReachesPort(c *checker) {
	for _, v := range c.Ingresses {
		c.ingressReaches(v)
	}
	c.gatewayRoutesReach()
	c.meshRoutesReach()
	c.monitorsReach()
	c.controllersReach()
	c.webhooksReach()
}

// reaches looks for what is referred to.
func (c *checker) reaches(b backend) {
	v := c.Service(b.namespace, b.service)
	switch {
	case v == nil:
		c.missing(b)
	case v.Spec.Type == corev1.ServiceTypeExternalName || b.port == "":
		c.proved(b.by, "Service/%s is there", b.service)
	case !servicePortIs(v, b.port):
		c.violated(b.by, b.path, "%s: Service/%s has no port %s, but %s", b.doing, b.service, b.port, portsText(v))
	default:
		c.proved(b.by, "Service/%s has port %s", b.service, b.port)
	}
}

// missing says that a Service is not in the set. It may be in the cluster; what we make has its own.
func (c *checker) missing(b backend) {
	switch {
	case b.by.Ours() && b.namespace == b.by.Namespace:
		c.violated(b.by, b.path, "%s: there is no Service/%s in %s", b.doing, b.service, namespaceText(b.namespace))
	case c.holds(b.namespace):
		c.unknown(b.by, "whether there is a Service %s in %s: the set has none", b.service, namespaceText(b.namespace))
	}
}

// holds reports whether the set has anything in a namespace, so that one would expect the rest there, too.
func (c *checker) holds(namespace string) bool {
	return len(c.In(namespace)) > 0 || namespace != "" && c.Namespace(namespace) != nil
}

// servicePortIs reports whether a Service has a port of that number or name.
func servicePortIs(v *inventory.Service, port string) bool {
	for _, p := range v.Spec.Ports {
		if p.Name == port || strconv.Itoa(int(p.Port)) == port {
			return true
		}
	}
	return false
}

// portsText lists the ports of a Service.
func portsText(v *inventory.Service) string {
	var all []string
	for _, p := range v.Spec.Ports {
		text := strconv.Itoa(int(p.Port))
		if p.Name != "" {
			text += " (" + p.Name + ")"
		}
		all = append(all, text)
	}
	if len(all) == 0 {
		return "none at all"
	}
	return strings.Join(all, ", ")
}

// albAction is the port that the AWS load balancer controller takes for an action that stands in an annotation.
const albAction = "use-annotation"

func (c *checker) ingressReaches(v *inventory.Ingress) {
	reach := func(path, doing, name, port string, number int32) {
		if name == "" || port == albAction {
			return
		}
		if number != 0 {
			port = strconv.Itoa(int(number))
		}
		c.reaches(backend{v.Object, path, doing, v.Namespace, name, port})
	}
	if b := v.Spec.DefaultBackend; b != nil && b.Service != nil {
		reach("spec.defaultBackend", "ask for what no rule names", b.Service.Name, b.Service.Port.Name, b.Service.Port.Number)
	}
	for i, r := range v.Spec.Rules {
		if r.HTTP == nil {
			continue
		}
		for j, p := range r.HTTP.Paths {
			if b := p.Backend.Service; b != nil {
				reach(fmt.Sprintf("spec.rules[%d].http.paths[%d].backend", i, j), "ask for "+r.Host+p.Path, b.Name, b.Port.Name, b.Port.Number)
			}
		}
	}
}
