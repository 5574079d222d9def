// Package platform makes the platform's own objects of one environment, which apps only name: storage classes, priorities, and where
// backups go.
package platform

import (
	"maps"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

// StorageClass makes the two classes that volumes name: one keeps the data when a claim goes, the other deletes it.
var StorageClass = generator.Generator{
	Name: "storage-class",
	Reasons: generator.Reasons{
		"StorageClass reclaimPolicy":        "what the class is there for: a claim that somebody deletes takes the data along, or leaves it",
		"StorageClass volumeBindingMode":    "a volume is made in the zone that its pod was put into, not in one that the pod can't reach",
		"StorageClass allowVolumeExpansion": "a disk that fills up is made larger in place; without this it is copied, by hand, under pressure",
	},
	RunPlatform: func(f app.Fleet) []generator.Object {
		classes := f.Env.StorageClasses
		if classes.Provisioner == "" {
			return nil
		}
		var out []generator.Object
		if classes.Retain != "" {
			out = append(out, storageClass(classes, classes.Retain, corev1.PersistentVolumeReclaimRetain))
		}
		if classes.Delete != "" && classes.Delete != classes.Retain { // one name is one class: what keeps the data harms nobody
			out = append(out, storageClass(classes, classes.Delete, corev1.PersistentVolumeReclaimDelete))
		}
		return out
	},
}

func storageClass(classes app.StorageClasses, name string, reclaim corev1.PersistentVolumeReclaimPolicy) *storagev1.StorageClass {
	return &storagev1.StorageClass{
		TypeMeta:             kube.Type("storage.k8s.io/v1", "StorageClass"),
		ObjectMeta:           kube.PlatformMeta("", name),
		Provisioner:          classes.Provisioner,
		Parameters:           maps.Clone(classes.Parameters),
		ReclaimPolicy:        new(reclaim),
		VolumeBindingMode:    new(storagev1.VolumeBindingWaitForFirstConsumer),
		AllowVolumeExpansion: new(true),
	}
}

// VolumeSnapshotClass says how snapshots of those volumes are made.
var VolumeSnapshotClass = generator.Generator{
	Name: "volume-snapshot-class",
	Reasons: generator.Reasons{
		"VolumeSnapshotClass metadata.labels.velero.io/csi-volumesnapshot-class": "Velero takes the class that bears it",
		"VolumeSnapshotClass deletionPolicy":                                     "a snapshot outlives the object that names it, and so the namespace that somebody deletes",
	},
	RunPlatform: func(f app.Fleet) []generator.Object {
		classes := f.Env.StorageClasses
		if classes.Provisioner == "" || classes.Snapshot == "" || !f.Env.Has("snapshots") && !f.Env.Has("velero") {
			return nil
		}
		meta := kube.PlatformMeta("", classes.Snapshot)
		meta.Labels["velero.io/csi-volumesnapshot-class"] = "true"
		return []generator.Object{&kube.VolumeSnapshotClass{
			TypeMeta:       kube.Type("snapshot.storage.k8s.io/v1", "VolumeSnapshotClass"),
			ObjectMeta:     meta,
			Driver:         classes.Provisioner,
			DeletionPolicy: "Retain",
		}}
	},
}
