// Package workload makes what runs an app: its pods, hardened alike whatever its kind, the controller that keeps them running, and
// what they are reached by and mount.
package workload

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/kube"
)

// The minor versions of Kubernetes from which a field of the pod may be written; an older API server refuses or drops it.
const (
	minorResizePolicy             = 33 // in-place resizing is on by default
	minorSupplementalGroupsPolicy = 35 // the policy is generally available, so every node obeys it
)

// podTemplate returns the pods of an app. All kinds share it, so that none is hardened less than another.
func podTemplate(a app.App) corev1.PodTemplateSpec {
	return corev1.PodTemplateSpec{
		ObjectMeta: metav1.ObjectMeta{
			Labels:      kube.PodLabels(a),
			Annotations: a.Placement.Annotations,
		},
		Spec: corev1.PodSpec{
			ServiceAccountName:            a.Name,
			AutomountServiceAccountToken:  new(len(a.Access) > 0),
			EnableServiceLinks:            new(false),
			ImagePullSecrets:              kube.PullSecrets(a),
			PriorityClassName:             a.Placement.PriorityClass,
			SecurityContext:               podSecurity(a),
			NodeSelector:                  a.Placement.NodeSelector,
			Tolerations:                   tolerations(a),
			Affinity:                      affinity(a),
			TopologySpreadConstraints:     spread(a),
			InitContainers:                sidecars(a),
			Containers:                    []corev1.Container{mainContainer(a)},
			Volumes:                       volumes(a),
			RestartPolicy:                 restartPolicy(a),
			TerminationGracePeriodSeconds: new(a.Health.GraceSeconds),
		},
	}
}

// podSecurity meets the restricted Pod Security Standard, and goes beyond it by fixing the ids that the pod runs as.
func podSecurity(a app.App) *corev1.PodSecurityContext {
	sc := &corev1.PodSecurityContext{
		RunAsNonRoot:   new(true),
		RunAsUser:      new(a.User),
		RunAsGroup:     new(a.User),
		SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
	}
	if a.FSGroup {
		sc.FSGroup = new(a.User)
		sc.FSGroupChangePolicy = new(corev1.FSGroupChangeOnRootMismatch)
	}
	if a.LowPort {
		// The capability NET_BIND_SERVICE would not help: a process that does not start as root never gets it.
		sc.Sysctls = []corev1.Sysctl{{Name: "net.ipv4.ip_unprivileged_port_start", Value: "0"}}
	}
	if a.Env.Minor >= minorSupplementalGroupsPolicy {
		sc.SupplementalGroupsPolicy = new(corev1.SupplementalGroupsPolicyStrict)
	}
	return sc
}

// restartPolicy is Never for a run: its Job starts a new pod, and the logs of the failed one stay. Other kinds keep the default, the
// only value that their controllers accept.
func restartPolicy(a app.App) corev1.RestartPolicy {
	if a.Kind == app.Cron {
		return corev1.RestartPolicyNever
	}
	return ""
}
