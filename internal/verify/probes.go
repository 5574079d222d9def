package verify

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/inventory"
)

// probes are about how pods start, serve and leave.
var probes = slices.Concat([]Guarantee{
	{
		Name:    "liveness-is-not-readiness",
		Promise: "what restarts a container is not the answer that only takes it out of its Service",
		Why:     "an app that is not ready because its database is away is restarted over and over, everywhere at once, and comes back slower",
		Source:  "https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/",
		Foreign: diag.Warning,
		check:   livenessIsNotReadiness,
	},
	{
		Name:    "probe-port-exists",
		Promise: "every port that a probe or a hook calls is a port of its container",
		Why:     "a probe of a port that has no such name always fails: the pod is never ready, or is restarted for ever",
		Source:  "https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/#use-a-named-port",
		Foreign: diag.Error,
		check:   probePortExists,
	},
	{
		Name:    "serving-pods-have-readiness",
		Promise: "pods that a Service sends requests to say when they can take them",
		Why:     "without a readiness probe a pod gets requests as soon as its processes are started: each rollout and each new pod answers with errors",
		Source:  "https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#container-probes",
		Foreign: diag.Warning,
		check:   servingPodsHaveReadiness,
	},
}, probeTimes)

func livenessIsNotReadiness(c *checker) {
	for w := range podsWritten(c) {
		asked := 0
		for b := range podBoxes(w) {
			if b.LivenessProbe == nil || b.ReadinessProbe == nil {
				continue
			}
			asked++
			// The same address is good for both where liveness waits longer: the documentation calls that a common pattern.
			live, ready := probeAsks(b, b.LivenessProbe), probeAsks(b, b.ReadinessProbe)
			restarts, leaves := probeTolerates(b.LivenessProbe), probeTolerates(b.ReadinessProbe)
			if live == "" || live != ready || (!w.Ours() && restarts > leaves) {
				continue
			}
			c.violated(w.Object, b.path("livenessProbe"), "let %s fail for %d s, as while a dependency is away: container %s is restarted in every pod, where it is enough to take them out of the Service", live, restarts, b.Name)
		}
		if asked > 0 {
			c.proved(w.Object, "%s, each with a liveness of its own", podCount{asked, "container"})
		}
	}
}

// probeAsks returns what an HTTP probe asks for; empty: it is of another kind. TCP, gRPC and commands have one question only.
func probeAsks(b podBox, p *corev1.Probe) string {
	if p.HTTPGet == nil {
		return ""
	}
	port := p.HTTPGet.Port
	for _, own := range b.Ports {
		if port.Type == intstr.String && own.Name == port.StrVal {
			port = intstr.FromInt32(own.ContainerPort)
		}
	}
	path := p.HTTPGet.Path
	if path == "" {
		path = "/"
	}
	return path + " on port " + port.String()
}

// probeTolerates returns for how many seconds a probe may fail before something is done.
func probeTolerates(p *corev1.Probe) int64 {
	period, failures := probeDefaults(p)
	return period * failures
}

// probeDefaults returns the period in seconds and the number of failures that are in force,
// https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/#configure-probes.
func probeDefaults(p *corev1.Probe) (period, failures int64) {
	period, failures = 10, 3
	if p.PeriodSeconds > 0 {
		period = int64(p.PeriodSeconds)
	}
	if p.FailureThreshold > 0 {
		failures = int64(p.FailureThreshold)
	}
	return period, failures
}

// probeCall is one call that the kubelet makes to a container.
type probeCall struct {
	path string // of the field below the container
	port intstr.IntOrString
}

