// Package secrets brings credentials into an app's namespace without any of them ever passing through the spec or Git in the clear.
package secrets

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

// ExternalSecret lets the external-secrets operator fetch an app's secrets from the platform's store.
var ExternalSecret = generator.Generator{
	Name: "external-secret",
	Reasons: generator.Reasons{
		"ExternalSecret spec.target.creationPolicy":                "the Secret goes when the app goes",
		"ExternalSecret spec.target.deletionPolicy":                "a key that vanished from the store must not take running pods down",
		"ExternalSecret spec.target.template.metadata.annotations": "a copy that Flagger made for each version would not be the one that rotates",
		"ExternalSecret spec.target.template.type":                 "a Secret's type cannot change later, so it is not left open",
		"ExternalSecret spec.target.template.mergePolicy":          "keys that are composed of others stand beside them; without such keys it means nothing, and is the default",
		"ExternalSecret spec.target.template.engineVersion":        "the only engine the operator still has; written out because its schema would add it",
		"ExternalSecret spec.data[].remoteRef.conversionStrategy":  "values as they are stored; written out because the operator's schema would add it",
		"ExternalSecret spec.data[].remoteRef.decodingStrategy":    "values as they are stored; written out because the operator's schema would add it",
		"ExternalSecret spec.data[].remoteRef.metadataPolicy":      "the value, not the store's labels on it; written out because the operator's schema would add it",
	},
	Run: func(a app.App) []generator.Object {
		var out []generator.Object
		for _, s := range a.Secrets {
			if s.Store == nil {
				continue
			}
			secret := externalSecret(kube.Meta(a, s.Name), *s.Store)
			if annotations := kube.UntrackedAnnotations(a); annotations != nil {
				secret.Spec.Target.Template.Metadata = &kube.SecretMetadata{Annotations: annotations}
			}
			out = append(out, secret)
		}
		return out
	},
}

// externalSecret makes a Secret of its own name.
func externalSecret(meta metav1.ObjectMeta, s app.StoreSecret) *kube.ExternalSecret {
	return &kube.ExternalSecret{
		TypeMeta:   kube.Type("external-secrets.io/v1", "ExternalSecret"),
		ObjectMeta: meta,
		Spec: kube.ExternalSecretSpec{
			// The operator writes the object back as Go prints durations: "1h" would be read back as "1h0m0s".
			RefreshInterval: (time.Duration(s.RefreshSeconds) * time.Second).String(),
			SecretStoreRef:  kube.SecretStoreRef{Name: s.StoreName, Kind: s.StoreKind},
			Target: kube.ExternalSecretTarget{
				Name:           meta.Name,
				CreationPolicy: "Owner",
				DeletionPolicy: "Retain",
				Template: kube.ExternalSecretTemplate{
					Type:          "Opaque",
					EngineVersion: "v2",
					MergePolicy:   mergePolicy(s),
					Data:          s.Template,
				},
			},
			Data: remoteKeys(s.Data),
		},
	}
}

// mergePolicy says whether a template adds keys to what was fetched, or, as without one, stands alone.
func mergePolicy(s app.StoreSecret) string {
	if len(s.Template) > 0 {
		return "Merge"
	}
	return "Replace"
}

// remoteKeys lists every key by name: a Secret of "all that is there" could lack the one that a pod needs, and nobody would know.
func remoteKeys(keys []app.RemoteKey) []kube.ExternalSecretData {
	out := make([]kube.ExternalSecretData, len(keys))
	for i, k := range keys {
		out[i] = kube.ExternalSecretData{
			SecretKey: k.Key,
			RemoteRef: kube.RemoteRef{
				Key:                k.Remote,
				Property:           k.Property,
				ConversionStrategy: "Default",
				DecodingStrategy:   "None",
				MetadataPolicy:     "None",
			},
		}
	}
	return out
}
