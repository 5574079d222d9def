package verify

import (
	"cmp"
	"fmt"
	"path"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/inventory"
)

// podFiles are about what containers find on their disks, and what they can write there.
var podFiles = []Guarantee{
	{
		Name:    "root-is-read-only",
		Promise: "no container can write to the filesystem of its image",
		Why:     "whoever breaks into a container can otherwise replace its programs, and what an app writes beside its volumes fills the disk of the node",
		Source:  "https://kubernetes.io/docs/concepts/security/security-checklist/",
		Foreign: diag.Warning,
		check:   rootIsReadOnly,
	},
	{
		Name:    "writable-paths-are-volumes",
		Promise: "a container whose root is read-only has a volume for what it writes, at /tmp at the least",
		Why:     "most libraries write temporary files there: without a volume an upload, a cache or a crash dump fails, and often only in production",
		Source:  "https://kubernetes.io/docs/tasks/configure-pod-container/security-context/",
		Foreign: diag.Note, // there are programs that write nothing
		check:   writablePathsAreVolumes,
	},
	{
		Name:    "mounts-have-volumes",
		Promise: "every mount has its volume and a path of its own",
		Why:     "the API server refuses the whole object; a volume of ours that nobody mounts is data that goes elsewhere",
		Source:  "https://kubernetes.io/docs/concepts/storage/volumes/",
		Foreign: diag.Error,
		check:   mountsHaveVolumes,
	},
}

// podWindows reports whether pods run on Windows, where Linux' own settings do not apply.
func podWindows(w *inventory.Workload) bool {
	return w.Template.Spec.OS != nil && w.Template.Spec.OS.Name == corev1.Windows
}

// podReadOnly reports whether the root of a container is read-only.
func podReadOnly(b podBox) bool {
	s := b.SecurityContext
	return s != nil && s.ReadOnlyRootFilesystem != nil && *s.ReadOnlyRootFilesystem
}

func rootIsReadOnly(c *checker) {
	for w := range podsWritten(c) {
		if podWindows(w) || len(w.Template.Spec.Containers) == 0 {
			continue
		}
		var open []string
		var at string
		for b := range podBoxes(w) {
			if !podReadOnly(b) {
				open = append(open, b.Name)
				at = b.path("securityContext.readOnlyRootFilesystem")
			}
		}
		switch len(open) {
		case 0:
			c.proved(w.Object, "%s, all read-only", podSize(w))
		case 1:
			c.violated(w.Object, at, "break into container %s: its programs can be replaced, because its root filesystem is writable", open[0])
		default:
			c.violated(w.Object, podPath(w), "break into any of the containers %s: their programs can be replaced, because their root filesystems are writable", podNames(open))
		}
	}
}

// podTemporary is where programs write when nobody tells them otherwise.
const podTemporary = "/tmp"

func writablePathsAreVolumes(c *checker) {
	for w := range podsWritten(c) {
		if podWindows(w) {
			continue
		}
		closed := 0
		var without []string // containers that can write no temporary file
		var elsewhere string // what one of them can write
		for b := range podBoxes(w) {
			if !podReadOnly(b) {
				continue
			}
			closed++
			if covered, other := podWritable(w, b); !covered {
				without, elsewhere = append(without, b.Name), cmp.Or(elsewhere, other)
			}
		}
		switch {
		case closed == 0:
		case len(without) == 0:
			c.proved(w.Object, "%s with a read-only root, each with a volume at %s", podCount{closed, "container"}, podTemporary)
		case elsewhere != "" && !w.Ours(): // whoever wrote it has thought of what they write
			c.unknown(w.Object, "whether %s writes to %s: the root is read-only, and what can be written is %s", podNames(without), podTemporary, elsewhere)
		default:
			c.violated(w.Object, podPath(w), "let %s write a temporary file: it fails, because the root is read-only and no volume is mounted at %s", podNames(without), podTemporary)
		}
	}
}

// podWritable reports whether a container can write temporary files, and one other path that it can write.
func podWritable(w *inventory.Workload, b podBox) (temporary bool, elsewhere string) {
	wanted := podTemporary
	for _, e := range b.Env {
		if e.Name == "TMPDIR" && strings.HasPrefix(e.Value, "/") {
			wanted = path.Clean(e.Value)
		}
	}
	for _, m := range b.VolumeMounts {
		if m.ReadOnly || podVolumeIsReadOnly(w, m.Name) {
			continue
		}
		mounted := path.Clean(m.MountPath)
		if mounted == "/" || mounted == wanted || strings.HasPrefix(wanted, mounted+"/") {
			return true, ""
		}
		elsewhere = mounted
	}
	return false, elsewhere
}

// podVolumeIsReadOnly reports whether nobody can write to a volume, as to those that hold configuration.
func podVolumeIsReadOnly(w *inventory.Workload, name string) bool {
	for _, v := range w.Template.Spec.Volumes {
		if v.Name == name {
			return v.ConfigMap != nil || v.Secret != nil || v.Projected != nil || v.DownwardAPI != nil || v.Image != nil
		}
	}
	return false
}

func mountsHaveVolumes(c *checker) {
	for w := range podsWritten(c) {
		volumes := map[string]bool{} // by name: whether it is mounted
		for _, v := range w.Claims {
			volumes[v.Name] = true // a claim may be there for whoever reads it from outside
		}
		for i, v := range w.Template.Spec.Volumes {
			if _, twice := volumes[v.Name]; twice && w.Kind != "StatefulSet" {
				c.violated(w.Object, podVolume(w, i), "the API server refuses it: two volumes are called %s", v.Name)
			}
			volumes[v.Name] = false
		}
		mounts := 0
		for b := range podBoxes(w) {
			mounts += len(b.VolumeMounts)
			if problem := podMountProblem(b, volumes); problem != "" {
				c.violated(w.Object, b.path("volumeMounts"), "the API server refuses it: %s", problem)
			}
		}
		if w.Ours() {
			for i, v := range w.Template.Spec.Volumes {
				if !volumes[v.Name] {
					c.violated(w.Object, podVolume(w, i), "look for volume %s in any container: none mounts it", v.Name)
				}
			}
		}
		if mounts > 0 {
			c.proved(w.Object, "%s, each with its volume", podCount{mounts, "mount"})
		}
	}
}

// podVolume returns where a volume stands in the manifest.
func podVolume(w *inventory.Workload, i int) string {
	return fmt.Sprintf("%s.volumes[%d]", podPath(w), i)
}

// podMountProblem notes what a container mounts, and returns what is wrong with that; empty: nothing.
func podMountProblem(b podBox, volumes map[string]bool) string {
	paths := map[string]bool{}
	for _, m := range b.VolumeMounts {
		if _, ok := volumes[m.Name]; !ok {
			return fmt.Sprintf("container %s mounts volume %s at %s, and the pod has no such volume", b.Name, m.Name, m.MountPath)
		}
		if paths[m.MountPath] {
			return fmt.Sprintf("container %s mounts two volumes at %s", b.Name, m.MountPath)
		}
		volumes[m.Name], paths[m.MountPath] = true, true
	}
	for _, d := range b.VolumeDevices {
		if _, ok := volumes[d.Name]; !ok {
			return fmt.Sprintf("container %s uses volume %s as its device %s, and the pod has no such volume", b.Name, d.Name, d.DevicePath)
		}
		volumes[d.Name] = true
	}
	return ""
}
