package workload_test

import (
	"maps"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/scantling/scantling/generators/workload"
	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/kube"
)

// onSpot is an app of which 2 of 3 to 8 pods stay off spot capacity.
func onSpot() app.App {
	a := smallest()
	a.Env, a.Placement.Spot = production(), app.SpotPrefer
	a.Spread = app.Spread{Zones: app.Soft, Hosts: app.Soft}
	a.Replicas, a.Base = app.Replicas{Min: 3, Max: 8}, &app.Base{Pods: 2}
	return a
}

// both returns the two Deployments of such an app.
func both(t *testing.T, a app.App) (base, rest *appsv1.Deployment) {
	t.Helper()
	made := workload.Deployment.Run(a)
	if len(made) != 2 {
		t.Fatalf("%d Deployments", len(made))
	}
	return made[1].(*appsv1.Deployment), made[0].(*appsv1.Deployment)
}

func TestE40BaseNeverRunsOnSpot(t *testing.T) {
	base, rest := both(t, onSpot())
	if got := spotRules(base.Spec.Template.Spec); got != "required NotIn" {
		t.Errorf("the base: %s", got)
	}
	if got := spotRules(rest.Spec.Template.Spec); got != "preferred In, tolerated" {
		t.Errorf("the others: %s", got)
	}
	if base.Name != "web-base" || *base.Spec.Replicas != 2 || rest.Name != "web" || *rest.Spec.Replicas != 1 {
		t.Errorf("%d pods of %s and %d of %s", *base.Spec.Replicas, base.Name, *rest.Spec.Replicas, rest.Name)
	}
}

// An autoscaler sets the number of all pods but those of the base, which would otherwise be gone with the first apply that says none.
func TestBaseHasAFixedNumber(t *testing.T) {
	a := onSpot()
	a.Scaling = &app.Scaling{CPUPercent: 60}
	base, rest := both(t, a)
	if base.Spec.Replicas == nil || *base.Spec.Replicas != 2 || rest.Spec.Replicas != nil {
		t.Errorf("the base has %v pods, the others %v", base.Spec.Replicas, rest.Spec.Replicas)
	}
}

// TestBaseLeavesTheOthersAsTheyAre wants a base to come beside a Deployment that runs: its selector can't change.
func TestBaseLeavesTheOthersAsTheyAre(t *testing.T) {
	a := onSpot()
	base, rest := both(t, a)
	a.Base, a.Placement.Spot = nil, app.SpotNever
	was := deployment(t, a).Selector.MatchLabels
	if now := rest.Spec.Selector.MatchLabels; !maps.Equal(was, now) {
		t.Errorf("the selector was %v and is %v", was, now)
	}
	for key, value := range base.Spec.Selector.MatchLabels {
		if base.Spec.Template.Labels[key] != value {
			t.Errorf("the base does not select its own pods by %s", key)
		}
	}
	if base.Spec.Selector.MatchLabels[kube.LabelTrack] != "base" || was[kube.LabelTrack] != "stable" {
		t.Errorf("both select pods of track %q and %q", base.Spec.Selector.MatchLabels[kube.LabelTrack], was[kube.LabelTrack])
	}
}

// TestBaseIsSpreadWithTheOthers wants one rule for both, that counts both: three pods of two Deployments stand in three zones.
func TestBaseIsSpreadWithTheOthers(t *testing.T) {
	base, rest := both(t, onSpot())
	for _, d := range []*appsv1.Deployment{base, rest} {
		constraints := d.Spec.Template.Spec.TopologySpreadConstraints
		if len(constraints) != 2 {
			t.Errorf("%s has %d rules", d.Name, len(constraints))
		}
		for _, c := range constraints {
			for _, other := range []*appsv1.Deployment{base, rest} {
				if !counts(c, d, other) {
					t.Errorf("%s: the rule about %s does not count the pods of %s", d.Name, c.TopologyKey, other.Name)
				}
			}
		}
	}
}

// counts reports whether a rule of one Deployment's pods counts those of another, as the scheduler does: what a key of MatchLabelKeys
// says of the pod is wanted of the others, too.
func counts(c corev1.TopologySpreadConstraint, own, other *appsv1.Deployment) bool {
	wanted := maps.Clone(c.LabelSelector.MatchLabels)
	for _, key := range c.MatchLabelKeys {
		if value, ok := own.Spec.Template.Labels[key]; ok {
			wanted[key] = value
		} else if key == appsv1.DefaultDeploymentUniqueLabelKey {
			wanted[key] = own.Name // of each ReplicaSet another
		}
	}
	for key, value := range wanted {
		if other.Spec.Template.Labels[key] != value {
			return false
		}
	}
	return true
}
