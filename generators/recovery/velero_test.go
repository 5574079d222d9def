package recovery_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/scantling/scantling/generators/recovery"
	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/golden"
	"github.com/scantling/scantling/internal/kube"
)

// kept is an app whose two volumes Velero keeps.
func kept() app.App {
	a := orders()
	a.Kind, a.Role, a.Clusters = app.Stateful, "", nil
	for _, volume := range []string{"data", "index"} {
		a.Recovery = append(a.Recovery, app.Recovery{
			Name: volume, Method: app.ByVelero, Schedule: "20 6 * * *", DeadlineSeconds: 3600, RetentionDays: 14,
			Velero: &app.VeleroBackup{Schedule: "shop-checkout", Namespace: "velero"},
		})
	}
	return a
}

// TestE21VolumesAreMovedToTheBucket wants every field that says what becomes of a volume to be written: a server of Velero that was
// installed with other defaults would keep the objects alone.
func TestE21VolumesAreMovedToTheBucket(t *testing.T) {
	golden.Objects(t, recovery.VeleroSchedule.Run(kept()), `
apiVersion: velero.io/v1
kind: Schedule
metadata:
  labels:
    app.kubernetes.io/component: backup
    app.kubernetes.io/instance: checkout
    app.kubernetes.io/managed-by: scantling
    app.kubernetes.io/name: checkout
    app.kubernetes.io/part-of: shop
    scantling.dev/owner: web
    scantling.dev/tier: critical
  name: shop-checkout
  namespace: velero
spec:
  schedule: 20 6 * * *
  skipImmediately: false
  template:
    defaultVolumesToFsBackup: false
    includedNamespaces:
    - shop
    includedResources:
    - persistentvolumeclaims
    - persistentvolumes
    itemOperationTimeout: 1h0m0s
    labelSelector:
      matchLabels:
        app.kubernetes.io/component: app
        app.kubernetes.io/instance: checkout
        app.kubernetes.io/name: checkout
    snapshotMoveData: true
    snapshotVolumes: true
    storageLocation: prod
    ttl: 336h0m0s
  useOwnerReferencesInBackup: false
`)
}

// TestVeleroFindsTheClaims wants the schedule to select the claims of the app, which bear the labels of its pods' selector or the
// app's own, and nobody else's: neither those of its database nor those of a drill.
func TestVeleroFindsTheClaims(t *testing.T) {
	for _, kind := range []app.Kind{app.Stateful, app.Service, app.Cron} {
		a := kept()
		a.Kind = kind
		schedule := recovery.VeleroSchedule.Run(a)[0].(*kube.Schedule)
		selector := labels.SelectorFromSet(schedule.Spec.Template.LabelSelector.MatchLabels)
		if !selector.Matches(labels.Set(kube.Selector(a).MatchLabels)) || !selector.Matches(labels.Set(kube.Labels(a))) {
			t.Errorf("%s: %v misses the app's claims", kind, selector)
		}
		drill := app.Job{Name: "checkout-data-drill", Component: kube.ComponentDrill}
		others := []map[string]string{kube.JobMeta(a, drill, drill.Name).Labels, kube.DatabaseMeta(a, "checkout-orders", "x").Labels}
		for _, other := range others {
			if selector.Matches(labels.Set(other)) {
				t.Errorf("%s: %v finds %v", kind, selector, other)
			}
		}
	}
}

// TestVeleroOnlyWhereItKeepsAnything wants no schedule for what another method keeps.
func TestVeleroOnlyWhereItKeepsAnything(t *testing.T) {
	a := kept()
	for i := range a.Recovery {
		a.Recovery[i].Velero = nil
	}
	if made := recovery.VeleroSchedule.Run(a); len(made) > 0 {
		t.Errorf("made %v", made)
	}
}

func same(t *testing.T, x, y generator.Object) bool {
	t.Helper()
	one, err1 := json.Marshal(x)
	other, err2 := json.Marshal(y)
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	return bytes.Equal(one, other)
}
