package suite

import (
	"context"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
)

// gauge counts the pods of a namespace at every change, which polling would miss.
type gauge struct {
	cancel  context.CancelFunc
	done    chan struct{}
	ready   map[string]bool // by name of every living pod
	least   int             // ready at the same time
	highest int             // there at the same time
}

// gaugeOf watches from now on.
func gaugeOf(t *testing.T, namespace string) *gauge {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	g := &gauge{cancel: cancel, done: make(chan struct{}), ready: map[string]bool{}}
	list, err := world.client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range list.Items {
		g.see(&p)
	}
	g.least, g.highest = g.count(), len(g.ready)
	events, err := world.client.CoreV1().Pods(namespace).Watch(ctx, metav1.ListOptions{ResourceVersion: list.ResourceVersion})
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(g.done)
		for e := range events.ResultChan() {
			pod, ok := e.Object.(*corev1.Pod)
			if !ok {
				continue
			}
			if g.see(pod); e.Type == watch.Deleted {
				delete(g.ready, pod.Name)
			}
			g.least, g.highest = min(g.least, g.count()), max(g.highest, len(g.ready))
		}
	}()
	return g
}

// see takes in a pod's state. One that is being deleted leaves the traffic and is counted no more.
func (g *gauge) see(p *corev1.Pod) {
	if p.DeletionTimestamp != nil {
		delete(g.ready, p.Name)
		return
	}
	g.ready[p.Name] = isReady(*p)
}

func (g *gauge) count() int {
	n := 0
	for _, ready := range g.ready {
		if ready {
			n++
		}
	}
	return n
}

// stop returns the fewest ready pods and the most pods that there were at one time.
func (g *gauge) stop() (least, highest int) {
	g.cancel()
	<-g.done
	return g.least, g.highest
}
