package suite

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/scantling/scantling/e2e/client"
	"github.com/scantling/scantling/e2e/judge/crds"
)

// TestAdmission applies every blueprint and every golden case, for each environment, as a delivery tool does. All of it is
// accepted, the server keeps it as written, applying it again changes nothing, every pod is let in and starts, also at full
// size, and every run of a CronJob completes. Each case has its namespaces to itself for as long as it is judged.
func TestAdmission(t *testing.T) {
	taken := map[string]*sync.Mutex{}
	for _, c := range world.cases {
		for _, namespace := range c.namespaces() {
			taken[namespace] = &sync.Mutex{}
		}
	}
	var wg sync.WaitGroup
	var failed atomic.Bool
	for _, c := range world.cases {
		wg.Go(func() {
			for _, namespace := range slices.Sorted(slices.Values(c.namespaces())) { // in one order, so that no two wait for each other
				taken[namespace].Lock()
				defer taken[namespace].Unlock()
			}
			wait := patience
			if failed.Load() {
				wait = afterFault
			}
			if !t.Run(c.name, func(t *testing.T) { admit(t, c, wait) }) {
				failed.Store(true)
			}
		})
	}
	wg.Wait()
	allFollowed(t)
}

func admit(t *testing.T, c rendered, wait time.Duration) {
	j := &judgement{patience: wait}
	if j.judge(t.Context(), c); len(j.found) == 0 {
		j.follow(t.Context(), c)
	}
	if err := remove(context.Background(), c); err != nil { // also after a failed test
		t.Error(err)
	}
	j.none(t)
}

// judge applies a case and looks at what becomes of it.
func (j *judgement) judge(ctx context.Context, c rendered) {
	if err := errors.Join(provide(ctx, c), foreignNamespaces(ctx, c)); err != nil {
		j.add("%s: the platform's objects: %v", c.name, err)
		return
	}
	known := rendered{name: c.name}
	for _, o := range c.objects {
		if !world.client.Knows(o) {
			if slices.Contains(crds.Groups(), o.GroupVersionKind().Group) {
				j.add("%s: %s is not served", describe(o), o.GetAPIVersion())
			}
			continue // the page says so
		}
		kept, warned, err := world.client.Apply(ctx, o)
		if err != nil {
			j.add("%s is refused: %v", describe(o), err)
			continue
		}
		for _, text := range warned {
			j.add("%s: the server warns: %s", describe(o), text)
		}
		known.objects = append(known.objects, o)
		for _, difference := range drift("", o.Object, kept.Object) {
			j.add("%s: the server keeps another value than was written: %s", describe(o), difference)
		}
	}
	if err := standIn(ctx, known); err != nil {
		j.add("%s: in place of its controllers: %v", c.name, err)
	}
	for _, look := range []func(context.Context, rendered){
		j.guarded,
		func(context.Context, rendered) { j.references(c) },
		j.running,
		j.budgets,
		j.access,
		j.again,
		j.fullSize,
	} {
		if j.hasty && len(j.found) > 0 {
			return
		}
		look(ctx, known)
	}
}

// guarded tries to bring a pod that runs as root into every namespace of a case. What guards a new one is there a moment later.
func (j *judgement) guarded(ctx context.Context, c rendered) {
	for _, o := range c.objects {
		if o.GetKind() == "Namespace" {
			j.until(ctx, describe(o), func() (bool, string) {
				err := runAsRoot(ctx, o.GetName())
				return isPodRefused(err), fmt.Sprintf("a pod that runs as root is let in (%v)", err)
			})
		}
	}
}

func describe(o *unstructured.Unstructured) string {
	return o.GetKind() + " " + o.GetNamespace() + "/" + o.GetName()
}

// again applies everything a second time. The version of an object moves with every write, also those of controllers to its
// status: an object that moved is asked again.
func (j *judgement) again(ctx context.Context, c rendered) {
	for _, o := range c.objects {
		j.until(ctx, describe(o), func() (bool, string) {
			before, err := world.client.Get(ctx, o)
			if err != nil {
				return false, err.Error()
			}
			dry, err := world.client.DryRun(ctx, o)
			if err != nil {
				return false, err.Error()
			}
			if !reflect.DeepEqual(content(before), content(dry)) {
				return false, "a dry run would change it: " + first(drift("", content(dry), content(before)))
			}
			after, _, err := world.client.Apply(ctx, o)
			if err != nil {
				return false, err.Error()
			}
			return before.GetResourceVersion() == after.GetResourceVersion() && before.GetGeneration() == after.GetGeneration(),
				"the second apply wrote: " + first(drift("", content(after), content(before)))
		})
	}
}

// content is an object without what the server counts.
func content(o *unstructured.Unstructured) map[string]any {
	o = o.DeepCopy()
	unstructured.RemoveNestedField(o.Object, "status")
	o.SetManagedFields(nil)
	o.SetResourceVersion("")
	return o.Object
}

func first(lines []string) string {
	if len(lines) == 0 {
		return "its version alone"
	}
	return lines[0]
}

// remove deletes what a case has made, so that the next one finds its namespaces empty. The namespaces stay: deleting one takes
// at least five seconds.
func remove(ctx context.Context, c rendered) error {
	for _, o := range slices.Backward(c.objects) {
		if o.GetKind() == "Namespace" {
			continue
		}
		if err := world.client.Delete(ctx, o); err != nil && !meta.IsNoMatchError(err) {
			return err
		}
	}
	for _, namespace := range c.namespaces() {
		if err := empty(ctx, namespace); err != nil {
			return err
		}
	}
	return nil
}

// empty ends what runs in a namespace at once and removes what controllers have made in it.
func empty(ctx context.Context, namespace string) error {
	now := metav1.DeleteOptions{GracePeriodSeconds: new(int64(0)), PropagationPolicy: new(metav1.DeletePropagationBackground)}
	all := metav1.ListOptions{}
	apps, batch, core := world.client.AppsV1(), world.client.BatchV1(), world.client.CoreV1()
	return client.Until(ctx, patience, func() (bool, string) {
		err := errors.Join(
			apps.Deployments(namespace).DeleteCollection(ctx, now, all), // of a stand-in
			apps.ReplicaSets(namespace).DeleteCollection(ctx, now, all),
			batch.Jobs(namespace).DeleteCollection(ctx, now, all),
			core.Pods(namespace).DeleteCollection(ctx, now, all),
			core.PersistentVolumeClaims(namespace).DeleteCollection(ctx, now, all),
			core.Events(namespace).DeleteCollection(ctx, now, all),
		)
		if err != nil {
			return false, err.Error()
		}
		pods, err := core.Pods(namespace).List(ctx, all)
		if err != nil {
			return false, err.Error()
		}
		claims, err := core.PersistentVolumeClaims(namespace).List(ctx, all)
		return err == nil && len(pods.Items)+len(claims.Items) == 0, "namespace " + namespace + " is not empty"
	})
}
