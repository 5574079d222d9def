package exporters

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"

	dto "github.com/prometheus/client_model/go"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/scantling/scantling/e2e/exporters/cluster"
	"github.com/scantling/scantling/e2e/exporters/expose"
	"github.com/scantling/scantling/e2e/exporters/series"
)

type families = map[string]*dto.MetricFamily

// fixed is what is the same for every set of objects.
type fixed struct {
	app      families // what an app may say of itself
	native   families // of an app with native histograms
	postgres families
	prober   *expose.Prober
	grpc     net.Addr // of an app that answers questions about its health
}

// start runs what is asked again and again.
func start(ctx context.Context, dir, service string) (fixed, error) {
	var f fixed
	secret := filepath.Join(dir, "secret")
	modules := filepath.Join(dir, "blackbox.yml")
	err := errors.Join(os.WriteFile(secret, []byte("secret"), 0o600), os.WriteFile(modules, []byte(stated), 0o666))
	if err != nil {
		return f, err
	}
	http, err := expose.Service(ctx, service, secret)
	if err != nil {
		return f, err
	}
	address, grpc, err := expose.GRPC(ctx)
	if err != nil {
		return f, err
	}
	messages, err := expose.Messaging(ctx)
	if err != nil {
		return f, err
	}
	f.app = http
	maps.Copy(f.app, grpc)
	maps.Copy(f.app, messages)
	if f.native, err = expose.Native(); err != nil {
		return f, err
	}
	if f.postgres, err = expose.Postgres(); err != nil {
		return f, err
	}
	barman, err := expose.Barman()
	maps.Copy(f.postgres, barman)
	if err != nil {
		return f, err
	}
	f.grpc = address
	f.prober, err = expose.NewProber(modules, address)
	return f, err
}

// exposed is all that Prometheus would have of a set of rendered objects; honour is whether it honours the labels of operators.
func exposed(rendered []*unstructured.Unstructured, honour bool) (series.World, error) {
	days, err := cluster.Days(rendered)
	if err != nil {
		return nil, err
	}
	w := scrape{World: series.World{}, honour: honour}
	for _, day := range days {
		for _, read := range []func(*cluster.Cluster) error{w.kubernetes, w.apps, w.databases, w.probes, w.proxies} {
			if err := read(day); err != nil {
				return nil, err
			}
		}
	}
	return w.World, w.operators(days[0])
}

type scrape struct {
	series.World
	honour bool
}

// exporter is what Prometheus' operator makes of a pod behind a Service that a ServiceMonitor names.
func exporter(namespace, name string) series.Target { return behind(namespace, name, name+"-0", name) }

func behind(namespace, service, pod, container string) series.Target {
	return series.Target{"namespace": namespace, "job": service, "service": service, "pod": pod, "container": container, "endpoint": "http", "instance": "10.0.0.1:8080"}
}

// kubernetes reads kube-state-metrics and the kubelet, whose labels are honoured.
func (w scrape) kubernetes(c *cluster.Cluster) error {
	state, err := expose.KubeState(c.Objects)
	if err != nil {
		return err
	}
	w.Scrape(state, exporter("monitoring", "kube-state-metrics"), true)
	node, err := expose.Kubelet(c.Pods)
	w.Scrape(node, series.Target{"namespace": "kube-system", "job": "kubelet", "service": "kubelet", "node": "node-1", "instance": "10.0.0.2:10250", "endpoint": "https-metrics"}, true)
	return err
}

// apps reads the pods of all apps, under each Service that a ServiceMonitor wants read.
func (w scrape) apps(c *cluster.Cluster) error {
	for _, s := range services(c) {
		for _, m := range c.OfKind("ServiceMonitor") {
			if m.GetNamespace() != s.Namespace || !selects(m, s.Labels) {
				continue
			}
			more, _, _ := unstructured.NestedStringSlice(m.Object, "spec", "podTargetLabels")
			for _, pod := range pods(c, s) {
				target := behind(s.Namespace, s.Name, pod.Name, pod.Spec.Containers[0].Name)
				for _, name := range more {
					target[sanitized.Replace(name)] = pod.Labels[name]
				}
				w.Scrape(world.fixed.app, target, w.honour)
				if s.Name == "native" { // in testdata/sources.txtar
					w.Scrape(world.fixed.native, target, w.honour)
				}
			}
		}
	}
	return nil
}

