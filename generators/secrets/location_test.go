package secrets_test

import (
	"testing"

	"github.com/scantling/scantling/generators/secrets"
	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/golden"
)

func TestLocationSecret(t *testing.T) {
	f := app.Fleet{Env: &app.Environment{
		Name: "prod", Capabilities: []string{"externalsecrets", "velero"}, Velero: "velero",
		SecretStore: &app.SecretStore{Name: "vault", Kind: "ClusterSecretStore", RefreshSeconds: 600},
		Backups:     &app.Backups{Bucket: app.Bucket{Name: "acme-backups"}, Secret: "platform/backups"},
	}}
	golden.Objects(t, secrets.LocationSecret.RunPlatform(f), `
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  labels:
    app.kubernetes.io/managed-by: scantling
  name: backups-prod
  namespace: velero
spec:
  data:
  - remoteRef:
      conversionStrategy: Default
      decodingStrategy: None
      key: platform/backups
      metadataPolicy: None
      property: accessKey
    secretKey: accessKey
  - remoteRef:
      conversionStrategy: Default
      decodingStrategy: None
      key: platform/backups
      metadataPolicy: None
      property: secretKey
    secretKey: secretKey
  refreshInterval: 10m0s
  secretStoreRef:
    kind: ClusterSecretStore
    name: vault
  target:
    creationPolicy: Owner
    deletionPolicy: Retain
    name: backups-prod
    template:
      data:
        cloud: |
          [default]
          aws_access_key_id={{ .accessKey }}
          aws_secret_access_key={{ .secretKey }}
      engineVersion: v2
      mergePolicy: Replace
      type: Opaque
`)
	f.Env.Backups = nil
	if made := secrets.LocationSecret.RunPlatform(f); len(made) > 0 {
		t.Errorf("a key of no bucket: %v", made)
	}
}
