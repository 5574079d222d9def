package secrets_test

import (
	"testing"

	"github.com/scantling/scantling/generators/secrets"
	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/golden"
)

// TestMigrationFetchesItsCopies wants an object for what only the migration has: not for a Secret that it shares with the app, that
// is made elsewhere, or that is sealed.
func TestMigrationFetchesItsCopies(t *testing.T) {
	store := &app.StoreSecret{
		StoreName: "vault", StoreKind: "ClusterSecretStore", RefreshSeconds: 900,
		Data: []app.RemoteKey{{Key: "password", Remote: "shop/orders", Property: "password"}},
	}
	shared := app.Secret{Name: "checkout-audit", Store: store}
	a := checkout(app.Secret{Name: "checkout-orders", Store: store}, shared)
	if made := secrets.MigrationSecret.Run(a); len(made) > 0 {
		t.Errorf("an app without a migration has %v", made)
	}
	a.Rollout.Split = &app.Split{Engine: app.ByFlagger} // which copies the app's Secrets, and knows nothing of these
	a.Migration = &app.Migration{Version: "1.5.0", Secrets: []app.Secret{
		{Name: "checkout-migrate-orders", Store: store}, shared, {Name: "ca", Existing: true}, {Name: "proxy", Sealed: map[string]any{"kind": "SealedSecret"}},
	}}
	golden.Objects(t, secrets.MigrationSecret.Run(a), `
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  labels:
    app.kubernetes.io/component: migration
    app.kubernetes.io/instance: checkout
    app.kubernetes.io/managed-by: scantling
    app.kubernetes.io/name: checkout-migrate
    app.kubernetes.io/part-of: shop
    app.kubernetes.io/version: 1.5.0
    scantling.dev/owner: payments
    scantling.dev/tier: critical
  name: checkout-migrate-orders
  namespace: shop
spec:
  data:
  - remoteRef:
      conversionStrategy: Default
      decodingStrategy: None
      key: shop/orders
      metadataPolicy: None
      property: password
    secretKey: password
  refreshInterval: 15m0s
  secretStoreRef:
    kind: ClusterSecretStore
    name: vault
  target:
    creationPolicy: Owner
    deletionPolicy: Retain
    name: checkout-migrate-orders
    template:
      engineVersion: v2
      mergePolicy: Replace
      type: Opaque
`)
}
