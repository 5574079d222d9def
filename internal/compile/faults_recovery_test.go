package compile_test

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/scantling/scantling/internal/kube"
)

// recoveryFaults are the catalogue's faults of what keeps data restorable. E33, an index that is built under a lock, is one of an app's
// own SQL, of which nothing is rendered.
var recoveryFaults = []fault{
	{"E21 Velero with static keys, or without volumes, location or retention", vagueVelero},
	{"E22 restores of backups that cannot exist", impossibleRestores},
	{"E23 tasks whose image lacks their tool, whose files nobody mounts, or whose clock is read twice", missingTools},
	{"E24 scripts that go on after a failure, or upload what nobody has read back", carelessScripts},
	{"E25 backups without deadline, retention, encryption, drill or alert", carelessBackups},
	{"E32 caches without time-out or jitter", carelessCaches},
}

// The roles of a Job beside an app, as its pods' component says.
const (
	roleBackup = "backup"
	roleDrill  = "drill"
)

// besides returns the CronJobs beside apps in one role.
func (r *rendered) besides(role string) []*batchv1.CronJob {
	return slices.DeleteFunc(slices.Clone(r.cronJobs), func(j *batchv1.CronJob) bool { return j.Labels[kube.LabelComponent] != role })
}

// tasks are the containers of a CronJob in the order in which they run.
func tasks(j *batchv1.CronJob) []corev1.Container {
	spec := j.Spec.JobTemplate.Spec.Template.Spec
	return slices.Concat(spec.InitContainers, spec.Containers)
}

// script is the file that a container runs, without its folder; empty: none of ours.
func script(c corev1.Container) string {
	if len(c.Command) == 2 && c.Command[0] == "/bin/sh" && path.Dir(c.Command[1]) == "/recovery" {
		return path.Base(c.Command[1])
	}
	return ""
}

// setting is the value of a container's variable; empty: it has none.
func setting(c corev1.Container, name string) string {
	i := slices.IndexFunc(c.Env, func(v corev1.EnvVar) bool { return v.Name == name })
	if i < 0 {
		return ""
	}
	return c.Env[i].Value
}

// running returns the task of a Job whose script has this suffix; false: there is none.
func running(j *batchv1.CronJob, suffix string) (corev1.Container, bool) {
	all := tasks(j)
	i := slices.IndexFunc(all, func(c corev1.Container) bool { return strings.HasSuffix(script(c), suffix) })
	if i < 0 {
		return corev1.Container{}, false
	}
	return all[i], true
}

// files are those that a CronJob mounts at the folder of its scripts.
func (r *rendered) files(j *batchv1.CronJob) map[string]string {
	spec := j.Spec.JobTemplate.Spec.Template.Spec
	for _, v := range spec.Volumes {
		if v.ConfigMap == nil || !slices.ContainsFunc(spec.Containers[0].VolumeMounts, func(m corev1.VolumeMount) bool { return m.Name == v.Name && m.MountPath == "/recovery" }) {
			continue
		}
		for _, c := range r.configs {
			if c.Namespace == j.Namespace && c.Name == v.ConfigMap.Name {
				return c.Data
			}
		}
	}
	return nil
}

func vagueVelero(r *rendered) (found []string) {
	for _, s := range r.schedules {
		t := s.Spec.Template
		ttl, err := time.ParseDuration(t.TTL)
		volumes := len(t.IncludedResources) == 0 && !slices.Contains(t.ExcludedResources, "persistentvolumeclaims") || slices.Contains(t.IncludedResources, "persistentvolumeclaims")
		location := slices.ContainsFunc(r.locations, func(l *kube.BackupStorageLocation) bool {
			return l.Namespace == s.Namespace && l.Name == t.StorageLocation
		})
		switch {
		case err != nil || ttl <= 0:
			found = append(found, s.Name+": backups are kept for "+t.TTL)
		case volumes && (!t.SnapshotVolumes || !t.SnapshotMoveData):
			found = append(found, s.Name+": the data of volumes stays where it is")
		case len(t.IncludedNamespaces) == 0 || s.Spec.UseOwnerReferencesInBackup:
			found = append(found, s.Name+": of all namespaces, or backups that go with it")
		case !location && len(r.locations) > 0: // else the platform makes it by other means
			found = append(found, s.Name+": nothing says where "+t.StorageLocation+" is")
		}
	}
	for _, l := range r.locations {
		if l.Spec.Provider == "" || l.Spec.ObjectStorage.Bucket == "" || l.Spec.ObjectStorage.Prefix == "" || l.Spec.Config["region"] == "" {
			found = append(found, l.Name+": no provider, bucket, folder or region")
		}
	}
	for _, e := range r.external {
		for key, text := range e.Spec.Target.Template.Data {
			for line := range strings.Lines(text) {
				if _, secret, is := strings.Cut(line, "="); is && !strings.HasPrefix(strings.TrimSpace(secret), "{{ .") {
					found = append(found, e.Name+": a value in the open in "+key)
				}
			}
		}
	}
	return found
}

