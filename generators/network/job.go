package network

import (
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

// JobPolicy lets each Job beside an app reach what it backs up and the bucket, and nothing else. Nobody may call it.
var JobPolicy = generator.Generator{
	Name:    "job-policy",
	Reasons: MigrationPolicy.Reasons,
	Run: func(a app.App) []generator.Object {
		var out []generator.Object
		for _, j := range a.Jobs {
			out = append(out, &networkingv1.NetworkPolicy{
				TypeMeta:   kube.Type("networking.k8s.io/v1", "NetworkPolicy"),
				ObjectMeta: kube.JobMeta(a, j, j.Name),
				Spec: networkingv1.NetworkPolicySpec{
					PodSelector: jobPods(a, j),
					PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress},
					Egress:      egress(job(a, j)),
				},
			})
		}
		return out
	},
}

// JobHostPolicy lets the Jobs beside an app call hosts outside the cluster by name, as a bucket's. It adds to their NetworkPolicies.
var JobHostPolicy = generator.Generator{
	Name:    "job-host-policy",
	Reasons: HostPolicy.Reasons,
	Run: func(a app.App) []generator.Object {
		var out []generator.Object
		for _, j := range a.Jobs {
			out = append(out, hostPolicy(job(a, j), kube.JobMeta(a, j, j.Name+"-fqdn"), jobPods(a, j))...)
		}
		return out
	},
}

// JobAPIServerPolicy lets the Jobs beside an app that have rights at the Kubernetes API reach it.
var JobAPIServerPolicy = generator.Generator{
	Name:    "job-api-server-policy",
	Reasons: APIServerPolicy.Reasons,
	Run: func(a app.App) []generator.Object {
		var out []generator.Object
		for _, j := range a.Jobs {
			out = append(out, apiServerPolicy(job(a, j), kube.JobMeta(a, j, j.Name+"-apiserver"), jobPods(a, j))...)
		}
		return out
	},
}

// job returns an app as one of its Jobs is to the network: with the Job's rights at the Kubernetes API, and whom the Job calls.
func job(a app.App, j app.Job) app.App {
	a.Egress, a.Access = j.Egress, j.Access()
	return a
}

func jobPods(a app.App, j app.Job) metav1.LabelSelector {
	return metav1.LabelSelector{MatchLabels: kube.JobPeerLabels(a, j)}
}
