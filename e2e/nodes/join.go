package nodes

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// Join adds machines to those at work, and waits until pods may run on them. Lose and Reclaim are not about them.
func (f *Fleet) Join(ctx context.Context, nodes []Node) error {
	for _, n := range nodes {
		if err := f.register(ctx, n); err != nil {
			return fmt.Errorf("registering node %s: %w", n.Name, err)
		}
		f.mark(n.Name, false)
	}
	for _, n := range nodes {
		if err := f.admitted(ctx, n.Name); err != nil {
			return err
		}
	}
	return nil
}

// admitted waits until the controllers have taken the taint of a new node away.
func (f *Fleet) admitted(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	for {
		node, err := f.client.CoreV1().Nodes().Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(node.Spec.Taints, func(t corev1.Taint) bool { return t.Key == corev1.TaintNodeNotReady }) {
			return nil
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// Fail stops machines: their pods hang where they are, and the cluster learns that it cannot reach them, or that they are no more.
func (f *Fleet) Fail(ctx context.Context, names []string, listed bool) error {
	for _, name := range names {
		f.mark(name, true)
	}
	patch, err := json.Marshal(map[string]any{"status": map[string]any{"conditions": []corev1.NodeCondition{ready(corev1.ConditionUnknown)}}})
	if err != nil {
		return err
	}
	for _, name := range names {
		if listed {
			_, err = f.client.CoreV1().Nodes().Patch(ctx, name, types.StrategicMergePatchType, patch, metav1.PatchOptions{}, "status")
		} else {
			err = f.client.CoreV1().Nodes().Delete(ctx, name, metav1.DeleteOptions{})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Leave removes machines that have no pods any more.
func (f *Fleet) Leave(ctx context.Context, names []string) error {
	for _, name := range names {
		if err := f.client.CoreV1().Nodes().Delete(ctx, name, metav1.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) {
			return err
		}
		f.mu.Lock()
		delete(f.lost, name)
		f.mu.Unlock()
	}
	return nil
}