// stamp is what Velero puts behind the name of a Schedule to name a backup.
const stamp = "-20241210031500"

func impossibleRestores(r *rendered) (found []string) {
	for _, s := range r.schedules {
		if len(s.Name+stamp) > 63 {
			found = append(found, s.Name+": the label of its backups is too long")
		}
	}
	for _, j := range r.besides(roleDrill) {
		task, ok := running(j, "velero-drill.sh")
		if !ok {
			continue
		}
		if name, in := setting(task, "SCHEDULE"), setting(task, "VELERO"); !slices.ContainsFunc(r.schedules, func(s *kube.Schedule) bool { return s.Name == name && s.Namespace == in }) {
			found = append(found, j.Name+": restores what "+name+" backs up, which does not exist")
		}
		text := r.files(j)["velero-drill.sh"]
		if !strings.Contains(text, `velero.io/schedule-name=$SCHEDULE`) || !strings.Contains(text, `backupName: "$backup"`) {
			found = append(found, j.Name+": does not look for the backups of its schedule")
		}
	}
	return found
}

// toolsOf are the names of images that have what a script runs, by the first word of the script.
var toolsOf = map[string][]string{
	"postgres": {"postgres", "postgresql", "cnpg-postgresql"}, "mysql": {"mysql", "mariadb"}, "mongodb": {"mongo", "mongodb"}, "redis": {"redis", "valkey"},
	"upload": {"rclone"}, "fetch": {"rclone"}, "velero": {"kubectl"}, "volume": {"kubectl"}, "cnpg": {"kubectl"}, "cnpg-assert.sh": {"cnpg-postgresql", "postgresql"},
}

func missingTools(r *rendered) (found []string) {
	for _, j := range append(r.besides(roleBackup), r.besides(roleDrill)...) {
		work := ""
		for _, c := range tasks(j) {
			file := script(c)
			first, _, _ := strings.Cut(strings.TrimSuffix(file, ".sh"), "-")
			wanted, own := toolsOf[file]
			if !own {
				wanted = toolsOf[first]
			}
			repository, _, _ := strings.Cut(c.Image, "@")
			repository, _, _ = strings.Cut(path.Base(repository), ":")
			if !slices.Contains(wanted, repository) {
				found = append(found, fmt.Sprintf("%s: %s runs %q in %s", j.Name, c.Name, file, c.Image))
			}
			if r.files(j)[file] == "" {
				found = append(found, fmt.Sprintf("%s: %s runs %q, which is not there", j.Name, c.Name, file))
			}
			if n := strings.Count(r.files(j)[file], "$(date"); n > 1 && j.Labels[kube.LabelComponent] == roleBackup && !strings.HasSuffix(file, "-snapshot.sh") {
				found = append(found, fmt.Sprintf("%s: %s reads the clock %d times", j.Name, file, n))
			}
			if setting(c, "WORK") == "" {
				continue
			}
			i := slices.IndexFunc(c.VolumeMounts, func(m corev1.VolumeMount) bool { return m.MountPath == setting(c, "WORK") && !m.ReadOnly })
			if i < 0 || work != "" && c.VolumeMounts[i].Name != work {
				found = append(found, fmt.Sprintf("%s: %s leaves nothing for the next task", j.Name, c.Name))
				continue
			}
			work = c.VolumeMounts[i].Name
		}
		if _, dumps := running(j, "-dump.sh"); dumps && (len(tasks(j)) != 2 || script(tasks(j)[1]) != "upload.sh") {
			found = append(found, j.Name+": dumps, and nothing uploads")
		}
	}
	return found
}

