package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	flaggerv1 "github.com/fluxcd/flagger/pkg/apis/flagger/v1beta1"
	flaggerfake "github.com/fluxcd/flagger/pkg/client/clientset/versioned/fake"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	kubefake "k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/kubernetes/scheme"
)

// A cluster holds what is in the set, and what Flagger adds.
type cluster struct {
	canaries  []*flaggerv1.Canary
	templates map[string]*flaggerv1.MetricTemplate // by namespace/name
	kube      *kubefake.Clientset
	flagger   *flaggerfake.Clientset
	given     map[string]bool // kind namespace/name
}

// build decodes the objects that Flagger looks at. A field that it doesn't know is a finding.
func build(objects []*unstructured.Unstructured, a *answer) *cluster {
	c := &cluster{templates: map[string]*flaggerv1.MetricTemplate{}, given: map[string]bool{}}
	var kube []runtime.Object
	for _, o := range objects {
		name := fmt.Sprintf("%s %s/%s", o.GetKind(), o.GetNamespace(), o.GetName())
		c.given[name] = true
		switch group := o.GroupVersionKind().Group; {
		case group == "flagger.app" && o.GetKind() == "Canary":
			canary := &flaggerv1.Canary{}
			decode(o, canary, name, a)
			handOn(o, canary, name, a)
			c.canaries = append(c.canaries, canary)
		case group == "flagger.app" && o.GetKind() == "MetricTemplate":
			template := &flaggerv1.MetricTemplate{}
			decode(o, template, name, a)
			c.templates[o.GetNamespace()+"/"+o.GetName()] = template
		case slices.Contains([]string{"Deployment", "HorizontalPodAutoscaler", "ConfigMap", "Service"}, o.GetKind()):
			object, err := scheme.Scheme.New(o.GroupVersionKind())
			if err != nil {
				a.add("decode", name, err)
				continue
			}
			decode(o, object, name, a)
			kube = append(kube, object)
		case group == "external-secrets.io" || group == "bitnami.com":
			kube = append(kube, secret(o))
		}
	}
	c.kube, c.flagger = kubefake.NewClientset(kube...), flaggerfake.NewSimpleClientset()
	return c
}

func decode(o *unstructured.Unstructured, into any, name string, a *answer) {
	text, err := json.Marshal(o)
	if err == nil {
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.DisallowUnknownFields()
		err = decoder.Decode(into)
	}
	if err != nil {
		a.add("decode", name, err)
	}
}

// handOn wants all that a Canary says about routes to reach them: Flagger reads it into types of its own, which leave out a field
// whose value is zero, so that the router takes its default instead.
func handOn(o *unstructured.Unstructured, canary *flaggerv1.Canary, name string, a *answer) {
	given, _, _ := unstructured.NestedMap(o.Object, "spec", "service")
	kept, err := runtime.DefaultUnstructuredConverter.ToUnstructured(&canary.Spec.Service)
	if err != nil {
		a.add("decode", name, err)
		return
	}
	for _, path := range lost(given, kept, "spec.service") {
		a.add("lost", name, fmt.Errorf("%s does not reach the routes", path))
	}
}

// lost lists the fields of one value that another does not have.
func lost(given, kept any, path string) (paths []string) {
	switch given := given.(type) {
	case map[string]any:
		fields, _ := kept.(map[string]any)
		for _, field := range slices.Sorted(maps.Keys(given)) {
			if _, ok := fields[field]; !ok {
				paths = append(paths, path+"."+field)
				continue
			}
			paths = append(paths, lost(given[field], fields[field], path+"."+field)...)
		}
	case []any:
		items, _ := kept.([]any)
		for i := range min(len(given), len(items)) {
			paths = append(paths, lost(given[i], items[i], fmt.Sprintf("%s[%d]", path, i))...)
		}
	}
	return paths
}

// secret is what the operator of an ExternalSecret or SealedSecret makes of it.
func secret(o *unstructured.Unstructured) *corev1.Secret {
	s := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: o.GetName(), Namespace: o.GetNamespace()}, Type: corev1.SecretTypeOpaque}
	if target, ok, _ := unstructured.NestedString(o.Object, "spec", "target", "name"); ok {
		s.Name = target
	}
	s.Annotations, _, _ = unstructured.NestedStringMap(o.Object, "spec", "template", "metadata", "annotations")
	if s.Annotations == nil {
		s.Annotations, _, _ = unstructured.NestedStringMap(o.Object, "spec", "target", "template", "metadata", "annotations")
	}
	return s
}

// made hands over what Flagger added, in the order of kinds and names.
func (c *cluster) made(a *answer) error {
	all, ctx := metav1.NamespaceAll, context.Background()
	for kind, list := range map[string]func() (runtime.Object, error){
		"apps/v1 Deployment": func() (runtime.Object, error) {
			return c.kube.AppsV1().Deployments(all).List(ctx, metav1.ListOptions{})
		},
		"autoscaling/v2 HorizontalPodAutoscaler": func() (runtime.Object, error) {
			return c.kube.AutoscalingV2().HorizontalPodAutoscalers(all).List(ctx, metav1.ListOptions{})
		},
		"v1 Service":   func() (runtime.Object, error) { return c.kube.CoreV1().Services(all).List(ctx, metav1.ListOptions{}) },
		"v1 ConfigMap": func() (runtime.Object, error) { return c.kube.CoreV1().ConfigMaps(all).List(ctx, metav1.ListOptions{}) },
		"networking.istio.io/v1 VirtualService": func() (runtime.Object, error) {
			return c.flagger.NetworkingV1alpha3().VirtualServices(all).List(ctx, metav1.ListOptions{})
		},
		"networking.istio.io/v1 DestinationRule": func() (runtime.Object, error) {
			return c.flagger.NetworkingV1alpha3().DestinationRules(all).List(ctx, metav1.ListOptions{})
		},
		"gateway.networking.k8s.io/v1 HTTPRoute": func() (runtime.Object, error) {
			return c.flagger.GatewayapiV1().HTTPRoutes(all).List(ctx, metav1.ListOptions{})
		},
	} {
		objects, err := list()
		if err != nil {
			return err
		}
		if err := c.collect(kind, objects, a); err != nil {
			return err
		}
	}
	slices.SortFunc(a.Made, func(x, y any) int { return strings.Compare(identity(x), identity(y)) })
	return nil
}

func (c *cluster) collect(versionAndKind string, list runtime.Object, a *answer) error {
	version, kind, _ := strings.Cut(versionAndKind, " ")
	objects, err := meta.ExtractList(list)
	if err != nil {
		return err
	}
	for _, object := range objects {
		fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(object)
		if err != nil {
			return err
		}
		o := &unstructured.Unstructured{Object: fields}
		o.SetAPIVersion(version)
		o.SetKind(kind)
		o.SetOwnerReferences(nil) // the Canary has no uid on paper
		o.SetManagedFields(nil)
		unstructured.RemoveNestedField(o.Object, "status")
		if kind == "Deployment" { // Flagger writes the number once, and leaves it to the autoscaler then
			unstructured.RemoveNestedField(o.Object, "spec", "replicas")
		}
		if !c.given[identity(o)] {
			a.Made = append(a.Made, o)
		}
	}
	return nil
}

func identity(x any) string {
	o := x.(*unstructured.Unstructured)
	return fmt.Sprintf("%s %s/%s", o.GetKind(), o.GetNamespace(), o.GetName())
}
