package recovery

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

// ScheduledBackup makes the base backups from which, with the write-ahead log, any moment of a database can be restored.
var ScheduledBackup = generator.Generator{
	Name: "scheduled-backup",
	Reasons: generator.Reasons{
		"ScheduledBackup spec.immediate":                "without a first base backup the log is worth nothing",
		"ScheduledBackup spec.backupOwnerReference":     "records of backups go with their schedule; the backups themselves by the store's retention",
		"ScheduledBackup spec.method":                   "by the plugin: what the operator itself could do is deprecated",
		"ScheduledBackup spec.pluginConfiguration.name": "the plugin that has the write-ahead log, too",
	},
	Run: func(a app.App) []generator.Object {
		var out []generator.Object
		for _, c := range a.Clusters {
			if c.Archive == nil {
				continue
			}
			out = append(out, &kube.ScheduledBackup{
				TypeMeta:   kube.Type("postgresql.cnpg.io/v1", "ScheduledBackup"),
				ObjectMeta: kube.DatabaseMeta(a, c.Name, c.Name),
				Spec: kube.ScheduledBackupSpec{
					Schedule:             "0 " + c.Archive.Schedule, // its first field is of seconds
					Immediate:            true,
					Cluster:              corev1.LocalObjectReference{Name: c.Name},
					BackupOwnerReference: "self",
					Method:               "plugin",
					PluginConfiguration:  kube.BackupPlugin{Name: barman},
				},
			})
		}
		return out
	},
}