// A pipe hides the exit code of all but its last command. Of these commands it must not.
var lostExit = regexp.MustCompile(`(^|[^-\w])(pg_dump|pg_dumpall|pg_restore|psql|mysqldump|mariadb-dump|"\$dumper"|"\$client"|ask|mongodump|mongorestore|mongosh|redis-cli|rclone|store|kubectl|sha256sum)\b[^|\n;]*[^|\n]\|[^|]`)

// steps are what the script of each task must do: a dump is read back, measured and stamped, and a copy is compared.
var steps = map[string][]string{
	"postgres-dump.sh": {"pg_dump ", "pg_restore ", `-ge "$MIN_BYTES"`, "sha256sum"}, "mysql-dump.sh": {"--single-transaction", "--routines", "--triggers", "--events", "gzip -t", "-- Dump completed", `-ge "$MIN_BYTES"`, "sha256sum"},
	"mongodb-dump.sh": {"mongodump ", "gzip -t", `-ge "$MIN_BYTES"`, "sha256sum"}, "redis-dump.sh": {"--rdb", "redis-check-rdb", `-ge "$MIN_BYTES"`, "sha256sum"},
	"upload.sh": {"sha256sum", "check --download", "deletefile", ".sha256"}, "fetch.sh": {"sha256sum", `-le "$MAX_AGE_SECONDS"`},
	"postgres-restore.sh": {"--exit-on-error"}, "mongodb-restore.sh": {"--stopOnError"}, "volume-snapshot.sh": {"readyToUse"}, "velero-drill.sh": {"existingResourcePolicy: none", "namespaceMapping"},
}

func carelessScripts(r *rendered) (found []string) {
	for _, j := range append(r.besides(roleBackup), r.besides(roleDrill)...) {
		for name, text := range r.files(j) {
			if !strings.HasSuffix(name, ".sh") {
				continue
			}
			if !strings.HasPrefix(text, "#!/bin/sh\n") || !strings.Contains(text, "\nset -eu\n") || !strings.Contains(text, "\numask 077\n") {
				found = append(found, j.Name+": "+name+" goes on after a failure, or leaves files that others read")
			}
			for line := range strings.Lines(text) {
				if code, _, _ := strings.Cut(line, " #"); !strings.HasPrefix(strings.TrimSpace(line), "#") && lostExit.MatchString(code) {
					found = append(found, j.Name+": "+name+" loses an exit code: "+strings.TrimSpace(line))
				}
			}
			for _, step := range steps[name] {
				if !strings.Contains(text, step) {
					found = append(found, j.Name+": "+name+" lacks "+step)
				}
			}
		}
		if dump, ok := running(j, "-dump.sh"); ok {
			if n, err := strconv.ParseInt(setting(dump, "MIN_BYTES"), 10, 64); err != nil || n < 100 {
				found = append(found, j.Name+": any file is a dump")
			}
		}
	}
	return found
}

func carelessBackups(r *rendered) (found []string) {
	for _, j := range append(r.besides(roleBackup), r.besides(roleDrill)...) {
		spec, run := j.Spec, j.Spec.JobTemplate.Spec
		pod := run.Template.Spec
		switch {
		case spec.ConcurrencyPolicy != batchv1.ForbidConcurrent, spec.TimeZone == nil || *spec.TimeZone != "Etc/UTC", spec.SuccessfulJobsHistoryLimit == nil, spec.FailedJobsHistoryLimit == nil || *spec.FailedJobsHistoryLimit < 1:
			found = append(found, j.Name+": two at once, local time, or no history")
		case spec.Suspend != nil && *spec.Suspend, strings.Contains(spec.Schedule, "TZ="), spec.StartingDeadlineSeconds == nil || *spec.StartingDeadlineSeconds < 60:
			found = append(found, j.Name+": does not start")
		case run.ActiveDeadlineSeconds == nil || *run.ActiveDeadlineSeconds <= 0, run.TTLSecondsAfterFinished != nil, pod.RestartPolicy != corev1.RestartPolicyNever:
			found = append(found, j.Name+": runs for ever, or loses its logs")
		case pod.SecurityContext == nil || pod.SecurityContext.RunAsNonRoot == nil || !*pod.SecurityContext.RunAsNonRoot || pod.SecurityContext.SeccompProfile == nil:
			found = append(found, j.Name+": not restricted")
		}
		for _, c := range tasks(j) {
			if c.SecurityContext == nil || c.SecurityContext.AllowPrivilegeEscalation == nil || *c.SecurityContext.AllowPrivilegeEscalation || !slices.Equal(c.SecurityContext.Capabilities.Drop, []corev1.Capability{"ALL"}) || c.Resources.Requests.Memory().IsZero() || c.Resources.Limits.Memory().IsZero() {
				found = append(found, j.Name+" "+c.Name+": not restricted, or without resources")
			}
		}
	}
	for _, j := range r.besides(roleBackup) {
		found = append(found, r.halfBackup(j)...)
	}
	return found
}

