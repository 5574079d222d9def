package workload

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/kube"
)

// The volumes that the tasks of a Job share.
const (
	workVolume  = "work"
	filesVolume = "files"
)

// jobVolumes returns the volumes of a Job's pod: what all tasks share, and for each task a /tmp and the secrets that no other sees.
func jobVolumes(a app.App, j app.Job) []corev1.Volume {
	var out []corev1.Volume
	switch {
	case j.WorkBytes == 0:
	case j.WorkClass != "":
		out = append(out, workClaim(a, j))
	default:
		out = append(out, emptyDir(workVolume, j.WorkBytes))
	}
	if len(j.Files) > 0 {
		out = append(out, corev1.Volume{Name: filesVolume, VolumeSource: corev1.VolumeSource{
			ConfigMap: &corev1.ConfigMapVolumeSource{LocalObjectReference: corev1.LocalObjectReference{Name: j.Config}},
		}})
	}
	for _, t := range j.Tasks {
		out = append(out, emptyDir(taskTmp(t), tmpBytes(a, t)))
		for _, s := range t.Secrets {
			v := secretVolume(a, s)
			v.Name = taskSecret(t, s)
			out = append(out, v)
		}
	}
	return out
}

// taskMounts returns where a task sees the volumes. The scripts agree with resolve on the paths.
func taskMounts(j app.Job, t app.Task) []corev1.VolumeMount {
	out := []corev1.VolumeMount{{Name: taskTmp(t), MountPath: tmpPath}}
	if j.WorkBytes > 0 {
		out = append(out, corev1.VolumeMount{Name: workVolume, MountPath: app.WorkPath})
	}
	if len(j.Files) > 0 {
		out = append(out, corev1.VolumeMount{Name: filesVolume, MountPath: app.FilesPath, ReadOnly: true})
	}
	for _, s := range t.Secrets {
		out = append(out, corev1.VolumeMount{Name: taskSecret(t, s), MountPath: s.Path, ReadOnly: true})
	}
	return out
}

// workClaim is a volume that is made for one run and goes with its pod, where the data is too large for the node's own disk.
func workClaim(a app.App, j app.Job) corev1.Volume {
	return corev1.Volume{Name: workVolume, VolumeSource: corev1.VolumeSource{
		Ephemeral: &corev1.EphemeralVolumeSource{VolumeClaimTemplate: &corev1.PersistentVolumeClaimTemplate{
			ObjectMeta: metav1.ObjectMeta{Labels: kube.JobMeta(a, j, "").Labels},
			Spec:       claimSpec(app.Volume{SizeBytes: j.WorkBytes, Class: j.WorkClass, Access: string(corev1.ReadWriteOnce)}),
		}},
	}}
}

// tmpBytes is the size of the app's own /tmp; where the app keeps its data there, as large as what the task may use of the disk.
func tmpBytes(a app.App, t app.Task) int64 {
	for _, d := range a.EmptyDirs {
		if d.Path == tmpPath {
			return d.SizeBytes
		}
	}
	return t.Resources.EphemeralLimitBytes
}

func taskTmp(t app.Task) string { return volumeLabel("tmp-", t.Name) }

func taskSecret(t app.Task, s app.Secret) string { return volumeLabel("secret-", t.Name+"-"+s.Name) }
