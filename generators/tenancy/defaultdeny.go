package tenancy

import (
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

// DefaultDeny forbids all traffic of a namespace; each app's own policy allows what that app declares, DNS included. There is
// no DNS rule for the whole namespace: a pod that nobody declared could send data out in the names it asks for.
var DefaultDeny = generator.Generator{
	Name: "default-deny",
	Reasons: generator.Reasons{
		"NetworkPolicy spec.policyTypes[]": "without a rule of its own, a direction that is listed is closed",
	},
	RunNamespace: each(func(ns app.Namespace) generator.Object {
		return &networkingv1.NetworkPolicy{
			TypeMeta:   kube.Type("networking.k8s.io/v1", "NetworkPolicy"),
			ObjectMeta: kube.NamespaceMeta(ns, "default-deny"),
			Spec: networkingv1.NetworkPolicySpec{
				PodSelector: metav1.LabelSelector{}, // every pod
				PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress},
			},
		}
	}),
}
