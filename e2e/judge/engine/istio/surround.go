package main

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
)

// surround adds what a cluster would hold beside the set: a pod of each workload, and the platform's gateways that routes name.
func surround(objects []*unstructured.Unstructured) []*unstructured.Unstructured {
	all := objects
	gateways := map[string]bool{}
	for _, o := range objects {
		if template, ok, _ := unstructured.NestedMap(o.Object, "spec", "template"); ok && o.GetKind() != "Rollout" {
			if p := pod(o, template); p != nil {
				all = append(all, p)
			}
		}
		names, _, _ := unstructured.NestedStringSlice(o.Object, "spec", "gateways")
		for _, name := range names {
			if o.GetKind() == "VirtualService" && name != "mesh" && !gateways[name] {
				gateways[name] = true
				all = append(all, gateway(name, o.GetNamespace()))
			}
		}
	}
	return all
}

func pod(o *unstructured.Unstructured, template map[string]any) *unstructured.Unstructured {
	p := &corev1.Pod{}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(template, p); err != nil || len(p.Spec.Containers) == 0 {
		return nil
	}
	p.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"}
	p.Name, p.Namespace = o.GetName()+"-0", o.GetNamespace()
	fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(p)
	if err != nil {
		return nil
	}
	return &unstructured.Unstructured{Object: fields}
}

// gateway is one that serves every host.
func gateway(name, namespace string) *unstructured.Unstructured {
	if n, rest, ok := strings.Cut(name, "/"); ok {
		namespace, name = n, rest
	}
	server := map[string]any{"port": map[string]any{"number": int64(80), "name": "http", "protocol": "HTTP"}, "hosts": []any{"*/*"}}
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "networking.istio.io/v1", "kind": "Gateway",
		"metadata": map[string]any{"name": name, "namespace": namespace},
		"spec":     map[string]any{"selector": map[string]any{"istio": name}, "servers": []any{server}},
	}}
}
