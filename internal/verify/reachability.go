package verify

import (
	"github.com/scantling/scantling/internal/diag"
)

// reachability is about who can talk to whom, as all policies together have it. The kubelet's probes need nothing: what comes from a
// pod's own node is always let in. Calls of the API server, as to webhooks, come from no pod; they are not looked at.
var reachability = []Guarantee{
	{
		Name:    "names-can-be-resolved",
		Promise: "each pod that may call somebody reaches DNS, over UDP and over TCP",
		Why:     "where egress is closed and DNS is not opened, every call fails before it begins; without TCP, long answers never arrive",
		Source:  "https://kubernetes.io/docs/concepts/services-networking/network-policies/#default-deny-all-egress-traffic",
		Foreign: diag.Error,
		check:   namesCanBeResolved,
	},
	{
		Name:    "half-open",
		Promise: "what one policy opens to certain pods, the policies of those pods do not refuse",
		Why:     "a connection needs leave at both ends; an edge that is open at one alone looks right in review and times out in production",
		Source:  "https://kubernetes.io/docs/concepts/services-networking/network-policies/#the-two-sorts-of-pod-isolation",
		Foreign: diag.Warning,
		check:   halfOpen,
	},
	{
		Name:    "declared-calls-are-open",
		Promise: "each call that an app declares is open at both ends, on the port behind the Service, and what its mesh and its operator need, too",
		Why:     "an app whose policy forgets a dependency fails on the path that needs it, perhaps weeks later",
		Source:  "https://kubernetes.io/docs/concepts/services-networking/network-policies/",
		Foreign: diag.Error,
		check:   declaredCallsAreOpen,
	},
	{
		Name:    "nothing-else-is-open",
		Promise: "no connection is open but those that are declared, and those that the platform needs",
		Why:     "every connection that nobody needs is a way on for whoever breaks into one end of it",
		Source:  "https://csrc.nist.gov/pubs/sp/800/207/final",
		Foreign: diag.Warning,
		check:   nothingElseIsOpen,
	},
	{
		Name:    "scrape-reaches-metrics",
		Promise: "whoever reads metrics reaches each port that a monitor names",
		Why:     "pods that cannot be scraped look like pods that do not exist, and their alerts never fire",
		Source:  "https://prometheus-operator.dev/docs/developer/getting-started/",
		Foreign: diag.Error,
		check:   scrapeReachesMetrics,
	},
	{
		Name:    "doors-reach-routed-ports",
		Promise: "the gateway or ingress controller reaches each port that something routes to",
		Why:     "a route to pods that refuse the gateway answers every request with an error",
		Source:  "https://kubernetes.io/docs/concepts/services-networking/network-policies/",
		Foreign: diag.Error,
		check:   doorsReachRoutedPorts,
	},
	{
		Name:    "api-server-is-reached",
		Promise: "pods with rights at the Kubernetes API reach it",
		Why:     "a controller that cannot reach the API does nothing, and often says nothing",
		Source:  "https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/",
		Foreign: diag.Error,
		check:   apiServerIsReached,
	},
}
