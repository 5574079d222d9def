package recovery

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

// VeleroSchedule lets Velero take snapshots of an app's volumes and move their data to the bucket.
//
// The claims are enough: Velero finds the volume of each itself, asks its driver for the snapshot, and reads the data from that. Claims
// that a StatefulSet makes bear the labels of its selector, ours those of the app.
var VeleroSchedule = generator.Generator{
	Name: "velero-schedule",
	Reasons: generator.Reasons{
		"Schedule spec.useOwnerReferencesInBackup":        "backups outlive their schedule",
		"Schedule spec.skipImmediately":                   "the first backup comes with the schedule, not a day later; written out because Velero adds it",
		"Schedule spec.template.includedResources":        "the volumes; what else an app is comes from the specs",
		"Schedule spec.template.snapshotVolumes":          "a snapshot is one moment of the whole volume",
		"Schedule spec.template.snapshotMoveData":         "a snapshot alone dies with the storage system that holds the volume",
		"Schedule spec.template.defaultVolumesToFsBackup": "Velero's server may want to copy the files of pods instead, and then takes no snapshot",
	},
	Run: func(a app.App) []generator.Object {
		var out []generator.Object
		seen := map[string]bool{} // several volumes may share a schedule
		for _, r := range a.Recovery {
			if r.Velero == nil || seen[r.Velero.Schedule] {
				continue
			}
			seen[r.Velero.Schedule] = true
			out = append(out, veleroSchedule(a, r))
		}
		return out
	},
}

func veleroSchedule(a app.App, r app.Recovery) *kube.Schedule {
	a.Version = "" // releases of the app leave its backups alone
	meta := kube.ComponentMeta(a, r.Velero.Schedule, kube.ComponentBackup)
	meta.Namespace = r.Velero.Namespace
	return &kube.Schedule{
		TypeMeta:   kube.Type("velero.io/v1", "Schedule"),
		ObjectMeta: meta,
		Spec: kube.ScheduleSpec{
			Schedule: r.Schedule,
			Template: kube.BackupTemplate{
				IncludedNamespaces: []string{a.Namespace},
				IncludedResources:  []string{"persistentvolumeclaims", "persistentvolumes"},
				LabelSelector:      &metav1.LabelSelector{MatchLabels: kube.AppSelector(a)},
				SnapshotVolumes:    true,
				SnapshotMoveData:   true,
				StorageLocation:    kube.LocationName(a.Env),
				TTL:                (time.Duration(r.RetentionDays) * 24 * time.Hour).String(),
				// Velero's own is four hours, in which more would be lost than the plan says.
				ItemOperationTimeout: (time.Duration(r.DeadlineSeconds) * time.Second).String(),
			},
		},
	}
}
