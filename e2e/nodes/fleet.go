// Package nodes pretends to be the machines of a cluster: what the kubelet would report about each pod, without a container.
package nodes

import (
	"context"
	"fmt"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	corelisters "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/workqueue"
)

// Fleet is a set of simulated machines at work.
type Fleet struct {
	client kubernetes.Interface
	nodes  []Node
	pods   corelisters.PodLister
	queue  workqueue.TypedRateLimitingInterface[string] // of pod keys

	mu    sync.Mutex
	lost  map[string]bool // by the name of every node
	addrs int             // pod addresses given out
}

// Run registers the machines and simulates them until the context ends.
func Run(ctx context.Context, client kubernetes.Interface, nodes []Node) (*Fleet, error) {
	f := &Fleet{
		client: client, nodes: nodes, lost: map[string]bool{},
		queue: workqueue.NewTypedRateLimitingQueue(workqueue.NewTypedItemExponentialFailureRateLimiter[string](10*time.Millisecond, time.Second)),
	}
	for _, n := range nodes {
		f.lost[n.Name] = false
		if err := f.register(ctx, n); err != nil {
			return nil, fmt.Errorf("registering node %s: %w", n.Name, err)
		}
	}
	factory := informers.NewSharedInformerFactory(client, 0)
	informer := factory.Core().V1().Pods()
	f.pods = informer.Lister()
	_, err := informer.Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    f.enqueue,
		UpdateFunc: func(_, pod any) { f.enqueue(pod) },
	})
	if err != nil {
		return nil, err
	}
	if err := f.bindClaims(factory); err != nil {
		return nil, err
	}
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	for range 8 { // workers; they mostly wait for the API server
		go f.work(ctx)
	}
	context.AfterFunc(ctx, f.queue.ShutDown)
	return f, f.settle(ctx)
}

// settle waits until the controllers have taken the taint of a new node away: seconds, a minute where others use the machine.
func (f *Fleet) settle(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	for _, n := range f.nodes {
		for {
			node, err := f.client.CoreV1().Nodes().Get(ctx, n.Name, metav1.GetOptions{})
			if err != nil {
				return err
			}
			if len(node.Spec.Taints) == 0 || node.Spec.Taints[0].Key == n.Taint && len(node.Spec.Taints) == 1 {
				break
			}
			time.Sleep(100 * time.Millisecond)
		}
	}
	return nil
}

func (f *Fleet) enqueue(object any) {
	if pod, ok := object.(*corev1.Pod); ok && !f.isLost(pod.Spec.NodeName) {
		f.queue.Add(pod.Namespace + "/" + pod.Name)
	}
}

func (f *Fleet) requeueAll() {
	pods, _ := f.pods.List(labels.Everything()) // a lister over memory
	for _, pod := range pods {
		f.enqueue(pod)
	}
}

func (f *Fleet) work(ctx context.Context) {
	for {
		key, stop := f.queue.Get()
		if stop {
			return
		}
		after, err := f.step(ctx, key)
		switch {
		case err != nil && ctx.Err() == nil:
			f.queue.AddRateLimited(key)
		case after > 0:
			f.queue.AddAfter(key, after)
			fallthrough
		default:
			f.queue.Forget(key)
		}
		f.queue.Done(key)
	}
}

// step brings a pod's status to what it is by now, and says when to look again (0: when it changes).
func (f *Fleet) step(ctx context.Context, key string) (time.Duration, error) {
	namespace, name, err := cache.SplitMetaNamespaceKey(key)
	if err != nil {
		return 0, err
	}
	pod, err := f.pods.Pods(namespace).Get(name)
	if apierrors.IsNotFound(err) || err == nil && f.isLost(pod.Spec.NodeName) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	if pod.DeletionTimestamp != nil {
		now := metav1.DeleteOptions{GracePeriodSeconds: new(int64(0)), Preconditions: metav1.NewUIDPreconditions(string(pod.UID))}
		err := f.client.CoreV1().Pods(namespace).Delete(ctx, name, now)
		return 0, ignoreGone(err)
	}
	status, after := f.observe(pod, time.Now())
	if status == nil {
		return after, nil
	}
	next := pod.DeepCopy()
	next.Status = *status
	_, err = f.client.CoreV1().Pods(namespace).UpdateStatus(ctx, next, metav1.UpdateOptions{})
	return after, ignoreGone(err)
}

func ignoreGone(err error) error {
	if apierrors.IsNotFound(err) || apierrors.IsConflict(err) { // a conflict comes back as a newer event
		return nil
	}
	return err
}

func (f *Fleet) address() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.addrs++
	return fmt.Sprintf("10.244.%d.%d", f.addrs>>8&255, f.addrs&255)
}
