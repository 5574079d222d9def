package secrets_test

import (
	"testing"

	"github.com/scantling/scantling/generators/secrets"
	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/golden"
	"github.com/scantling/scantling/internal/kube"
)

func checkout(s ...app.Secret) app.App {
	return app.App{Name: "checkout", Namespace: "shop", Team: "payments", Tier: app.Critical, Kind: app.Service, Secrets: s}
}

func TestE14ExternalSecretIsWrittenInFull(t *testing.T) {
	golden.Objects(t, secrets.ExternalSecret.Run(checkout(app.Secret{
		Name: "checkout-orders",
		Store: &app.StoreSecret{
			StoreName: "vault", StoreKind: "ClusterSecretStore", RefreshSeconds: 900,
			Data: []app.RemoteKey{
				{Key: "password", Remote: "shop/orders", Property: "password"},
				{Key: "token", Remote: "shop/token"},
			},
		},
	})), `
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  labels:
    app.kubernetes.io/component: app
    app.kubernetes.io/instance: checkout
    app.kubernetes.io/managed-by: scantling
    app.kubernetes.io/name: checkout
    app.kubernetes.io/part-of: shop
    scantling.dev/owner: payments
    scantling.dev/tier: critical
  name: checkout-orders
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
  - remoteRef:
      conversionStrategy: Default
      decodingStrategy: None
      key: shop/token
      metadataPolicy: None
    secretKey: token
  refreshInterval: 15m0s
  secretStoreRef:
    kind: ClusterSecretStore
    name: vault
  target:
    creationPolicy: Owner
    deletionPolicy: Retain
    name: checkout-orders
    template:
      engineVersion: v2
      mergePolicy: Replace
      type: Opaque
`)
}

// A template that replaced what was fetched would leave the Secret without the password that the URL was made of.
func TestE15ComposedKeysStandBesideTheFetched(t *testing.T) {
	objects := secrets.ExternalSecret.Run(checkout(app.Secret{
		Name: "checkout-orders",
		Store: &app.StoreSecret{
			StoreName: "local", StoreKind: "SecretStore", RefreshSeconds: 3600,
			Data:     []app.RemoteKey{{Key: "password", Remote: "shop/orders", Property: "password"}},
			Template: map[string]string{"url": "postgres://orders:{{ .password }}@orders:5432"},
		},
	}))
	golden.Objects(t, objects, `
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  labels:
    app.kubernetes.io/component: app
    app.kubernetes.io/instance: checkout
    app.kubernetes.io/managed-by: scantling
    app.kubernetes.io/name: checkout
    app.kubernetes.io/part-of: shop
    scantling.dev/owner: payments
    scantling.dev/tier: critical
  name: checkout-orders
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
  refreshInterval: 1h0m0s
  secretStoreRef:
    kind: SecretStore
    name: local
  target:
    creationPolicy: Owner
    deletionPolicy: Retain
    name: checkout-orders
    template:
      data:
        url: postgres://orders:{{ .password }}@orders:5432
      engineVersion: v2
      mergePolicy: Merge
      type: Opaque
`)
}

func sealedSecret(meta map[string]any) map[string]any {
	return map[string]any{
		"apiVersion": "bitnami.com/v1alpha1",
		"kind":       "SealedSecret",
		"metadata":   meta,
		"spec":       map[string]any{"encryptedData": map[string]any{"key": "AgB4"}},
	}
}

func TestE13SealedSecretPassesUnchanged(t *testing.T) {
	object := sealedSecret(map[string]any{"name": "stripe", "namespace": "shop"})
	golden.Objects(t, secrets.SealedSecret.Run(checkout(app.Secret{Name: "stripe", Sealed: object})), `
apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata:
  name: stripe
  namespace: shop
spec:
  encryptedData:
    key: AgB4
`)
}

func TestSealedSecretWithoutNamespaceGoesToTheApp(t *testing.T) {
	for name, meta := range map[string]map[string]any{"some metadata": {"name": "stripe"}, "no metadata": nil} {
		t.Run(name, func(t *testing.T) {
			object := sealedSecret(meta)
			out := secrets.SealedSecret.Run(checkout(app.Secret{Name: "stripe", Sealed: object}))[0]
			if out.GetNamespace() != "shop" {
				t.Errorf("the object is in namespace %q", out.GetNamespace())
			}
			if _, changed := meta["namespace"]; changed {
				t.Error("the user's own object was changed")
			}
		})
	}
}

func TestExistingSecretsMakeNothing(t *testing.T) {
	a := checkout(app.Secret{Name: "stripe", Existing: true})
	if objects := append(secrets.ExternalSecret.Run(a), secrets.SealedSecret.Run(a)...); len(objects) > 0 {
		t.Errorf("a secret that is made elsewhere made %d objects", len(objects))
	}
}

// TestFlaggerTracksNoSecret: it would copy each one for its primary, and the copy would not rotate.
func TestFlaggerTracksNoSecret(t *testing.T) {
	a := checkout(app.Secret{Name: "orders", Store: &app.StoreSecret{StoreName: "vault", StoreKind: "ClusterSecretStore"}})
	metadata := func(engine app.Engine) *kube.SecretMetadata {
		a.Rollout.Split = &app.Split{Engine: engine}
		return secrets.ExternalSecret.Run(a)[0].(*kube.ExternalSecret).Spec.Target.Template.Metadata
	}
	if got := metadata(app.ByFlagger); got == nil || got.Annotations["flagger.app/config-tracking"] != "disabled" {
		t.Errorf("the Secret's metadata is %v", got)
	}
	if got := metadata(app.ByArgo); got != nil {
		t.Errorf("an annotation that nobody reads: %v", got)
	}
}