// halfBackup finds what a backup lacks beside its pods.
func (r *rendered) halfBackup(j *batchv1.CronJob) (found []string) {
	upload, dumps := running(j, "upload.sh")
	keeper := tasks(j)[len(tasks(j))-1]
	if all, keep := number(keeper, "KEEP_ALL_SECONDS"), number(keeper, "KEEP_SECONDS"); all < 3600 || keep < all {
		found = append(found, fmt.Sprintf("%s: keeps all for %d s, and some for %d s", j.Name, all, keep))
	}
	if dumps && (setting(upload, "RCLONE_CONFIG_CRYPT_TYPE") != "crypt" || !strings.HasPrefix(setting(upload, "RCLONE_CONFIG_CRYPT_REMOTE"), "store:") || !strings.Contains(r.files(j)["upload.sh"], `copyto --immutable "$1" "crypt:$1"`)) {
		found = append(found, j.Name+": uploads what everybody can read")
	}
	rehearsed := slices.ContainsFunc(r.besides(roleDrill), func(d *batchv1.CronJob) bool {
		fetch, ok := running(d, "fetch.sh")
		return ok && d.Namespace == j.Namespace && setting(fetch, "RCLONE_CONFIG_CRYPT_REMOTE") == setting(upload, "RCLONE_CONFIG_CRYPT_REMOTE") && setting(fetch, "NAME") == setting(upload, "NAME")
	})
	if dumps && !rehearsed {
		found = append(found, j.Name+": nobody rehearses its restore")
	}
	if r.watched() && !slices.ContainsFunc(r.alerts("BackupRPO"), func(a alert) bool {
		return a.namespace == j.Namespace && strings.Contains(a.Expr, quoted("cronjob", j.Name))
	}) {
		found = append(found, j.Name+": nobody hears when it fails")
	}
	return found
}

// number is that of a container's variable; 0: it has none.
func number(c corev1.Container, name string) int64 {
	n, err := strconv.ParseInt(setting(c, name), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

func quoted(label, value string) string { return fmt.Sprintf("%s=%q", label, value) }

// alert is one that is rendered, and where.
type alert struct {
	namespace string
	kube.Rule
}

// alerts are those of one name.
func (r *rendered) alerts(name string) (all []alert) {
	for _, rule := range r.rules {
		for _, group := range rule.Spec.Groups {
			for _, a := range group.Rules {
				if a.Alert == name {
					all = append(all, alert{rule.Namespace, a})
				}
			}
		}
	}
	return all
}

// watched reports whether there is a Prometheus that anything here speaks of.
func (r *rendered) watched() bool {
	return slices.ContainsFunc(r.ids, func(id string) bool {
		return strings.HasPrefix(id, "PrometheusRule/") || strings.HasPrefix(id, "ServiceMonitor/") || strings.HasPrefix(id, "PodMonitor/")
	})
}

// carelessCaches reads the contract of a cache: how long the app waits for it, and by how much its times to live differ.
func carelessCaches(r *rendered) (found []string) {
	for _, p := range r.pods {
		for _, c := range p.spec.Containers {
			for _, v := range c.Env {
				prefix, is := strings.CutSuffix(v.Name, "_TTL_JITTER")
				if !is {
					if prefix, is = strings.CutSuffix(v.Name, "_TIMEOUT"); !is || setting(c, prefix+"_PORT") != "6379" {
						continue
					}
				}
				wait, err := time.ParseDuration(setting(c, prefix+"_TIMEOUT"))
				jitter, err2 := strconv.ParseFloat(setting(c, prefix+"_TTL_JITTER"), 64)
				if err != nil || err2 != nil || wait <= 0 || wait > time.Second || jitter <= 0 || jitter >= 1 {
					found = append(found, p.id+": "+prefix+" is waited for for ever, or all of it ends at once")
				}
			}
		}
	}
	return found
}
