package workload

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/kube"
)

// spotWeight is how much spot capacity is preferred, of 100: more than the scheduler's own wishes, less than a rule.
const spotWeight = 80

// spread keeps an app's pods apart. Pods on nodes that may take none (cordoned, dead, of another pool) are not counted: else an
// empty zone would hold every new pod back. A base and the other pods are spread as one.
func spread(a app.App) []corev1.TopologySpreadConstraint {
	var out []corev1.TopologySpreadConstraint
	add := func(topologyKey string, strength app.Strength) {
		if strength == app.None {
			return
		}
		out = append(out, corev1.TopologySpreadConstraint{
			MaxSkew:            1,
			TopologyKey:        topologyKey,
			WhenUnsatisfiable:  whenUnsatisfiable(strength),
			NodeTaintsPolicy:   new(corev1.NodeInclusionPolicyHonor),
			NodeAffinityPolicy: new(corev1.NodeInclusionPolicyHonor),
			LabelSelector:      kube.VersionSelector(a),
			MatchLabelKeys:     revisionLabels(a),
		})
	}
	add(corev1.LabelTopologyZone, a.Spread.Zones)
	add(corev1.LabelHostname, a.Spread.Hosts)
	return out
}

func whenUnsatisfiable(s app.Strength) corev1.UnsatisfiableConstraintAction {
	if s == app.Hard {
		return corev1.DoNotSchedule
	}
	return corev1.ScheduleAnyway
}

// revisionLabels lets a rollout spread the new pods among themselves, not against the old ones that are about to go. A Deployment
// and Argo Rollouts each have their own label for it; other pods have none. Of two Deployments that label has two values: a base and the
// other pods know a release by the app's version. When something else changes, they count the old pods, too, which such apps can bear:
// their spread is a wish.
func revisionLabels(a app.App) []string {
	switch {
	case !deployed(a):
		return nil
	case a.Base != nil:
		return []string{kube.LabelVersion}
	case a.CanaryBy(app.ByArgo):
		return []string{"rollouts-pod-template-hash"}
	}
	return []string{"pod-template-hash"}
}

// affinity returns the rules about nodes and neighbours, nil without any. There is none against sharing a zone: it would allow one
// pod a zone, and keep the rest pending.
func affinity(a app.App) *corev1.Affinity {
	out := corev1.Affinity{NodeAffinity: nodeAffinity(a)}
	if a.Spread.HostAntiAffinity {
		out.PodAntiAffinity = &corev1.PodAntiAffinity{
			RequiredDuringSchedulingIgnoredDuringExecution: []corev1.PodAffinityTerm{{
				TopologyKey:   corev1.LabelHostname,
				LabelSelector: kube.Selector(a),
			}},
		}
	}
	if out == (corev1.Affinity{}) {
		return nil
	}
	return &out
}

func nodeAffinity(a app.App) *corev1.NodeAffinity {
	if a.Env.Spot == nil {
		return nil
	}
	switch a.Placement.Spot {
	case app.SpotNever:
		return kube.SpotRule(a, corev1.NodeSelectorOpNotIn)
	case app.SpotRequire:
		return kube.SpotRule(a, corev1.NodeSelectorOpIn)
	case app.SpotPrefer:
		return &corev1.NodeAffinity{PreferredDuringSchedulingIgnoredDuringExecution: []corev1.PreferredSchedulingTerm{{
			Weight:     spotWeight,
			Preference: kube.SpotTerm(a, corev1.NodeSelectorOpIn),
		}}}
	}
	return nil
}

// tolerations returns the platform's, and spot's where the app may use it.
func tolerations(a app.App) []corev1.Toleration {
	out := kube.Tolerations(a)
	uses := a.Placement.Spot == app.SpotPrefer || a.Placement.Spot == app.SpotRequire
	if uses && a.Env.Spot != nil && a.Env.Spot.Taint != "" {
		out = append(out, corev1.Toleration{Key: a.Env.Spot.Taint, Operator: corev1.TolerationOpExists})
	}
	return out
}
