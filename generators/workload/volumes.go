package workload

import (
	"crypto/sha256"
	"encoding/hex"
	"path"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/kube"
)

const (
	tmpPath      = "/tmp"
	configVolume = "config"

	// secretMode is what a mounted secret may be: read by its owner and by the pod's group, which FSGroup makes the container's.
	secretMode = 0o440
	// maxVolumeName is the length of a DNS label.
	maxVolumeName = 63
)

// volumes returns a pod's volumes. Those of a stateful app's own storage are made by its controller, pod by pod.
func volumes(a app.App) []corev1.Volume {
	var out []corev1.Volume
	for _, d := range a.EmptyDirs {
		out = append(out, emptyDir(d.Name, d))
		if d.Path != tmpPath {
			continue
		}
		for _, s := range a.Sidecars {
			out = append(out, emptyDir(sidecarTmp(d, s), d))
		}
	}
	for _, v := range a.Volumes {
		if a.Kind != app.Stateful {
			out = append(out, claimVolume(a, v))
		}
	}
	if a.Config != nil {
		out = append(out, corev1.Volume{Name: configVolume, VolumeSource: corev1.VolumeSource{
			ConfigMap: &corev1.ConfigMapVolumeSource{LocalObjectReference: corev1.LocalObjectReference{Name: a.Config.Name}},
		}})
	}
	for _, s := range a.Secrets {
		if s.Path != "" {
			out = append(out, secretVolume(s))
		}
	}
	return out
}

// mounts returns where the app's own container sees the volumes.
func mounts(a app.App) []corev1.VolumeMount {
	var out []corev1.VolumeMount
	for _, d := range a.EmptyDirs {
		out = append(out, corev1.VolumeMount{Name: d.Name, MountPath: d.Path})
	}
	for _, v := range a.Volumes {
		readOnly := v.Access == string(corev1.ReadOnlyMany)
		out = append(out, corev1.VolumeMount{Name: v.Name, MountPath: v.Path, ReadOnly: readOnly})
	}
	if a.Config != nil {
		out = append(out, corev1.VolumeMount{Name: configVolume, MountPath: a.Config.Path, ReadOnly: true})
	}
	for _, s := range a.Secrets {
		if s.Path != "" {
			// The whole directory, never a subPath: a file mounted alone keeps the old value when the secret is rotated.
			out = append(out, corev1.VolumeMount{Name: secretVolumeName(s), MountPath: s.Path, ReadOnly: true})
		}
	}
	return out
}

// sidecarMounts returns where a sidecar sees the volumes. It shares the writable directories, as for sockets and log files, but has
// a /tmp of its own; the app's secrets, config and storage are not its business.
func sidecarMounts(a app.App, s app.Sidecar) []corev1.VolumeMount {
	var out []corev1.VolumeMount
	for _, d := range a.EmptyDirs {
		name := d.Name
		if d.Path == tmpPath {
			name = sidecarTmp(d, s)
		}
		out = append(out, corev1.VolumeMount{Name: name, MountPath: d.Path})
	}
	return out
}

func sidecarTmp(tmp app.EmptyDir, s app.Sidecar) string { return tmp.Name + "-" + s.Name }

func emptyDir(name string, d app.EmptyDir) corev1.Volume {
	return corev1.Volume{Name: name, VolumeSource: corev1.VolumeSource{
		EmptyDir: &corev1.EmptyDirVolumeSource{SizeLimit: new(kube.Bytes(d.SizeBytes))},
	}}
}

func claimVolume(a app.App, v app.Volume) corev1.Volume {
	return corev1.Volume{Name: v.Name, VolumeSource: corev1.VolumeSource{
		PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: kube.ClaimName(a, v.Name)},
	}}
}

func secretVolume(s app.Secret) corev1.Volume {
	items := make([]corev1.KeyToPath, len(s.Items))
	for i, item := range s.Items {
		items[i] = corev1.KeyToPath{Key: item.Key, Path: item.File}
	}
	return corev1.Volume{Name: secretVolumeName(s), VolumeSource: corev1.VolumeSource{
		Secret: &corev1.SecretVolumeSource{SecretName: s.Name, DefaultMode: new(int32(secretMode)), Items: items},
	}}
}

// secretVolumeName makes a DNS label of a Secret's name, which may have dots and 253 characters; a hash keeps two of them apart. A
// Secret made elsewhere may be mounted twice, each time with another key.
func secretVolumeName(s app.Secret) string {
	id := s.Name
	if s.Existing {
		id += "-" + path.Base(s.Path)
	}
	if name := "secret-" + id; len(name) <= maxVolumeName && !strings.Contains(name, ".") {
		return name
	}
	sum := sha256.Sum256([]byte(id))
	return "secret-" + hex.EncodeToString(sum[:4])
}
