package platform_test

import (
	"testing"

	schedulingv1 "k8s.io/api/scheduling/v1"
	storagev1 "k8s.io/api/storage/v1"

	"github.com/scantling/scantling/generators/platform"
	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/golden"
	"github.com/scantling/scantling/internal/kube"
)

// prod is an environment that states everything.
func prod() app.Fleet {
	return app.Fleet{
		Env: &app.Environment{
			Name: "prod-eu", Minor: 34, Capabilities: []string{"externalsecrets", "snapshots", "velero"}, Velero: "velero",
			StorageClasses: app.StorageClasses{
				Retain: "ssd-retain", Delete: "ssd", Snapshot: "csi-snap", Provisioner: "ebs.csi.aws.com", Parameters: map[string]string{"type": "gp3"},
			},
			PriorityClasses: map[app.Tier]string{app.Critical: "business-critical", app.BestEffort: "may-wait"},
			SecretStore:     &app.SecretStore{Name: "vault", Kind: "ClusterSecretStore"},
			Backups:         &app.Backups{Bucket: app.Bucket{Name: "acme-backups", Endpoint: "https://s3.eu-2.acme.io", Region: "eu-2"}, Secret: "platform/backups"},
		},
		Namespaces: []app.Namespace{{Name: "data"}, {Name: "shop"}},
	}
}

// TestE41StorageClasses wants classes that can grow, whose volumes are made where their pod is, and one of which keeps the data.
func TestE41StorageClasses(t *testing.T) {
	golden.Objects(t, platform.StorageClass.RunPlatform(prod()), `
allowVolumeExpansion: true
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  labels:
    app.kubernetes.io/managed-by: scantling
  name: ssd-retain
parameters:
  type: gp3
provisioner: ebs.csi.aws.com
reclaimPolicy: Retain
volumeBindingMode: WaitForFirstConsumer
---
allowVolumeExpansion: true
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  labels:
    app.kubernetes.io/managed-by: scantling
  name: ssd
parameters:
  type: gp3
provisioner: ebs.csi.aws.com
reclaimPolicy: Delete
volumeBindingMode: WaitForFirstConsumer
`)
	for _, o := range platform.StorageClass.RunPlatform(prod()) {
		class := o.(*storagev1.StorageClass)
		if !*class.AllowVolumeExpansion || *class.VolumeBindingMode != storagev1.VolumeBindingWaitForFirstConsumer {
			t.Errorf("%s: %+v", class.Name, class)
		}
	}
}

func TestVolumeSnapshotClass(t *testing.T) {
	golden.Objects(t, platform.VolumeSnapshotClass.RunPlatform(prod()), `
apiVersion: snapshot.storage.k8s.io/v1
deletionPolicy: Retain
driver: ebs.csi.aws.com
kind: VolumeSnapshotClass
metadata:
  labels:
    app.kubernetes.io/managed-by: scantling
    velero.io/csi-volumesnapshot-class: "true"
  name: csi-snap
`)
}

func TestPriorityClass(t *testing.T) {
	golden.Objects(t, platform.PriorityClass.RunPlatform(prod()), `
apiVersion: scheduling.k8s.io/v1
description: 'Apps of the tier critical: they take the place of others when nodes
  fail.'
kind: PriorityClass
metadata:
  labels:
    app.kubernetes.io/managed-by: scantling
  name: business-critical
preemptionPolicy: PreemptLowerPriority
value: 1000000
---
apiVersion: scheduling.k8s.io/v1
description: 'Apps of the tier best-effort: they wait for room, and make room for
  all others.'
kind: PriorityClass
metadata:
  labels:
    app.kubernetes.io/managed-by: scantling
  name: may-wait
preemptionPolicy: Never
value: -10
`)
}

// TestE21BackupStorageLocation wants Velero to be told where backups go, and nothing that installs it: no key stands in an object, but the
// place that it is fetched from.
func TestE21BackupStorageLocation(t *testing.T) {
	golden.Objects(t, platform.BackupStorageLocation.RunPlatform(prod()), `
apiVersion: velero.io/v1
kind: BackupStorageLocation
metadata:
  labels:
    app.kubernetes.io/managed-by: scantling
  name: prod-eu
  namespace: velero
spec:
  config:
    region: eu-2
    s3ForcePathStyle: "true"
    s3Url: https://s3.eu-2.acme.io
  credential:
    key: cloud
    name: backups-prod-eu
  objectStorage:
    bucket: acme-backups
    prefix: prod-eu/velero
  provider: aws
`)
}