// sanitized makes a label of Prometheus' of one of Kubernetes'.
var sanitized = strings.NewReplacer(".", "_", "/", "_", "-", "_")

func services(c *cluster.Cluster) []*corev1.Service {
	var all []*corev1.Service
	for _, o := range c.Objects {
		if s, ok := o.(*corev1.Service); ok && len(s.Spec.Selector) > 0 {
			all = append(all, s)
		}
	}
	return all
}

func pods(c *cluster.Cluster, of *corev1.Service) []*corev1.Pod {
	return slices.DeleteFunc(slices.Clone(c.Pods), func(p *corev1.Pod) bool {
		return p.Namespace != of.Namespace || !labels.SelectorFromSet(of.Spec.Selector).Matches(labels.Set(p.Labels))
	})
}

// selects reports whether a monitor's selector holds of labels.
func selects(monitor *unstructured.Unstructured, of map[string]string) bool {
	want, _, _ := unstructured.NestedStringMap(monitor.Object, "spec", "selector", "matchLabels")
	return labels.SelectorFromSet(want).Matches(labels.Set(of))
}

// databases reads the instances of CloudNativePG that a PodMonitor names.
func (w scrape) databases(c *cluster.Cluster) error {
	for _, m := range c.OfKind("PodMonitor") {
		for _, pod := range c.Pods {
			if pod.Namespace == m.GetNamespace() && selects(m, pod.Labels) {
				target := behind(pod.Namespace, m.GetNamespace()+"/"+m.GetName(), pod.Name, pod.Spec.Containers[0].Name)
				delete(target, "service")
				w.Scrape(world.fixed.postgres, target, w.honour)
			}
		}
	}
	return nil
}

// probes asks what each Probe asks.
func (w scrape) probes(c *cluster.Cluster) error {
	for _, p := range c.OfKind("Probe") {
		text := func(path ...string) string {
			s, _, _ := unstructured.NestedString(p.Object, append([]string{"spec"}, path...)...)
			return s
		}
		static, _, _ := unstructured.NestedStringSlice(p.Object, "spec", "targets", "staticConfig", "static")
		more, _, _ := unstructured.NestedStringMap(p.Object, "spec", "targets", "staticConfig", "labels")
		for _, address := range static {
			answer, err := world.fixed.prober.Ask(text("module"), address)
			if err != nil {
				return err
			}
			if good := answer["probe_success"].Metric[0].GetGauge().GetValue(); good != 1 {
				return fmt.Errorf("Probe %s asks %s of %s, which is well, and the exporter takes it for broken", p.GetName(), text("module"), address)
			}
			target := series.Target{"job": text("jobName"), "instance": address}
			maps.Copy(target, more)
			w.Scrape(answer, target, w.honour)
		}
	}
	return nil
}

// operators reads those that have an object of theirs in the set.
func (w scrape) operators(c *cluster.Cluster) error {
	names := func(kind string) []expose.Name {
		var all []expose.Name
		for _, o := range c.OfKind(kind) {
			all = append(all, expose.Name{Namespace: o.GetNamespace(), Name: o.GetName()})
		}
		return all
	}
	var schedules []string
	for _, s := range names("Schedule") {
		schedules = append(schedules, s.Name)
	}
	for _, o := range []struct {
		name string
		read func() (families, error)
	}{
		{"argo-rollouts", func() (families, error) { return expose.Rollouts(names("Rollout")) }},
		{"flagger", func() (families, error) { return expose.Flagger(names("Canary")) }},
		{"cert-manager", func() (families, error) { return expose.CertManager(certificates(c)) }},
		{"external-secrets", func() (families, error) { return expose.ExternalSecrets(names("ExternalSecret")) }},
		{"keda", func() (families, error) { return expose.KEDA(triggers(c)) }},
		{"velero", func() (families, error) { return expose.Velero(schedules) }},
	} {
		said, err := o.read()
		if err != nil {
			return fmt.Errorf("%s: %w", o.name, err)
		}
		w.Scrape(said, exporter(o.name, o.name), w.honour)
	}
	return nil
}

// certificates are those that cert-manager makes for Ingresses: each is called like the Secret that it fills.
// https://github.com/cert-manager/cert-manager/blob/v1.18.2/pkg/controller/certificate-shim/sync.go
func certificates(c *cluster.Cluster) []expose.Name {
	var all []expose.Name
	for _, o := range c.Objects {
		i, ok := o.(*networkingv1.Ingress)
		if !ok || i.Annotations["cert-manager.io/cluster-issuer"] == "" {
			continue
		}
		for _, tls := range i.Spec.TLS {
			all = append(all, expose.Name{Namespace: i.Namespace, Name: tls.SecretName})
		}
	}
	return all
}

