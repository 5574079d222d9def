package generators_test

import (
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	psa "k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"

	"github.com/scantling/scantling/internal/kube"
)

// every returns the containers of a pod, the sidecars too.
func every(p pod) []corev1.Container { return slices.Concat(p.Spec.InitContainers, p.Spec.Containers) }

var security = must(policy.NewEvaluator(policy.DefaultChecks(), nil))

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// standards are the versions of the restricted standard that a cluster of ours may enforce, and the newest that there is.
var standards = []psa.Version{
	psa.MajorMinorVersion(1, 31), psa.MajorMinorVersion(1, 32), psa.MajorMinorVersion(1, 33), psa.MajorMinorVersion(1, 34),
	psa.MajorMinorVersion(1, 35), psa.MajorMinorVersion(1, 36), psa.MajorMinorVersion(1, 37), psa.LatestVersion(),
}

// restricted asks the API server's own code.
func restricted(r rendered) string {
	for _, p := range r.pods {
		for _, version := range standards {
			level := psa.LevelVersion{Level: psa.LevelRestricted, Version: version}
			result := policy.AggregateCheckResults(security.EvaluatePod(level, &p.ObjectMeta, &p.Spec))
			if !result.Allowed {
				return fmt.Sprintf("%s forbids the %s: %s", version, p.owner, result.ForbiddenDetail())
			}
		}
	}
	return ""
}

// revisions are the labels by which controllers tell the pods of two revisions.
var revisions = map[string][]string{"Deployment": {"pod-template-hash"}, "Rollout": {"rollouts-pod-template-hash"}}

// spreads wants rules about neighbours to count the pod itself, and none to keep pods pending that could run.
func spreads(r rendered) string {
	for _, p := range r.pods {
		own, keys := p.selector, revisions[p.owner]
		if r.app.Base != nil { // spread as one
			own, keys = kube.AppSelector(r.app), []string{kube.LabelVersion}
		}
		for _, c := range p.Spec.TopologySpreadConstraints {
			switch {
			case !maps.Equal(c.LabelSelector.MatchLabels, own):
				return c.TopologyKey + ": the rule counts other pods than its own"
			case !slices.Equal(c.MatchLabelKeys, keys):
				return fmt.Sprintf("%s: the pods of a %s have the labels %v, not %v", c.TopologyKey, p.owner, keys, c.MatchLabelKeys)
			case c.WhenUnsatisfiable == corev1.DoNotSchedule && *c.NodeTaintsPolicy != corev1.NodeInclusionPolicyHonor:
				return c.TopologyKey + ": a dead zone would hold back every pod"
			}
		}
		if p.Spec.Affinity == nil || p.Spec.Affinity.PodAntiAffinity == nil {
			continue
		}
		for _, term := range p.Spec.Affinity.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution {
			if term.TopologyKey != corev1.LabelHostname || !selects(term.LabelSelector.MatchLabels, p.Labels) {
				return "no two pods may share " + term.TopologyKey
			}
		}
	}
	return ""
}

// mounts wants every mount to have a volume and every volume a mount, and a writable /tmp beside every read-only root.
func mounts(r rendered) string {
	for _, p := range r.pods {
		volumes := map[string]int{}
		for _, v := range p.Spec.Volumes {
			volumes[v.Name]++
		}
		for _, c := range p.claims {
			volumes[c.Name]++
		}
		mounted := map[string]bool{}
		for _, c := range every(p) {
			paths := map[string]bool{}
			for _, m := range c.VolumeMounts {
				switch {
				case volumes[m.Name] != 1:
					return fmt.Sprintf("%s mounts %s, of which there are %d", c.Name, m.Name, volumes[m.Name])
				case paths[m.MountPath]:
					return c.Name + " mounts two volumes at " + m.MountPath
				case m.SubPath != "":
					return c.Name + " would never see a rotated " + m.Name
				}
				mounted[m.Name], paths[m.MountPath] = true, true
			}
			if *c.SecurityContext.ReadOnlyRootFilesystem && !paths["/tmp"] {
				return c.Name + " has nowhere to write"
			}
		}
		if len(mounted) != len(volumes) {
			return fmt.Sprintf("of the volumes %v only %v are mounted", volumes, mounted)
		}
	}
	return ""
}

// containers wants no name twice, be it of a container or of a variable, and the own variables before those that refer to them.
func containers(r rendered) string {
	for _, p := range r.pods {
		names := map[string]bool{}
		for _, c := range every(p) {
			if names[c.Name] {
				return "two containers are called " + c.Name
			}
			names[c.Name] = true
			variables := map[string]bool{}
			for _, v := range c.Env {
				if variables[v.Name] {
					return c.Name + " has two variables " + v.Name
				}
				variables[v.Name] = true
			}
			if c.Env[0].Name != "POD_NAME" || c.Env[1].Name != "POD_IP" {
				return c.Name + " does not know first who it is"
			}
		}
	}
	return ""
}

// probes wants ports that the container has, and different questions for "restart it?" and "send it requests?".
func probes(r rendered) string {
	for _, p := range r.pods {
		for _, c := range every(p) {
			for _, probe := range []*corev1.Probe{c.StartupProbe, c.LivenessProbe, c.ReadinessProbe} {
				if probe == nil || probe.HTTPGet == nil {
					continue
				}
				name := probe.HTTPGet.Port.StrVal
				if !slices.ContainsFunc(c.Ports, func(port corev1.ContainerPort) bool { return port.Name == name }) {
					return c.Name + " has no port " + name
				}
			}
			live, ready := c.LivenessProbe, c.ReadinessProbe
			if live != nil && ready != nil && live.HTTPGet != nil && ready.HTTPGet != nil && live.HTTPGet.Path == ready.HTTPGet.Path {
				return c.Name + " is restarted when it is only busy"
			}
		}
	}
	return ""
}

// resources wants requests for all that is counted, limits for all that can't be taken back, and room for the writable directories.
func resources(r rendered) string {
	for _, p := range r.pods {
		var disk int64
		for _, c := range every(p) {
			for _, name := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory, corev1.ResourceEphemeralStorage} {
				request, limit := c.Resources.Requests[name], c.Resources.Limits[name]
				switch {
				case request.IsZero():
					return fmt.Sprintf("%s requests no %s", c.Name, name)
				case limit.IsZero() && name != corev1.ResourceCPU:
					return fmt.Sprintf("%s has no limit of %s", c.Name, name)
				case !limit.IsZero() && request.Cmp(limit) > 0:
					return fmt.Sprintf("%s requests more %s than it may have", c.Name, name)
				}
			}
			disk += c.Resources.Limits.StorageEphemeral().Value()
		}
		for _, v := range p.Spec.Volumes {
			if v.EmptyDir != nil {
				disk -= v.EmptyDir.SizeLimit.Value()
			}
		}
		if disk < 0 {
			return fmt.Sprintf("the writable directories may hold %d bytes more than the containers", -disk)
		}
	}
	return ""
}

func graceful(r rendered) string {
	for _, p := range r.pods {
		for _, c := range every(p) {
			if c.Lifecycle != nil && c.Lifecycle.PreStop.Sleep.Seconds >= *p.Spec.TerminationGracePeriodSeconds {
				return c.Name + " is killed in its sleep"
			}
		}
	}
	return ""
}

func selects(selector, labels map[string]string) bool {
	for key, value := range selector {
		if labels[key] != value {
			return false
		}
	}
	return len(selector) > 0
}

func labelled(o metav1.Object, selector *metav1.LabelSelector) bool {
	return selects(selector.MatchLabels, o.GetLabels())
}
