package network

import (
	"maps"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

// The ports of CloudNativePG's pods, by its source (pkg/management/url, pkg/postgres).
var (
	postgresPort    = tcp(5432) // PostgreSQL, and PgBouncer in front of it
	statusPort      = tcp(8000) // of a server's manager: the operator asks it, and servers ask each other whether they are cut off
	postgresMetrics = tcp(9187)
	poolerMetrics   = tcp(9127)
)

// operatorLabels are those of CloudNativePG's own pods, in its manifests and its chart.
var operatorLabels = map[string]string{"app.kubernetes.io/name": "cloudnative-pg"}

// DatabasePolicy fences the pods of the databases that are made for an app, and those that a rehearsal recovers from their archives.
var DatabasePolicy = generator.Generator{
	Name: "database-policy",
	Reasons: generator.Reasons{
		"NetworkPolicy spec.policyTypes[]":                                                   "both, always: a direction without rules is closed only if it is listed",
		"NetworkPolicy spec.ingress[].from[].podSelector.matchLabels.app.kubernetes.io/name": "the operator, which asks every server how it is and tells it what to become",
		"NetworkPolicy spec.podSelector.matchExpressions":                                    "a pooler bears the label of its Cluster, too, and has a policy of its own",
	},
	Run: func(a app.App) []generator.Object {
		var out []generator.Object
		for _, d := range databases(a) {
			out = append(out, &networkingv1.NetworkPolicy{
				TypeMeta:   kube.Type("networking.k8s.io/v1", "NetworkPolicy"),
				ObjectMeta: kube.DatabaseMeta(a, d.name, d.name),
				Spec: networkingv1.NetworkPolicySpec{
					PodSelector: d.pods,
					PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress},
					Ingress:     ingress(d.view),
					Egress:      egress(d.view),
				},
			})
		}
		return out
	},
}

// DatabaseHostPolicy lets databases reach a bucket that is known by name. It adds to their NetworkPolicies.
var DatabaseHostPolicy = generator.Generator{
	Name:    "database-host-policy",
	Reasons: besidePoolers(HostPolicy.Reasons),
	Run: func(a app.App) []generator.Object {
		var out []generator.Object
		for _, d := range databases(a) {
			out = append(out, hostPolicy(d.view, kube.DatabaseMeta(a, d.name, d.name+"-fqdn"), d.pods)...)
		}
		return out
	},
}

// DatabaseAPIServerPolicy lets the manager in each pod of a database reach the Kubernetes API.
var DatabaseAPIServerPolicy = generator.Generator{
	Name:    "database-api-server-policy",
	Reasons: besidePoolers(APIServerPolicy.Reasons),
	Run: func(a app.App) []generator.Object {
		var out []generator.Object
		for _, d := range databases(a) {
			out = append(out, apiServerPolicy(d.view, kube.DatabaseMeta(a, d.name, d.name+"-apiserver"), d.pods)...)
		}
		return out
	},
}

// besidePoolers adds why the pods of a Cluster are not known by one label alone.
func besidePoolers(all generator.Reasons) generator.Reasons {
	own := maps.Clone(all)
	own["CiliumNetworkPolicy spec.endpointSelector.matchExpressions"] = "a pooler bears the label of its Cluster, too, and has a policy of its own"
	return own
}

// database is pods of CloudNativePG to the network.
type database struct {
	name string // of the Cluster or Pooler, and of the policy
	pods metav1.LabelSelector
	view app.App // who calls them, and whom they call
}

func databases(a app.App) []database {
	var out []database
	for _, c := range a.Clusters {
		servers := []app.Edge{among(a, kube.InstanceLabels(c.Name), postgresPort, statusPort)}
		callers := append(servers, c.Ingress...)
		if p := c.Pooler; p != nil {
			callers = append(callers, among(a, kube.PoolerLabels(p.Name), postgresPort))
		}
		out = append(out, server(a, c, c.Name, callers, postgresMetrics))
		if c.Pooler != nil {
			out = append(out, pooler(a, c))
		}
		if c.Archive != nil && c.Archive.Drill != "" {
			itself := among(a, kube.InstanceLabels(c.Archive.Drill), postgresPort, statusPort)
			out = append(out, server(a, c, c.Archive.Drill, append([]app.Edge{itself}, c.Archive.DrillIngress...)))
		}
	}
	return out
}

// server is the pods of a Cluster: they call each other, as far as callers lets them, the Kubernetes API and the archive.
func server(a app.App, c app.Cluster, name string, callers []app.Edge, metrics ...app.Port) database {
	operator := app.Edge{
		Name:  "cloudnative-pg",
		Peer:  app.Peer{Namespace: a.Env.CNPG, Labels: operatorLabels},
		Ports: []app.Port{statusPort, postgresPort},
	}
	view := outsideMesh(a, metrics)
	view.Ingress = append([]app.Edge{operator}, callers...)
	view.Egress = []app.Edge{among(a, kube.InstanceLabels(name), postgresPort, statusPort)}
	if c.Archive != nil {
		view.Egress = append(view.Egress, c.Archive.Egress...)
	}
	return database{name: name, view: view, pods: metav1.LabelSelector{
		MatchLabels:      kube.InstanceLabels(name),
		MatchExpressions: []metav1.LabelSelectorRequirement{{Key: kube.LabelPooler, Operator: metav1.LabelSelectorOpDoesNotExist}},
	}}
}

// pooler is the pods of a Pooler: they call the servers of their Cluster, and the Kubernetes API.
func pooler(a app.App, c app.Cluster) database {
	view := outsideMesh(a, []app.Port{poolerMetrics})
	view.Ingress = c.Pooler.Ingress
	view.Egress = []app.Edge{among(a, kube.InstanceLabels(c.Name), postgresPort)}
	return database{name: c.Pooler.Name, view: view, pods: metav1.LabelSelector{MatchLabels: kube.PoolerLabels(c.Pooler.Name)}}
}

// among is an edge to pods of the app's own namespace.
func among(a app.App, labels map[string]string, ports ...app.Port) app.Edge {
	return app.Edge{Name: "database", Peer: app.Peer{Namespace: a.Namespace, Labels: labels}, Ports: ports}
}

// outsideMesh returns an app as the pods of a database are to the network: outside the mesh, since the operator speaks to them from
// outside of it, with rights at the Kubernetes API, and with their own metrics.
func outsideMesh(a app.App, metrics []app.Port) app.App {
	env := *a.Env
	env.Mesh = ""
	a.Env, a.Expose, a.Metrics = &env, nil, nil
	a.Access = []app.AccessRule{{Group: "postgresql.cnpg.io", Resource: "clusters", Verbs: []string{"get", "watch"}}}
	for _, port := range metrics {
		a.Metrics = &app.Metrics{Port: port}
	}
	return a
}
