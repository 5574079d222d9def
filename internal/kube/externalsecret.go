package kube

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// ExternalSecret is external-secrets.io/v1: the operator fetches keys from a store and keeps a Secret of them up to date.
type ExternalSecret struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`
	Spec              ExternalSecretSpec `json:"spec"`
}

// ExternalSecretSpec says which store, how often, and what to fetch.
type ExternalSecretSpec struct {
	RefreshInterval string               `json:"refreshInterval"` // as Go prints a duration: "1h0m0s"
	SecretStoreRef  SecretStoreRef       `json:"secretStoreRef"`
	Target          ExternalSecretTarget `json:"target"`
	Data            []ExternalSecretData `json:"data,omitempty"`
}

// SecretStoreRef names a SecretStore or a ClusterSecretStore.
type SecretStoreRef struct {
	Name string `json:"name"`
	Kind string `json:"kind"`
}

// ExternalSecretTarget is the Secret that is made.
type ExternalSecretTarget struct {
	Name           string                 `json:"name"`
	CreationPolicy string                 `json:"creationPolicy"`
	DeletionPolicy string                 `json:"deletionPolicy"`
	Template       ExternalSecretTemplate `json:"template"`
}

// ExternalSecretTemplate shapes the Secret; without Data it holds what was fetched.
type ExternalSecretTemplate struct {
	Metadata      *SecretMetadata   `json:"metadata,omitempty"`
	Type          string            `json:"type"`
	EngineVersion string            `json:"engineVersion"`
	MergePolicy   string            `json:"mergePolicy"`
	Data          map[string]string `json:"data,omitempty"`
}

// SecretMetadata is what the Secret bears beside its name.
type SecretMetadata struct {
	Annotations map[string]string `json:"annotations"`
}

// ExternalSecretData is one key of the Secret and its place in the store.
type ExternalSecretData struct {
	SecretKey string    `json:"secretKey"`
	RemoteRef RemoteRef `json:"remoteRef"`
}

// RemoteRef is a place in the store. The three policies have defaults in the operator's schema.
type RemoteRef struct {
	Key                string `json:"key"`
	Property           string `json:"property,omitempty"`
	ConversionStrategy string `json:"conversionStrategy"`
	DecodingStrategy   string `json:"decodingStrategy"`
	MetadataPolicy     string `json:"metadataPolicy"`
}
