package verify

import (
	"fmt"

	"github.com/scantling/scantling/internal/inventory"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// scratchFits adds up the emptyDir volumes with a size. On disk the kubelet evicts a pod above the sum of its containers' limits; what
// lies in memory is counted as the memory of who wrote it.
func scratchFits(c *checker) {
	ranges := limitRangesByPlace(c)
	for _, w := range c.Workloads {
		var disk, memory scratch
		for i := range w.Template.Spec.Volumes {
			e := w.Template.Spec.Volumes[i].EmptyDir
			switch {
			case e == nil || e.SizeLimit == nil || e.SizeLimit.Sign() <= 0:
			case e.Medium == corev1.StorageMediumMemory:
				memory.add(w, i)
			case e.Medium == corev1.StorageMediumDefault:
				disk.add(w, i)
			}
		}
		if disk.volumes+memory.volumes == 0 {
			continue
		}
		pod := admit(w, ranges[w.Namespace])
		limits := pod.limits()
		storage, limited := limits[corev1.ResourceEphemeralStorage]
		if limited && disk.size.Cmp(storage) > 0 {
			c.violated(w.Object, disk.path, "fill its %s on disk, %s in all: the pod is evicted at %s", plural(disk.volumes, "volume"), disk.size.String(), storage.String())
		}
		if most := limits[corev1.ResourceMemory]; pod.limitsMemory() && memory.size.Cmp(most) > 0 {
			c.violated(w.Object, memory.path, "fill its %s in memory, %s in all: the pod is killed at %s", plural(memory.volumes, "volume"), memory.size.String(), most.String())
		}
		c.proved(w.Object, "%s of volumes on disk, %s in memory", disk.size.String(), memory.size.String())
	}
}

// limitsMemory reports whether every container that stays has a limit of memory: one without may use any.
func (p *admitted) limitsMemory() bool {
	if _, ok := p.pod.Limits[corev1.ResourceMemory]; ok {
		return true
	}
	for i := range p.containers {
		if _, ok := p.containers[i].Resources.Limits[corev1.ResourceMemory]; p.containers[i].stays && !ok {
			return false
		}
	}
	return true
}

// scratch is the emptyDir volumes of one kind.
type scratch struct {
	size    resource.Quantity
	volumes int
	path    string // of the last one's size
}

func (s *scratch) add(w *inventory.Workload, i int) {
	s.size.Add(*w.Template.Spec.Volumes[i].EmptyDir.SizeLimit)
	s.volumes++
	s.path = fmt.Sprintf("%s.volumes[%d].emptyDir.sizeLimit", podPath(w), i)
}
