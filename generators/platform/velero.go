package platform

import (
	"crypto/sha256"
	"fmt"

	corev1 "k8s.io/api/core/v1"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

// BackupStorageLocation tells Velero which bucket backups go to. Each environment has a place of its own in it.
var BackupStorageLocation = generator.Generator{
	Name: "backup-storage-location",
	Reasons: generator.Reasons{
		"BackupStorageLocation spec.provider":                "every store of backups speaks S3, which this plugin of Velero does, too",
		"BackupStorageLocation spec.config.s3ForcePathStyle": "stores of other makers have no host name for each bucket",
		"BackupStorageLocation spec.credential.key":          "the key that the ExternalSecret of the location makes",
	},
	RunPlatform: func(f app.Fleet) []generator.Object {
		if !kube.HasLocation(f.Env) {
			return nil
		}
		return []generator.Object{&kube.BackupStorageLocation{
			TypeMeta:   kube.Type("velero.io/v1", "BackupStorageLocation"),
			ObjectMeta: kube.PlatformMeta(f.Env.Velero, kube.LocationName(f.Env)),
			Spec: kube.BackupStorageLocationSpec{
				Provider:      "aws",
				ObjectStorage: kube.ObjectStorage{Bucket: f.Env.Backups.Bucket.Name, Prefix: f.Env.Name + "/velero"},
				Config:        storeConfig(f.Env.Backups.Bucket),
				Credential: corev1.SecretKeySelector{
					LocalObjectReference: corev1.LocalObjectReference{Name: kube.LocationSecret(f.Env)},
					Key:                  kube.LocationSecretKey,
				},
			},
		}}
	},
}

func storeConfig(b app.Bucket) map[string]string {
	config := map[string]string{}
	if b.Region != "" {
		config["region"] = b.Region
	}
	if b.Endpoint != "" {
		config["s3Url"], config["s3ForcePathStyle"] = b.Endpoint, "true"
	}
	return config
}

// ClusterSchedule lets Velero keep the objects of our namespaces, whoever made them: what the specs cannot bring back. Volumes have
// schedules of their own, with the apps that they belong to.
var ClusterSchedule = generator.Generator{
	Name: "cluster-schedule",
	Reasons: generator.Reasons{
		"Schedule spec.schedule":                          "once a day at night, at a minute of the environment's own",
		"Schedule spec.useOwnerReferencesInBackup":        "backups outlive their schedule",
		"Schedule spec.skipImmediately":                   "the first backup comes with the schedule, not a day later; written out because Velero adds it",
		"Schedule spec.template.excludedResources":        "volumes have backups of their own, and an empty claim in their place would hide that they are missing; a Secret would lie in the bucket in the clear; events say nothing later",
		"Schedule spec.template.snapshotVolumes":          "objects only: volumes have schedules of their own",
		"Schedule spec.template.snapshotMoveData":         "objects only: volumes have schedules of their own",
		"Schedule spec.template.defaultVolumesToFsBackup": "objects only: volumes have schedules of their own",
		"Schedule spec.template.ttl":                      "30 days, Velero's own default: a month finds most of what somebody deleted by mistake",
	},
	RunPlatform: func(f app.Fleet) []generator.Object {
		if !kube.HasLocation(f.Env) || len(f.Namespaces) == 0 { // no namespace at all would mean every one
			return nil
		}
		var namespaces []string
		for _, ns := range f.Namespaces {
			namespaces = append(namespaces, ns.Name)
		}
		return []generator.Object{&kube.Schedule{
			TypeMeta:   kube.Type("velero.io/v1", "Schedule"),
			ObjectMeta: kube.PlatformMeta(f.Env.Velero, "cluster"),
			Spec: kube.ScheduleSpec{
				Schedule: nightly(f.Env.Name),
				Template: kube.BackupTemplate{
					IncludedNamespaces: namespaces,
					ExcludedResources:  []string{"events", "events.events.k8s.io", "persistentvolumeclaims", "persistentvolumes", "secrets"},
					StorageLocation:    kube.LocationName(f.Env),
					TTL:                "720h0m0s",
				},
			},
		}}
	},
}

// nightly is a time between 02:00 and 02:59 UTC that the name decides, so that environments don't all come at once.
func nightly(name string) string {
	sum := sha256.Sum256([]byte(name))
	return fmt.Sprintf("%d 2 * * *", int(sum[0])%60)
}
