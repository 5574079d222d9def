package kube

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Schedule is velero.io/v1: backups of what its template selects, on a schedule. It lies in the namespace of Velero.
type Schedule struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`
	Spec              ScheduleSpec `json:"spec"`
}

// ScheduleSpec says when, and what. Velero writes a skipImmediately of its own where there is none.
type ScheduleSpec struct {
	Schedule                   string         `json:"schedule"`
	UseOwnerReferencesInBackup bool           `json:"useOwnerReferencesInBackup"`
	SkipImmediately            bool           `json:"skipImmediately"`
	Template                   BackupTemplate `json:"template"`
}

// BackupTemplate is the spec of each backup. An empty list of namespaces or resources would be all of them.
type BackupTemplate struct {
	IncludedNamespaces       []string              `json:"includedNamespaces"`
	IncludedResources        []string              `json:"includedResources,omitempty"`
	ExcludedResources        []string              `json:"excludedResources,omitempty"`
	LabelSelector            *metav1.LabelSelector `json:"labelSelector,omitempty"`
	SnapshotVolumes          bool                  `json:"snapshotVolumes"`
	SnapshotMoveData         bool                  `json:"snapshotMoveData"`
	DefaultVolumesToFSBackup bool                  `json:"defaultVolumesToFsBackup"`
	StorageLocation          string                `json:"storageLocation"`
	ItemOperationTimeout     string                `json:"itemOperationTimeout,omitempty"` // as TTL
	TTL                      string                `json:"ttl"`                            // as Go prints a duration: "720h0m0s"
}

// BackupStorageLocation is velero.io/v1: the bucket that Velero keeps backups in.
type BackupStorageLocation struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`
	Spec              BackupStorageLocationSpec `json:"spec"`
}

// BackupStorageLocationSpec says which bucket, and how it is reached.
type BackupStorageLocationSpec struct {
	Provider      string                   `json:"provider"`
	ObjectStorage ObjectStorage            `json:"objectStorage"`
	Config        map[string]string        `json:"config,omitempty"`
	Credential    corev1.SecretKeySelector `json:"credential"`
}

// ObjectStorage is a bucket, and the place in it.
type ObjectStorage struct {
	Bucket string `json:"bucket"`
	Prefix string `json:"prefix"`
}
