package network

import (
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

// MigrationPolicy lets an app's migration reach the data stores that it changes, and nothing else. Nobody may call it.
var MigrationPolicy = generator.Generator{
	Name: "migration-policy",
	Reasons: generator.Reasons{
		"NetworkPolicy spec.policyTypes[]":                             "both, always: a direction without rules is closed only if it is listed",
		"NetworkPolicy spec.egress[].to[].podSelector.matchLabels.app": "istiod: how Istio labels the control plane that every sidecar asks",
	},
	Run: func(a app.App) []generator.Object {
		if a.Migration == nil {
			return nil
		}
		return []generator.Object{&networkingv1.NetworkPolicy{
			TypeMeta:   kube.Type("networking.k8s.io/v1", "NetworkPolicy"),
			ObjectMeta: kube.MigrationMeta(a, kube.MigrationName(a)),
			Spec: networkingv1.NetworkPolicySpec{
				PodSelector: migrationPods(a),
				PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress},
				Egress:      egress(migration(a)),
			},
		}}
	},
}

// MigrationHostPolicy lets an app's migration call data stores outside the cluster by name. It adds to the migration's NetworkPolicy.
var MigrationHostPolicy = generator.Generator{
	Name:    "migration-host-policy",
	Reasons: HostPolicy.Reasons,
	Run: func(a app.App) []generator.Object {
		if a.Migration == nil {
			return nil
		}
		return hostPolicy(migration(a), kube.MigrationMeta(a, kube.MigrationName(a)+"-fqdn"), migrationPods(a))
	},
}

// migration returns an app as its migration is to the network: without rights at the Kubernetes API, and calling data stores only.
func migration(a app.App) app.App {
	a.Egress, a.Access = a.Migration.Egress, nil
	return a
}

func migrationPods(a app.App) metav1.LabelSelector {
	return metav1.LabelSelector{MatchLabels: kube.MigrationPeerLabels(a)}
}
