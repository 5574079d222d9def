package inventory_test

import (
	"testing"

	"github.com/scantling/scantling/internal/inventory"
)

func TestUpdates(t *testing.T) {
	for _, c := range []struct {
		name, kind, spec      string
		of, surge, unavailble int32
		update                inventory.UpdateKind
	}{
		{"a Deployment has a quarter of both, one rounded up and one down", "Deployment", `{}`, 6, 2, 1, inventory.Rolling},
		{"of few pods a quarter down is none", "Deployment", `{}`, 3, 1, 0, inventory.Rolling},
		{"nothing that may move is one that may be missing", "Deployment", `{strategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 10%}}}`, 4, 0, 1, inventory.Rolling},
		{"stated numbers", "Deployment", `{strategy: {rollingUpdate: {maxSurge: 3, maxUnavailable: 0}}}`, 4, 3, 0, inventory.Rolling},
		{"a share that is none", "Deployment", `{strategy: {rollingUpdate: {maxSurge: many, maxUnavailable: 1}}}`, 4, 0, 1, inventory.Rolling},
		{"all old ones go first", "Deployment", `{strategy: {type: Recreate}}`, 4, 0, 4, inventory.Recreate},
		{"a StatefulSet has no surge", "StatefulSet", `{}`, 4, 0, 1, inventory.Rolling},
		{"somebody deletes them", "StatefulSet", `{updateStrategy: {type: OnDelete}}`, 4, 0, 0, inventory.OnDelete},
		{"a DaemonSet replaces one", "DaemonSet", `{}`, 4, 0, 1, inventory.Rolling},
		{"or starts the new one first", "DaemonSet", `{updateStrategy: {rollingUpdate: {maxSurge: 2, maxUnavailable: 0}}}`, 4, 2, 0, inventory.Rolling},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := set(t, `{apiVersion: apps/v1, kind: `+c.kind+`, metadata: {name: web}, spec: `+c.spec+`}`)
			w := workload(t, s, c.kind+"/web")
			if w.Update.Kind != c.update || w.Surge(c.of) != c.surge || w.Unavailable(c.of) != c.unavailble {
				t.Errorf("%s, %d more, %d fewer of %d", w.Update.Kind, w.Surge(c.of), w.Unavailable(c.of), c.of)
			}
		})
	}
}

func TestRolloutUpdates(t *testing.T) {
	s := set(t, `
{apiVersion: argoproj.io/v1alpha1, kind: Rollout, metadata: {name: canary}, spec: {replicas: 8, strategy: {canary: {}}}}
---
{apiVersion: argoproj.io/v1alpha1, kind: Rollout, metadata: {name: colours}, spec: {replicas: 8, strategy: {blueGreen: {activeService: web}}}}
`)
	if w := workload(t, s, "Rollout/canary"); w.Update.Kind != inventory.Canary || w.Surge(8) != 2 || w.Unavailable(8) != 2 || w.Fields == nil {
		t.Errorf("%+v", w.Update)
	}
	if w := workload(t, s, "Rollout/colours"); w.Update.Kind != inventory.BlueGreen || w.Surge(8) != 0 || w.Unavailable(8) != 0 {
		t.Errorf("%+v", w.Update)
	}
}

func TestScaled(t *testing.T) {
	for _, c := range []struct {
		name, replicas, scaler string
		least, most            int32
	}{
		{"nobody scales it", "replicas: 3", `{apiVersion: v1, kind: Namespace, metadata: {name: a}}`, 3, 3},
		{"one is the default", "", `{apiVersion: v1, kind: Namespace, metadata: {name: a}}`, 1, 1},
		{"an autoscaler", "", `{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: web}, spec: {minReplicas: 2, maxReplicas: 9, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}}}`, 2, 9},
		{"its least is one", "", `{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: web}, spec: {maxReplicas: 9, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}}}`, 1, 9},
		{"of no pods it leaves none", "replicas: 0", `{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: web}, spec: {minReplicas: 2, maxReplicas: 9, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}}}`, 0, 0},
		{"of somebody else", "replicas: 3", `{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: web}, spec: {maxReplicas: 9, scaleTargetRef: {apiVersion: apps/v1, kind: StatefulSet, name: web}}}`, 3, 3},
		{"KEDA's defaults", "", `{apiVersion: keda.sh/v1alpha1, kind: ScaledObject, metadata: {name: web}, spec: {scaleTargetRef: {name: web}}}`, 0, 100},
		{"KEDA", "", `{apiVersion: keda.sh/v1alpha1, kind: ScaledObject, metadata: {name: web}, spec: {minReplicaCount: 1, maxReplicaCount: 5, scaleTargetRef: {name: web}}}`, 1, 5},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := `{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {` + c.replicas + "}}\n---\n" + c.scaler
			w := workload(t, set(t, text), "Deployment/web")
			if w.Least() != c.least || w.Most() != c.most {
				t.Errorf("%d to %d pods, want %d to %d", w.Least(), w.Most(), c.least, c.most)
			}
		})
	}
}
