package kube

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/scantling/scantling/internal/app"
)

// CPU returns thousandths of a core as a quantity: 250 is "250m", 1000 is "1".
func CPU(milli int64) resource.Quantity { return *resource.NewMilliQuantity(milli, resource.DecimalSI) }

// Bytes returns bytes as a quantity in powers of two: 536870912 is "512Mi".
func Bytes(n int64) resource.Quantity { return *resource.NewQuantity(n, resource.BinarySI) }

// Count returns a plain number as a quantity.
func Count(n int64) resource.Quantity { return *resource.NewQuantity(n, resource.DecimalSI) }

// Requirements returns a container's resources.
func Requirements(r app.Resources) corev1.ResourceRequirements {
	return corev1.ResourceRequirements{
		Requests: resourceList(r.CPUMilli, r.MemoryBytes, r.EphemeralBytes),
		Limits:   resourceList(r.CPULimitMilli, r.MemoryLimitBytes, r.EphemeralLimitBytes),
	}
}

func resourceList(cpuMilli, memory, ephemeral int64) corev1.ResourceList {
	list := corev1.ResourceList{}
	if cpuMilli > 0 {
		list[corev1.ResourceCPU] = CPU(cpuMilli)
	}
	if memory > 0 {
		list[corev1.ResourceMemory] = Bytes(memory)
	}
	if ephemeral > 0 {
		list[corev1.ResourceEphemeralStorage] = Bytes(ephemeral)
	}
	return list
}
