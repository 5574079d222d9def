package compile_test

import (
	"encoding/json"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/scantling/scantling/internal/kube"
)

// copies are the Clusters that drills make, and delete: each lies in the ConfigMap of its Job.
func (r *rendered) copies() []*kube.Cluster {
	if r.copied != nil {
		return slices.Clip(r.copied)
	}
	all := []*kube.Cluster{}
	for _, c := range r.configs {
		var copied kube.Cluster
		if text, ok := c.Data["cluster.json"]; ok && json.Unmarshal([]byte(text), &copied) == nil {
			copied.Namespace = c.Namespace
			all = append(all, &copied)
		}
	}
	r.copied = all
	return slices.Clip(all)
}

// operated are the pods that CloudNativePG makes of Clusters, of the copies that drills make, and of Poolers: their labels and ports.
func (r *rendered) operated() (all []podTemplate) {
	pod := func(kind, namespace, name string, labels map[string]string, ports ...int32) {
		var c corev1.Container
		for _, p := range ports {
			c.Ports = append(c.Ports, corev1.ContainerPort{ContainerPort: p, Protocol: corev1.ProtocolTCP})
		}
		all = append(all, podTemplate{kind + "/" + namespace + "/" + name, namespace, metav1.ObjectMeta{Labels: labels}, corev1.PodSpec{Containers: []corev1.Container{c}}})
	}
	for _, c := range append(r.copies(), r.clusters...) {
		pod("Cluster", c.Namespace, c.Name, map[string]string{"cnpg.io/cluster": c.Name, "cnpg.io/podRole": "instance"}, 5432, 8000, 9187)
	}
	for _, p := range r.poolers {
		pod("Pooler", p.Namespace, p.Name, map[string]string{"cnpg.io/poolerName": p.Name, "cnpg.io/podRole": "pooler"}, 5432, 9127)
	}
	return all
}

// operatorSecrets are the Secrets that CloudNativePG makes in a namespace, with those of their keys that anything here may read.
func (r *rendered) operatorSecrets(namespace string) map[string][]string {
	secrets := map[string][]string{}
	for _, c := range append(r.copies(), r.clusters...) {
		if c.Namespace == namespace {
			secrets[c.Name+"-app"] = []string{"username", "password", "uri"}
		}
	}
	return secrets
}
