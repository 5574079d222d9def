package kube

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// VolumeSnapshotClass is snapshot.storage.k8s.io/v1: how a CSI driver makes snapshots of volumes.
type VolumeSnapshotClass struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`
	Driver            string `json:"driver"`
	DeletionPolicy    string `json:"deletionPolicy"`
}
