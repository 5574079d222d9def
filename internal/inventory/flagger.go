package inventory

import (
	"cmp"
	"maps"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/scantling/scantling/internal/manifest"
)

// flaggerLabels are the labels by which Flagger knows pods: the first of them that a target's selector has. It is a flag of Flagger,
// and this is its default. https://docs.flagger.app/usage/how-it-works
var flaggerLabels = []string{"app", "name", "app.kubernetes.io/name"}

const primarySuffix = "-primary"

// cloneFor adds what Flagger makes of a Canary: of the target one of the same pods that serves, which it scales with an autoscaler of its
// own; and a Service for callers and one for each version. The target itself has pods only while a new version is tried. Copies of
// ConfigMaps and Secrets, which have the content of what they are copies of, are left out.
func (s *Set) cloneFor(o *Object) {
	ref := manifest.Map(o.Fields, "spec", "targetRef")
	target := s.workloads[s.Get(manifest.ID{Group: "apps", Kind: manifest.String(ref, "kind"), Namespace: o.Namespace, Name: manifest.String(ref, "name")})]
	if target == nil || target.Selector == nil {
		return
	}
	var label, value string
	for _, key := range flaggerLabels {
		if v := target.Selector.MatchLabels[key]; v != "" {
			label, value = key, v
			break
		}
	}
	if label == "" {
		return // Flagger refuses it
	}
	target.Dormant = true
	s.addWorkload(s.primary(o, target, label, value))
	s.canaryServices(o, target, label, value)
	s.primaryAutoscaler(o, target)
}

// primary returns the workload that serves.
func (s *Set) primary(by *Object, target *Workload, label, value string) *Workload {
	w := *target
	w.Object = s.made(by, target.APIVersion, target.Kind, target.Name+primarySuffix)
	w.Labels, w.Annotations = target.Labels, target.Annotations
	w.Dormant = false
	w.Selector = &metav1.LabelSelector{MatchLabels: map[string]string{label: value + primarySuffix}}
	w.Template = *target.Template.DeepCopy()
	if w.Template.Labels == nil {
		w.Template.Labels = map[string]string{}
	}
	w.Template.Labels[label] = value + primarySuffix
	for _, selector := range ownSelectors(&w.Template.Spec) {
		if selector != nil && selector.MatchLabels[label] == value {
			selector.MatchLabels[label] = value + primarySuffix
		}
		if selector != nil {
			renameIn(selector.MatchExpressions, label, value)
		}
	}
	return &w
}

// renameIn makes expressions about a label hold of the primary's pods.
func renameIn(expressions []metav1.LabelSelectorRequirement, label, value string) {
	for _, e := range expressions {
		for i := range e.Values {
			if e.Key == label && e.Values[i] == value {
				e.Values[i] += primarySuffix
			}
		}
	}
}

// ownSelectors returns the selectors by which a pod looks at its like, which Flagger follows up.
func ownSelectors(spec *corev1.PodSpec) []*metav1.LabelSelector {
	var all []*metav1.LabelSelector
	for _, c := range spec.TopologySpreadConstraints {
		all = append(all, c.LabelSelector)
	}
	if spec.Affinity == nil || spec.Affinity.PodAntiAffinity == nil {
		return all
	}
	for _, t := range spec.Affinity.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution {
		all = append(all, t.LabelSelector)
	}
	for _, t := range spec.Affinity.PodAntiAffinity.PreferredDuringSchedulingIgnoredDuringExecution {
		all = append(all, t.PodAffinityTerm.LabelSelector)
	}
	return all
}

// canaryServices adds the Services, or gives those that stand in a file what Flagger gives them.
func (s *Set) canaryServices(o *Object, target *Workload, label, value string) {
	service := manifest.Map(o.Fields, "spec", "service")
	ports := canaryPorts(service, target)
	if len(ports) == 0 {
		return // without a port Flagger makes none
	}
	apex := cmp.Or(manifest.String(service, "name"), target.Name)
	for _, c := range []struct{ part, name, pods string }{
		{"apex", apex, value + primarySuffix}, {"primary", apex + primarySuffix, value + primarySuffix}, {"canary", apex + "-canary", value},
	} {
		selector := map[string]string{label: c.pods}
		if v := s.Service(o.Namespace, c.name); v != nil {
			v.Spec.Selector, v.Spec.Ports = selector, ports
			continue
		}
		v := &Service{s.made(o, "v1", "Service", c.name), corev1.ServiceSpec{Selector: selector, Ports: ports}}
		v.Labels = map[string]string{label: c.name}
		maps.Copy(v.Labels, manifest.Strings(service, c.part, "labels"))
		s.addService(v)
	}
}

// canaryPorts returns the ports of the Services: the stated one, and those of the containers if they shall be found.
func canaryPorts(service map[string]any, target *Workload) []corev1.ServicePort {
	number, ok := manifest.Int(service, "port")
	if !ok {
		return nil
	}
	main := corev1.ServicePort{
		Name: cmp.Or(manifest.String(service, "portName"), "http"), Port: int32(number), Protocol: corev1.ProtocolTCP,
		TargetPort: intstr.FromInt32(int32(number)),
	}
	if n, ok := manifest.Int(service, "targetPort"); ok {
		main.TargetPort = intstr.FromInt32(int32(n))
	} else if name := manifest.String(service, "targetPort"); name != "" {
		main.TargetPort = intstr.FromString(name)
	}
	ports := []corev1.ServicePort{main}
	if service["portDiscovery"] != true {
		return ports
	}
	for _, c := range target.Template.Spec.Containers {
		for _, p := range c.Ports {
			if p.Name == "" || p.Name == main.Name || p.Name == main.TargetPort.StrVal || p.ContainerPort == main.TargetPort.IntVal {
				continue
			}
			ports = append(ports, corev1.ServicePort{Name: p.Name, Port: p.ContainerPort, TargetPort: intstr.FromInt32(p.ContainerPort), Protocol: p.Protocol})
		}
	}
	return ports
}

// primaryAutoscaler adds the autoscaler of the workload that serves.
func (s *Set) primaryAutoscaler(o *Object, target *Workload) {
	ref := manifest.Map(o.Fields, "spec", "autoscalerRef")
	kind, name := manifest.String(ref, "kind"), manifest.String(ref, "name")
	if name == "" {
		return
	}
	for _, a := range s.Autoscalers[:len(s.Autoscalers):len(s.Autoscalers)] {
		if a.Namespace != o.Namespace || a.Kind != kind || a.Name != name {
			continue
		}
		clone := *a
		clone.Object = s.made(o, a.APIVersion, a.Kind, a.Name+primarySuffix)
		clone.Fields = a.Fields
		clone.Ref.Name = target.Name + primarySuffix
		if n, ok := manifest.Int(ref, "primaryScalerReplicas", "minReplicas"); ok {
			clone.Min = int32(n)
		}
		if n, ok := manifest.Int(ref, "primaryScalerReplicas", "maxReplicas"); ok {
			clone.Max = int32(n)
		}
		s.Autoscalers = append(s.Autoscalers, &clone)
		return
	}
}
