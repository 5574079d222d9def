package workload

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/scantling/scantling/internal/app"
)

// probe returns a probe without an initial delay: the startup probe is what waits for a slow start, and it stops waiting once the
// app is up.
func probe(p *app.Probe) *corev1.Probe {
	if p == nil {
		return nil
	}
	return &corev1.Probe{
		ProbeHandler:     handler(*p),
		PeriodSeconds:    p.PeriodSeconds,
		TimeoutSeconds:   p.TimeoutSeconds,
		FailureThreshold: p.FailureThreshold,
	}
}

// handler names ports where it can; only gRPC's takes a number.
func handler(p app.Probe) corev1.ProbeHandler {
	switch {
	case len(p.Exec) > 0:
		return corev1.ProbeHandler{Exec: &corev1.ExecAction{Command: p.Exec}}
	case p.GRPC:
		return corev1.ProbeHandler{GRPC: &corev1.GRPCAction{Port: p.Port.Number, Service: new("")}}
	case p.TCP:
		return corev1.ProbeHandler{TCPSocket: &corev1.TCPSocketAction{Port: intstr.FromString(p.Port.Name)}}
	}
	return corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Path: p.Path, Port: intstr.FromString(p.Port.Name)}}
}

// lifecycle sleeps before SIGTERM, because the removal of the pod's endpoint takes time to reach every client, and nothing waits
// for it. The sleep is Kubernetes' own: the image needs no shell.
func lifecycle(h app.Health) *corev1.Lifecycle {
	if h.PreStopSeconds == 0 {
		return nil
	}
	return &corev1.Lifecycle{PreStop: &corev1.LifecycleHandler{Sleep: &corev1.SleepAction{Seconds: h.PreStopSeconds}}}
}