// probeCalls returns the ports that the kubelet calls on a container itself.
func probeCalls(b podBox) []probeCall {
	var calls []probeCall
	add := func(path string, get *corev1.HTTPGetAction, tcp *corev1.TCPSocketAction) {
		if get != nil && get.Host == "" {
			calls = append(calls, probeCall{path, get.Port})
		}
		if tcp != nil && tcp.Host == "" {
			calls = append(calls, probeCall{path, tcp.Port})
		}
	}
	for _, p := range []struct {
		path string
		*corev1.Probe
	}{{"startupProbe", b.StartupProbe}, {"livenessProbe", b.LivenessProbe}, {"readinessProbe", b.ReadinessProbe}} {
		if p.Probe == nil {
			continue
		}
		add(p.path, p.HTTPGet, p.TCPSocket)
		if p.GRPC != nil {
			calls = append(calls, probeCall{p.path, intstr.FromInt32(p.GRPC.Port)})
		}
	}
	if l := b.Lifecycle; l != nil && l.PostStart != nil {
		add("lifecycle.postStart", l.PostStart.HTTPGet, l.PostStart.TCPSocket)
	}
	if l := b.Lifecycle; l != nil && l.PreStop != nil {
		add("lifecycle.preStop", l.PreStop.HTTPGet, l.PreStop.TCPSocket)
	}
	return calls
}

func probePortExists(c *checker) {
	for w := range podsWritten(c) {
		calls := 0
		for b := range podBoxes(w) {
			for _, call := range probeCalls(b) {
				calls++
				if problem := probePortProblem(b, call.port, w.Ours()); problem != "" {
					c.violated(w.Object, b.path(call.path), "start a pod: the call to container %s fails, because %s", b.Name, problem)
				}
			}
		}
		if calls > 0 {
			c.proved(w.Object, "%s of the kubelet, each at a port that is there", podCount{calls, "call"})
		}
	}
}

// probePortProblem returns why nobody answers at a port; empty: somebody may. A number needs no declaration to work; ours have one.
func probePortProblem(b podBox, port intstr.IntOrString, ours bool) string {
	var names []string
	for _, own := range b.Ports {
		if port.Type == intstr.String && own.Name == port.StrVal || port.Type == intstr.Int && own.ContainerPort == port.IntVal {
			return ""
		}
		if own.Name != "" {
			names = append(names, own.Name)
		}
	}
	switch {
	case port.Type == intstr.Int && (port.IntVal < 1 || port.IntVal > 65535):
		return fmt.Sprintf("%d is no port", port.IntVal)
	case port.Type == intstr.Int && !ours:
		return ""
	case port.Type == intstr.Int:
		return fmt.Sprintf("it declares no port %d", port.IntVal)
	case len(names) == 0:
		return fmt.Sprintf("it has no port called %s", port.StrVal)
	}
	return fmt.Sprintf("it has no port called %s, only %s", port.StrVal, podNames(names))
}

func servingPodsHaveReadiness(c *checker) {
	asked := map[*inventory.Workload]bool{}
	for _, s := range c.Services {
		if len(s.Spec.Selector) == 0 || s.Spec.PublishNotReadyAddresses || s.Spec.Type == corev1.ServiceTypeExternalName || onlyRead(s) {
			continue
		}
		for _, w := range c.WithLabels(s.Namespace, s.Spec.Selector) {
			if !w.Serves() || asked[w] || w.MadeBy != nil || len(w.Template.Spec.Containers) == 0 {
				continue
			}
			asked[w] = true
			if ready := probeReady(w); ready != "" {
				c.proved(w.Object, "container %s says when it is ready", ready)
				continue
			}
			c.violated(w.Object, podPath(w), "add a pod: Service %s sends it requests as soon as its containers are started, because none of them has a readinessProbe", s.Name)
		}
	}
}

// onlyRead reports whether a Service is there for Prometheus alone, by what its ports are called everywhere: no request goes through it,
// for each pod is read at its own address.
func onlyRead(s *inventory.Service) bool {
	return len(s.Spec.Ports) > 0 && !slices.ContainsFunc(s.Spec.Ports, func(p corev1.ServicePort) bool {
		return p.Name != "metrics" && p.Name != "http-metrics"
	})
}

// probeReady returns the container of a pod that says when it is ready; empty: none does.
func probeReady(w *inventory.Workload) string {
	for b := range podBoxes(w) {
		if b.ReadinessProbe != nil && !b.Init {
			return b.Name
		}
	}
	return ""
}
