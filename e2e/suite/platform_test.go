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