func TestClusterSchedule(t *testing.T) {
	golden.Objects(t, platform.ClusterSchedule.RunPlatform(prod()), `
apiVersion: velero.io/v1
kind: Schedule
metadata:
  labels:
    app.kubernetes.io/managed-by: scantling
  name: cluster
  namespace: velero
spec:
  schedule: 51 2 * * *
  skipImmediately: false
  template:
    defaultVolumesToFsBackup: false
    excludedResources:
    - events
    - events.events.k8s.io
    - persistentvolumeclaims
    - persistentvolumes
    - secrets
    includedNamespaces:
    - data
    - shop
    snapshotMoveData: false
    snapshotVolumes: false
    storageLocation: prod-eu
    ttl: 720h0m0s
  useOwnerReferencesInBackup: false
`)
}

// TestLeftOut wants nothing made where a fact or a capability that it needs is missing.
func TestLeftOut(t *testing.T) {
	velero := []generator.Generator{platform.BackupStorageLocation, platform.ClusterSchedule}
	storage := []generator.Generator{platform.StorageClass, platform.VolumeSnapshotClass}
	for name, test := range map[string]struct {
		without func(env *app.Environment)
		made    []generator.Generator
	}{
		"provisioner":     {func(e *app.Environment) { e.StorageClasses.Provisioner = "" }, storage},
		"classes":         {func(e *app.Environment) { e.StorageClasses = app.StorageClasses{Provisioner: "ebs.csi.aws.com"} }, storage},
		"snapshots":       {func(e *app.Environment) { e.Capabilities = []string{"externalsecrets"} }, []generator.Generator{platform.VolumeSnapshotClass}},
		"velero":          {func(e *app.Environment) { e.Capabilities = []string{"externalsecrets", "snapshots"} }, velero},
		"externalsecrets": {func(e *app.Environment) { e.Capabilities = []string{"snapshots", "velero"} }, velero},
		"backups":         {func(e *app.Environment) { e.Backups = nil }, velero},
		"secretStore":     {func(e *app.Environment) { e.SecretStore = nil }, velero},
		"priorityClasses": {func(e *app.Environment) { e.PriorityClasses = nil }, []generator.Generator{platform.PriorityClass}},
	} {
		f := prod()
		test.without(f.Env)
		for _, g := range test.made {
			if made := g.RunPlatform(f); len(made) > 0 {
				t.Errorf("without %s %s makes %v", name, g.Name, made)
			}
		}
	}
}

// TestNoNamespaceIsNotAll wants no schedule of an empty list, which would be every namespace of the cluster.
func TestNoNamespaceIsNotAll(t *testing.T) {
	f := prod()
	f.Namespaces = nil
	if made := platform.ClusterSchedule.RunPlatform(f); len(made) > 0 {
		t.Errorf("made %v", made)
	}
}

// TestSharedNames wants one object of a name, and the one that harms nobody.
func TestSharedNames(t *testing.T) {
	f := prod()
	f.Env.StorageClasses.Delete = f.Env.StorageClasses.Retain
	classes := platform.StorageClass.RunPlatform(f)
	if len(classes) != 1 || *classes[0].(*storagev1.StorageClass).ReclaimPolicy != "Retain" {
		t.Errorf("two storage classes of one name: %v", classes)
	}
	f.Env.PriorityClasses = map[app.Tier]string{app.Critical: "apps", app.Standard: "apps", app.BestEffort: "apps"}
	priorities := platform.PriorityClass.RunPlatform(f)
	if len(priorities) != 1 || priorities[0].(*schedulingv1.PriorityClass).Value != 1_000_000 {
		t.Errorf("three tiers of one class: %v", priorities)
	}
}

// TestPriorities wants the tiers in their order around pods without a class, none of them for all pods, and room for each: pods below
// -10 are nothing that the cluster autoscaler makes room for.
func TestPriorities(t *testing.T) {
	f := prod()
	f.Env.PriorityClasses = map[app.Tier]string{app.Critical: "a", app.Standard: "b", app.BestEffort: "c"}
	var values []int32
	for _, o := range platform.PriorityClass.RunPlatform(f) {
		class := o.(*schedulingv1.PriorityClass)
		if class.GlobalDefault {
			t.Errorf("%s is for every pod", class.Name)
		}
		values = append(values, class.Value)
	}
	if len(values) != 3 || !(values[0] > values[1] && values[1] > 0 && values[2] < 0 && values[2] >= -10 && values[0] <= 1_000_000_000) {
		t.Errorf("the values are %v", values)
	}
}

// TestCloudsOwnStore wants the plugin to find the cloud's own store by itself.
func TestCloudsOwnStore(t *testing.T) {
	f := prod()
	f.Env.Backups.Bucket.Endpoint = ""
	config := platform.BackupStorageLocation.RunPlatform(f)[0].(*kube.BackupStorageLocation).Spec.Config
	if len(config) != 1 || config["region"] != "eu-2" {
		t.Errorf("the configuration is %v", config)
	}
}
