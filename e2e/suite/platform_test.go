package suite

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	storagev1 "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/scantling/scantling/e2e/nodes"
)

// provide makes what a platform has before an app comes: the storage and priority classes that the objects name, and the
// namespaces that they live in without bringing them.
func provide(ctx context.Context, r rendered) error {
	for _, o := range r.objects {
		for _, class := range values(o.Object, "storageClassName") {
			_, err := world.client.StorageV1().StorageClasses().Create(ctx, &storagev1.StorageClass{
				ObjectMeta: metav1.ObjectMeta{Name: class}, Provisioner: nodes.Provisioner,
			}, metav1.CreateOptions{})
			if err != nil && !apierrors.IsAlreadyExists(err) {
				return err
			}
		}
		for _, class := range values(o.Object, "priorityClassName") {
			_, err := world.client.SchedulingV1().PriorityClasses().Create(ctx, &schedulingv1.PriorityClass{
				ObjectMeta: metav1.ObjectMeta{Name: class}, Value: 1000,
			}, metav1.CreateOptions{})
			if err != nil && !apierrors.IsAlreadyExists(err) {
				return err
			}
		}
	}
	return nil
}

// foreignNamespaces makes those namespaces of the case that it does not render itself.
func foreignNamespaces(ctx context.Context, r rendered) error {
	for _, name := range r.namespaces() {
		if r.find("Namespace", name) != nil {
			continue
		}
		ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
		if _, err := world.client.CoreV1().Namespaces().Create(ctx, ns, metav1.CreateOptions{}); err != nil && !apierrors.IsAlreadyExists(err) {
			return err
		}
	}
	return nil
}

// find returns the object of a kind and name, nil if there is none.
func (r rendered) find(kind, name string) *unstructured.Unstructured {
	for _, o := range r.objects {
		if o.GetKind() == kind && o.GetName() == name {
			return o
		}
	}
	return nil
}

// values returns every string that stands under a key, at any depth.
func values(node any, key string) []string {
	var all []string
	switch n := node.(type) {
	case map[string]any:
		for k, v := range n {
			if s, ok := v.(string); ok && k == key {
				all = append(all, s)
			}
			all = append(all, values(v, key)...)
		}
	case []any:
		for _, v := range n {
			all = append(all, values(v, key)...)
		}
	}
	return all
}

// spotNodes returns machines with the taints that pods of the cases tolerate and the labels that they ask for.
func spotNodes(cases []rendered) []nodes.Node {
	var all []nodes.Node
	known := map[string]bool{}
	for _, c := range cases {
		for _, o := range c.objects {
			var taints []string
			for _, toleration := range subtrees(o.Object, "tolerations") {
				taints = append(taints, values(toleration, "key")...)
			}
			for _, expression := range subtrees(o.Object, "matchExpressions") {
				e, ok := expression.(map[string]any)
				if !ok || e["operator"] != "In" || len(taints) == 0 {
					continue
				}
				label, taint, value := e["key"].(string), taints[0], e["values"].([]any)[0].(string)
				if !known[taint] {
					all = append(all, nodes.Spot(label, value, taint, zones...)...)
				}
				known[taint] = true
			}
		}
	}
	return all
}

// subtrees returns the elements of every list that stands under a key, at any depth.
func subtrees(node any, key string) []any {
	var all []any
	switch n := node.(type) {
	case map[string]any:
		for k, v := range n {
			if list, ok := v.([]any); ok && k == key {
				all = append(all, list...)
			}
			all = append(all, subtrees(v, key)...)
		}
	case []any:
		for _, v := range n {
			all = append(all, subtrees(v, key)...)
		}
	}
	return all
}