// triggers are those of the ScaledObjects, with the metrics as KEDA calls them:
// https://github.com/kedacore/keda/blob/v2.18.0/pkg/scalers/kafka_scaler.go and rabbitmq_scaler.go, GetMetricSpecForScaling
func triggers(c *cluster.Cluster) []expose.Trigger {
	var all []expose.Trigger
	for _, o := range c.OfKind("ScaledObject") {
		some, _, _ := unstructured.NestedSlice(o.Object, "spec", "triggers")
		for i, one := range some {
			trigger := one.(map[string]any)
			kind, _, _ := unstructured.NestedString(trigger, "type")
			topic, _, _ := unstructured.NestedString(trigger, "metadata", "topic")
			queue, _, _ := unstructured.NestedString(trigger, "metadata", "queueName")
			all = append(all, expose.Trigger{
				Name: expose.Name{Namespace: o.GetNamespace(), Name: o.GetName()}, Index: i, Scaler: kind + "Scaler", Metric: fmt.Sprintf("s%d-%s-%s", i, kind, topic+queue),
			})
		}
	}
	return all
}

// workload is what has a pod, as a mesh calls it.
func workload(c *cluster.Cluster, pod *corev1.Pod) string {
	name := pod.OwnerReferences[0].Name
	for _, o := range c.Objects {
		if set, ok := o.(*appsv1.ReplicaSet); ok && set.Name == name && set.Namespace == pod.Namespace {
			return set.OwnerReferences[0].Name
		}
	}
	return name
}

// proxies reads those beside pods, and those at the edge.
func (w scrape) proxies(c *cluster.Cluster) error {
	var calls []expose.Call
	for _, s := range services(c) {
		for _, pod := range pods(c, s) {
			for _, edge := range edges(c) {
				calls = append(calls, expose.Call{
					From: expose.Name{Namespace: edge, Name: "gateway"}, To: expose.Name{Namespace: s.Namespace, Name: s.Name}, Workload: expose.Name{Namespace: pod.Namespace, Name: workload(c, pod)},
				})
			}
		}
	}
	mesh, err := expose.Istio(calls)
	if err != nil {
		return err
	}
	w.Scrape(mesh, series.Target{"namespace": "mesh", "job": "istio-proxies", "pod": "some", "instance": "10.0.0.3:15090"}, w.honour)
	var ingresses []expose.Name
	for _, o := range c.Objects {
		if i, ok := o.(*networkingv1.Ingress); ok {
			ingresses = append(ingresses, expose.Name{Namespace: i.Namespace, Name: i.Name})
		}
	}
	nginx, err := expose.Nginx(ingresses)
	if err != nil {
		return err
	}
	w.Scrape(nginx, exporter("ingress-nginx", "ingress-nginx-controller"), w.honour)
	for _, kind := range []string{"HTTPRoute", "GRPCRoute"} {
		var routes []expose.Name
		for _, o := range c.OfKind(kind) {
			routes = append(routes, expose.Name{Namespace: o.GetNamespace(), Name: o.GetName()})
		}
		envoy, err := expose.Envoy(strings.ToLower(kind), routes)
		if err != nil {
			return err
		}
		w.Scrape(envoy, exporter("envoy-gateway-system", "envoy"), w.honour)
	}
	return nil
}

// edges are the namespaces of the gateways that routes name.
func edges(c *cluster.Cluster) []string {
	all := []string{"default"} // a caller in the mesh
	for _, o := range c.OfKind("VirtualService") {
		gateways, _, _ := unstructured.NestedStringSlice(o.Object, "spec", "gateways")
		for _, g := range gateways {
			if namespace, _, ok := strings.Cut(g, "/"); ok {
				all = append(all, namespace)
			}
		}
	}
	for _, kind := range []string{"HTTPRoute", "GRPCRoute"} {
		for _, o := range c.OfKind(kind) {
			parents, _, _ := unstructured.NestedSlice(o.Object, "spec", "parentRefs")
			for _, p := range parents {
				namespace, _, _ := unstructured.NestedString(p.(map[string]any), "namespace")
				all = append(all, namespace)
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
