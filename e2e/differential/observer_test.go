package differential

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
)

// observer sees every state that the pods of a situation are in, which polling would miss.
type observer struct {
	s      *situation
	cancel context.CancelFunc

	mu     sync.Mutex
	alive  map[string]*corev1.Pod
	wanted map[string]map[string]int // pods, by controller and ReplicaSet
	least  map[string]int            // ready pods at one time, by controller; "" is all
	most   map[string]int            // wanted at one time, by controller
	last   time.Time                 // that something changed
}

func observe(ctx context.Context, s *situation) (*observer, error) {
	ctx, cancel := context.WithCancel(ctx)
	o := &observer{s: s, cancel: cancel, alive: map[string]*corev1.Pod{}, wanted: map[string]map[string]int{}, last: time.Now()}
	pods, err := world.client.CoreV1().Pods(s.Prefix).Watch(ctx, metav1.ListOptions{})
	if err != nil {
		cancel()
		return nil, err
	}
	sets, err := world.client.AppsV1().ReplicaSets(s.Prefix).Watch(ctx, metav1.ListOptions{})
	if err != nil {
		cancel()
		return nil, err
	}
	for _, events := range []watch.Interface{pods, sets} {
		go func() {
			for e := range events.ResultChan() {
				o.see(e)
			}
		}()
	}
	o.begin()
	return o, nil
}

func (o *observer) stop() { o.cancel() }

func (o *observer) see(e watch.Event) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.last = time.Now()
	switch object := e.Object.(type) {
	case *corev1.Pod:
		o.alive[object.Name] = object
		if e.Type == watch.Deleted {
			delete(o.alive, object.Name)
		}
	case *appsv1.ReplicaSet:
		owner := object.Spec.Selector.MatchLabels[ownerLabel]
		if o.wanted[owner] == nil {
			o.wanted[owner] = map[string]int{}
		}
		o.wanted[owner][object.Name] = int(*object.Spec.Replicas)
		if e.Type == watch.Deleted {
			delete(o.wanted[owner], object.Name)
		}
	}
	o.remember()
}

// begin forgets what was seen of times past.
func (o *observer) begin() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.least, o.most, o.last = nil, map[string]int{}, time.Now()
	o.remember()
}

func (o *observer) remember() {
	ready := map[string]int{"": 0}
	for _, k := range o.s.Controllers {
		ready[k.Name] = 0
	}
	for _, p := range o.alive {
		if isReady(p) {
			ready[p.Labels[ownerLabel]]++
			ready[""]++
		}
	}
	if o.least == nil {
		o.least = ready
	}
	for name, n := range ready {
		o.least[name] = min(o.least[name], n)
	}
	for name, sets := range o.wanted {
		sum := 0
		for _, n := range sets {
			sum += n
		}
		o.most[name] = max(o.most[name], sum)
	}
}

func isReady(p *corev1.Pod) bool {
	return p.DeletionTimestamp == nil && slices.ContainsFunc(p.Status.Conditions, func(c corev1.PodCondition) bool {
		return c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue
	})
}

// pods returns those that are not being deleted, those of a StatefulSet in order.
func (o *observer) pods() []pod {
	o.mu.Lock()
	defer o.mu.Unlock()
	var all []pod
	for _, p := range o.alive {
		if p.DeletionTimestamp == nil {
			all = append(all, pod{
				Name: p.Name, Controller: p.Labels[ownerLabel], Node: p.Spec.NodeName, Ready: isReady(p),
				New: p.Spec.Containers[0].Image != oldImage,
			})
		}
	}
	slices.SortFunc(all, func(a, b pod) int {
		return cmp.Or(cmp.Compare(a.Controller, b.Controller), cmp.Compare(len(a.Name), len(b.Name)), cmp.Compare(a.Name, b.Name))
	})
	return all
}

// why returns what the scheduler says of a pod that it cannot place.
func (o *observer) why(name string) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	p := o.alive[name]
	if p == nil {
		return ""
	}
	for _, c := range p.Status.Conditions {
		if c.Type == corev1.PodScheduled && c.Reason == corev1.PodReasonUnschedulable {
			said, _, _ := strings.Cut(c.Message, " preemption:")
			return said
		}
	}
	return ""
}

// seen returns the fewest ready pods and the most wanted ones since begin.
func (o *observer) seen(controller string) (least, most int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.least[controller], o.most[controller]
}

// rest waits until nothing has changed for a while: a short one if all is as expected, else one in which everybody would have tried again.
func (o *observer) rest(ctx context.Context, calm time.Duration, expected func() bool) {
	const patience, limit = 20 * time.Second, 2 * time.Minute
	began := time.Now()
	for ctx.Err() == nil && time.Since(began) < limit {
		o.mu.Lock()
		quiet := time.Since(o.last)
		o.mu.Unlock()
		if quiet > patience || quiet > calm && expected() {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
}
