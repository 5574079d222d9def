package compile_test

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

func unwritableTmp(r *rendered) (found []string) {
	for _, p := range r.pods {
		sized := map[string]bool{}
		for _, v := range p.spec.Volumes {
			sized[v.Name] = v.EmptyDir != nil && v.EmptyDir.SizeLimit != nil && v.EmptyDir.SizeLimit.Cmp(resource.Quantity{}) > 0
		}
		for _, c := range slices.Concat(p.spec.InitContainers, p.spec.Containers) {
			if !slices.ContainsFunc(c.VolumeMounts, func(m corev1.VolumeMount) bool { return m.MountPath == "/tmp" && sized[m.Name] }) {
				found = append(found, p.id+" "+c.Name+": no sized /tmp")
			}
			if c.SecurityContext.ReadOnlyRootFilesystem == nil || !*c.SecurityContext.ReadOnlyRootFilesystem {
				found = append(found, p.id+" "+c.Name+": a writable root filesystem")
			}
		}
		if p.spec.SecurityContext.RunAsUser == nil || p.spec.SecurityContext.RunAsGroup == nil {
			found = append(found, p.id+": no numeric user and group")
		}
	}
	return found
}
