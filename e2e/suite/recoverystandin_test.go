package suite

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
)

const veleroFinalizer = "restores.velero.io/external-resources-finalizer"

// restoring is what becomes of a Restore in Velero's hands.
type restoring struct {
	stays  string   // the phase that it never leaves; empty: it is worked on
	ends   string   // the phase that it ends in, with Status; empty: Completed, when a pod has every copy
	status string   // more of its status, as JSON fields
	misses []string // claims that the backup has not
}

// velero stands in for Velero's server until the test ends: what restore_controller.go, restore_finalizer_controller.go and the CSI
// plugin of Velero 1.18 do with the claims of a backup whose data was moved.
func (k *keeping) velero(t *testing.T, how restoring) {
	t.Helper()
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for ctx.Err() == nil {
			if err := k.restores(ctx, how); err != nil && ctx.Err() == nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) {
				t.Error(err)
			}
			time.Sleep(100 * time.Millisecond)
		}
	}()
	t.Cleanup(func() { stop(); <-ended })
}

func (k *keeping) restores(ctx context.Context, how restoring) error {
	list, err := k.client.Resource(restoreKind).Namespace("velero").List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	for i := range list.Items {
		if err := k.restore(ctx, &list.Items[i], how); err != nil {
			return err
		}
	}
	return nil
}

func (k *keeping) restore(ctx context.Context, r *unstructured.Unstructured, how restoring) error {
	if r.GetDeletionTimestamp() != nil {
		return k.patchRestore(ctx, r, `{"metadata":{"finalizers":null}}`)
	}
	switch field(*r, "status", "phase") {
	case "":
		if how.stays == "New" {
			return nil
		}
		return k.patchRestore(ctx, r, fmt.Sprintf(`{"metadata":{"finalizers":[%q]},"status":{"phase":"InProgress"}}`, veleroFinalizer))
	case "InProgress":
		if how.stays == "InProgress" {
			return nil
		}
		if how.ends != "" {
			return k.patchRestore(ctx, r, fmt.Sprintf(`{"status":{"phase":%q%s}}`, how.ends, how.status))
		}
		if err := k.copyClaims(ctx, r, how.misses); err != nil {
			return err
		}
		return k.patchRestore(ctx, r, `{"status":{"phase":"WaitingForPluginOperations"}}`)
	case "WaitingForPluginOperations":
		done, err := k.filled(ctx, r)
		if err != nil || !done || how.stays != "" {
			return err
		}
		return k.patchRestore(ctx, r, `{"status":{"phase":"Completed"}}`)
	}
	return nil
}

func (k *keeping) patchRestore(ctx context.Context, r *unstructured.Unstructured, patch string) error {
	_, err := k.client.Resource(restoreKind).Namespace("velero").Patch(ctx, r.GetName(), types.MergePatchType, []byte(patch), metav1.PatchOptions{})
	return err
}

// copyClaims makes the claims that a Restore selects in the namespace that theirs is mapped to.
func (k *keeping) copyClaims(ctx context.Context, r *unstructured.Unstructured, misses []string) error {
	labels, _, _ := unstructured.NestedStringMap(r.Object, "spec", "labelSelector", "matchLabels")
	list, err := k.client.Resource(claimKind).Namespace(k.name).List(ctx, metav1.ListOptions{LabelSelector: metav1.FormatLabelSelector(&metav1.LabelSelector{MatchLabels: labels})})
	if err != nil {
		return err
	}
	for _, c := range list.Items {
		if slices.Contains(misses, c.GetName()) {
			continue
		}
		spec, _, _ := unstructured.NestedMap(c.Object, "spec")
		delete(spec, "volumeName")
		copied := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "v1", "kind": "PersistentVolumeClaim", "spec": spec,
			"metadata": map[string]any{"name": c.GetName()}}}
		copied.SetLabels(c.GetLabels())
		_, err := k.client.Resource(claimKind).Namespace(field(*r, "spec", "namespaceMapping", k.name)).Create(ctx, copied, metav1.CreateOptions{})
		if err != nil && !apierrors.IsAlreadyExists(err) {
			return err
		}
	}
	return nil
}

// filled reports whether a pod has wanted the copies, which is when Velero's data mover fills them, and gives their volumes the reclaim
// policy of the originals, as the finalizer does.
func (k *keeping) filled(ctx context.Context, r *unstructured.Unstructured) (bool, error) {
	into := field(*r, "spec", "namespaceMapping", k.name)
	pods, err := world.client.CoreV1().Pods(into).List(ctx, metav1.ListOptions{})
	if err != nil || len(pods.Items) == 0 {
		return false, err
	}
	list, err := k.client.Resource(claimKind).Namespace(into).List(ctx, metav1.ListOptions{})
	if err != nil {
		return false, err
	}
	for _, c := range list.Items {
		if field(c, "status", "phase") != "Bound" {
			return false, nil
		}
		_, err := k.client.Resource(volumeKind).Patch(ctx, field(c, "spec", "volumeName"), types.MergePatchType, []byte(`{"spec":{"persistentVolumeReclaimPolicy":"Retain"}}`), metav1.PatchOptions{})
		if err != nil {
			return false, err
		}
	}
	return true, nil
}
