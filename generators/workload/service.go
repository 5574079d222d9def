package workload

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

// Service is the address of an app's pods inside the cluster, and of each version that callers must tell apart. Who the app's own
// one leads to is written here: a release moves by a commit, never by a patch. Flagger makes its Services itself.
var Service = generator.Generator{
	Name: "service",
	Reasons: generator.Reasons{
		"Service spec.type":            "reachable from inside the cluster only; what is exposed goes through a route",
		"Service spec.sessionAffinity": "a client stays on the version that answered first",
	},
	Run: func(a app.App) []generator.Object {
		if len(a.Ports) == 0 || a.Kind == app.Cron || a.CanaryBy(app.ByFlagger) {
			return nil // nobody calls a cron app's run, which may be over
		}
		main := clusterIP(kube.Meta(a, a.Name), a, kube.ServicePods(a))
		main.Spec.SessionAffinity, main.Spec.SessionAffinityConfig = kube.ClientAffinity(a)
		out := []generator.Object{main}
		for _, v := range a.Versions()[1:] {
			if name, component := kube.OwnService(v); name != "" {
				out = append(out, clusterIP(kube.ComponentMeta(v, name, component), v, kube.Selector(v).MatchLabels))
			}
		}
		return out
	},
}

func clusterIP(meta metav1.ObjectMeta, a app.App, pods map[string]string) *corev1.Service {
	return &corev1.Service{
		TypeMeta:   kube.Type("v1", "Service"),
		ObjectMeta: meta,
		Spec: corev1.ServiceSpec{
			Type:     corev1.ServiceTypeClusterIP,
			Selector: pods,
			Ports:    servicePorts(a.Ports),
		},
	}
}

// HeadlessService gives each pod of a stateful app a DNS name. Its component label tells it from the app's Service, so that a
// monitor that selects one does not find every pod twice.
var HeadlessService = generator.Generator{
	Name: "headless-service",
	Reasons: generator.Reasons{
		"Service spec.type":                     "reachable from inside the cluster only",
		"Service spec.clusterIP":                "no address of its own: DNS answers with the pods",
		"Service spec.publishNotReadyAddresses": "members of a quorum must find each other to become ready",
	},
	Run: func(a app.App) []generator.Object {
		if a.Kind != app.Stateful {
			return nil
		}
		return []generator.Object{&corev1.Service{
			TypeMeta:   kube.Type("v1", "Service"),
			ObjectMeta: kube.ComponentMeta(a, kube.HeadlessName(a), kube.ComponentHeadless),
			Spec: corev1.ServiceSpec{
				Type:                     corev1.ServiceTypeClusterIP,
				ClusterIP:                corev1.ClusterIPNone,
				PublishNotReadyAddresses: a.Disruption != nil && a.Disruption.Quorum,
				Selector:                 kube.AppSelector(a),
				Ports:                    servicePorts(a.Ports),
			},
		}}
	},
}

// servicePorts returns the ports of an app under their own numbers, so that a caller need not know two.
func servicePorts(ports []app.Port) []corev1.ServicePort {
	var out []corev1.ServicePort
	for _, p := range ports {
		out = append(out, corev1.ServicePort{
			Name:        p.Name,
			Port:        p.Number,
			TargetPort:  intstr.FromString(p.Name),
			Protocol:    corev1.Protocol(p.Protocol),
			AppProtocol: kube.AppProtocol(p),
		})
	}
	return out
}
