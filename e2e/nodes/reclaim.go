package nodes

import (
	"context"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Reclaim takes all machines with a taint away for good, as a cloud does with spot capacity: their Nodes are deleted, and their pods
// hang until the cluster collects them. It returns how many there were.
func (f *Fleet) Reclaim(ctx context.Context, taint string) (int, error) {
	n := 0
	for _, node := range f.nodes {
		if node.Taint != taint {
			continue
		}
		n++
		f.mark(node.Name, true)
		if err := f.client.CoreV1().Nodes().Delete(ctx, node.Name, metav1.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) {
			return n, err
		}
	}
	return n, nil
}

// Renew brings as many such machines, under the same names.
func (f *Fleet) Renew(ctx context.Context, taint string) error {
	for _, node := range f.nodes {
		if node.Taint != taint {
			continue
		}
		if err := f.register(ctx, node); err != nil {
			return err
		}
		f.mark(node.Name, false)
	}
	f.requeueAll()
	return f.settle(ctx)
}

func (f *Fleet) mark(node string, lost bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lost[node] = lost
}
