package secrets_test

import (
	"slices"
	"testing"

	"github.com/scantling/scantling/generators/secrets"
	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/golden"
	"github.com/scantling/scantling/internal/kube"
)

// bucket is the keys of a bucket for backups.
func bucket(name string) app.Secret {
	return app.Secret{Name: name, Store: &app.StoreSecret{
		StoreName: "vault", StoreKind: "ClusterSecretStore", RefreshSeconds: 900, Data: []app.RemoteKey{{Key: "accessKey", Remote: "platform/backups", Property: "accessKey"}},
	}}
}

// TestJobsFetchTheirSecrets wants an object for each Secret that is in a store, and none for one that is made elsewhere.
func TestJobsFetchTheirSecrets(t *testing.T) {
	a := checkout(app.Secret{Name: "checkout-orders", Store: bucket("").Store})
	if made := slices.Concat(secrets.JobSecret.Run(a), secrets.ArchiveSecret.Run(a)); len(made) > 0 {
		t.Errorf("an app without Jobs has %v", made)
	}
	a.Rollout.Split = &app.Split{Engine: app.ByFlagger} // which knows nothing of Jobs
	a.Version = "1.5.0"
	a.Jobs = []app.Job{{Name: "checkout-orders-backup", Component: "backup", Secrets: []app.Secret{
		{Name: "checkout-orders-app", Existing: true}, bucket("checkout-orders-backup-bucket"),
	}}}
	golden.Objects(t, secrets.JobSecret.Run(a), `
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  labels:
    app.kubernetes.io/component: backup
    app.kubernetes.io/instance: checkout
    app.kubernetes.io/managed-by: scantling
    app.kubernetes.io/name: checkout-orders-backup
    app.kubernetes.io/part-of: shop
    scantling.dev/owner: payments
    scantling.dev/tier: critical
  name: checkout-orders-backup-bucket
  namespace: shop
spec:
  data:
  - remoteRef:
      conversionStrategy: Default
      decodingStrategy: None
      key: platform/backups
      metadataPolicy: None
      property: accessKey
    secretKey: accessKey
  refreshInterval: 15m0s
  secretStoreRef:
    kind: ClusterSecretStore
    name: vault
  target:
    creationPolicy: Owner
    deletionPolicy: Retain
    name: checkout-orders-backup-bucket
    template:
      engineVersion: v2
      mergePolicy: Replace
      type: Opaque
`)
}

// TestArchivesFetchTheirKeys wants the keys of an archive's bucket to be of the database, whatever version of the app runs.
func TestArchivesFetchTheirKeys(t *testing.T) {
	a := checkout()
	a.Version = "1.5.0"
	a.Clusters = []app.Cluster{
		{Name: "checkout-orders", Archive: &app.Archive{Secret: bucket("checkout-orders-archive")}},
		{Name: "checkout-scratch"},
	}
	made := secrets.ArchiveSecret.Run(a)
	if len(made) != 1 {
		t.Fatalf("there are %d Secrets of one archive", len(made))
	}
	es := made[0].(*kube.ExternalSecret)
	if es.Name != "checkout-orders-archive" || es.Spec.Target.Name != es.Name || es.Spec.Data[0].RemoteRef.Key != "platform/backups" {
		t.Errorf("the Secret is %+v", es)
	}
	if es.Labels[kube.LabelComponent] != "database" || es.Labels[kube.LabelVersion] != "" {
		t.Errorf("its labels are %v", es.Labels)
	}
}
