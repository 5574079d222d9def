package workload

import (
	"crypto/sha256"
	"encoding/hex"
	"path"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/kube"
)

const tmpPath = "/tmp"

// secretMode lets the owner and the pod's group read a mounted secret; FSGroup makes that group the container's.
const secretMode = 0o440

// volumes returns a pod's volumes. Those of a stateful app's own storage are made by its controller, pod by pod.
func volumes(a app.App) []corev1.Volume {
	var out []corev1.Volume
	for _, d := range a.EmptyDirs {
		out = append(out, emptyDir(volumeName(a, d.Name), d.SizeBytes))
	}
	for _, s := range a.Sidecars {
		out = append(out, emptyDir(sidecarTmp(a, s), s.Resources.EphemeralLimitBytes))
	}
	for _, v := range a.Volumes {
		if a.Kind != app.Stateful {
			out = append(out, claimVolume(a, v))
		}
	}
	if a.Config != nil {
		out = append(out, corev1.Volume{Name: volumeName(a, "config"), VolumeSource: corev1.VolumeSource{
			ConfigMap: &corev1.ConfigMapVolumeSource{LocalObjectReference: corev1.LocalObjectReference{Name: a.Config.Name}},
		}})
	}
	for _, s := range a.Secrets {
		if s.Path != "" {
			out = append(out, secretVolume(a, s))
		}
	}
	return out
}

// mounts returns where the app's own container sees the volumes.
func mounts(a app.App) []corev1.VolumeMount {
	var out []corev1.VolumeMount
	for _, d := range a.EmptyDirs {
		out = append(out, corev1.VolumeMount{Name: volumeName(a, d.Name), MountPath: d.Path})
	}
	for _, v := range a.Volumes {
		readOnly := v.Access == string(corev1.ReadOnlyMany)
		out = append(out, corev1.VolumeMount{Name: v.Name, MountPath: v.Path, ReadOnly: readOnly})
	}
	if a.Config != nil {
		out = append(out, corev1.VolumeMount{Name: volumeName(a, "config"), MountPath: a.Config.Path, ReadOnly: true})
	}
	for _, s := range a.Secrets {
		if s.Path != "" {
			// The whole directory, never a subPath: a file mounted alone keeps the old value when the secret is rotated.
			out = append(out, corev1.VolumeMount{Name: secretVolumeName(a, s), MountPath: s.Path, ReadOnly: true})
		}
	}
	return out
}

// sidecarMounts returns where a sidecar sees the volumes. It shares the writable directories, as for sockets and log files, but has
// a /tmp of its own, as large as what it may use of the disk; the app's secrets, config and storage are not its business.
func sidecarMounts(a app.App, s app.Sidecar) []corev1.VolumeMount {
	out := []corev1.VolumeMount{{Name: sidecarTmp(a, s), MountPath: tmpPath}}
	for _, d := range a.EmptyDirs {
		if d.Path != tmpPath {
			out = append(out, corev1.VolumeMount{Name: volumeName(a, d.Name), MountPath: d.Path})
		}
	}
	return out
}

// volumeName returns the name of a volume that is not of the app's storage. Storage may have any name, and keeps it: its claims are
// called by it.
func volumeName(a app.App, name string) string {
	for slices.ContainsFunc(a.Volumes, func(v app.Volume) bool { return v.Name == name }) {
		name += "-pod"
	}
	return name
}

func sidecarTmp(a app.App, s app.Sidecar) string { return volumeName(a, volumeLabel("tmp-", s.Name)) }

// volumeLabel returns a prefix and an id as one DNS label; where that is too long, or the id has dots, a hash of it.
func volumeLabel(prefix, id string) string {
	if name := prefix + id; len(validation.IsDNS1123Label(name)) == 0 {
		return name
	}
	sum := sha256.Sum256([]byte(id))
	return prefix + hex.EncodeToString(sum[:4])
}

func emptyDir(name string, bytes int64) corev1.Volume {
	return corev1.Volume{Name: name, VolumeSource: corev1.VolumeSource{
		EmptyDir: &corev1.EmptyDirVolumeSource{SizeLimit: new(kube.Bytes(bytes))},
	}}
}

func claimVolume(a app.App, v app.Volume) corev1.Volume {
	return corev1.Volume{Name: v.Name, VolumeSource: corev1.VolumeSource{
		PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: kube.ClaimName(a, v.Name)},
	}}
}

func secretVolume(a app.App, s app.Secret) corev1.Volume {
	items := make([]corev1.KeyToPath, len(s.Items))
	for i, item := range s.Items {
		items[i] = corev1.KeyToPath{Key: item.Key, Path: item.File}
	}
	return corev1.Volume{Name: secretVolumeName(a, s), VolumeSource: corev1.VolumeSource{
		Secret: &corev1.SecretVolumeSource{SecretName: s.Name, DefaultMode: new(int32(secretMode)), Items: items},
	}}
}

// secretVolumeName makes a DNS label of a Secret's name, which may have dots and 253 characters; a hash keeps two of them apart. A
// Secret made elsewhere may be mounted twice, each time with another key.
func secretVolumeName(a app.App, s app.Secret) string {
	id := s.Name
	if s.Existing {
		id += "-" + path.Base(s.Path)
	}
	return volumeName(a, volumeLabel("secret-", id))
}
