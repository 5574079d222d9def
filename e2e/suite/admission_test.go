package suite

import (
	"context"
	"reflect"
	"sync"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/scantling/scantling/e2e/client"
)

// patience is how long anything may take that a controller does by itself.
const patience = 90 * time.Second

// TestAdmission applies every blueprint and every golden case, for each environment, as a delivery tool does. All of it is
// accepted, the server keeps it as written, applying it again changes nothing, every pod is let in and starts, also at full
// size, and every run of a cron app completes.
func TestAdmission(t *testing.T) {
	for i, round := range rounds(world.cases) {
		t.Run("round "+string(rune('1'+i)), func(t *testing.T) {
			var wg sync.WaitGroup
			for _, c := range round {
				wg.Go(func() { t.Run(c.name, func(t *testing.T) { admit(t, c) }) })
			}
			wg.Wait()
			remove(t, round)
		})
	}
}

func admit(t *testing.T, c rendered) {
	ctx := t.Context()
	if err := provide(ctx, c); err != nil {
		t.Fatal(err)
	}
	if err := foreignNamespaces(ctx, c); err != nil {
		t.Fatal(err)
	}
	known := rendered{name: c.name}
	for _, o := range c.objects {
		kept, err := world.client.Apply(ctx, o)
		if meta.IsNoMatchError(err) {
			t.Logf("%s: not served, so not judged: %v", describe(o), err)
			continue
		}
		if err != nil {
			t.Errorf("%s is refused: %v", describe(o), err)
			continue
		}
		known.objects = append(known.objects, o)
		for _, difference := range drift("", o.Object, kept.Object) {
			t.Errorf("%s: the server keeps another value than was written: %s", describe(o), difference)
		}
	}
	checkRunning(t, known)
	checkAgain(t, known)
	checkFullSize(t, known)
}

func describe(o *unstructured.Unstructured) string {
	return o.GetKind() + " " + o.GetNamespace() + "/" + o.GetName()
}

// checkAgain applies everything a second time. The version of an object moves with every write, also those of controllers to
// its status: an object that moved is asked again.
func checkAgain(t *testing.T, c rendered) {
	ctx := t.Context()
	for _, o := range c.objects {
		err := client.Until(ctx, patience, func() (bool, string) {
			before, err := world.client.Get(ctx, o)
			if err != nil {
				return false, err.Error()
			}
			dry, err := world.client.DryRun(ctx, o)
			if err != nil {
				return false, err.Error()
			}
			after, err := world.client.Apply(ctx, o)
			if err != nil {
				return false, err.Error()
			}
			if !reflect.DeepEqual(content(before), content(dry)) {
				return false, "a dry run would change it: " + first(drift("", content(dry), content(before)))
			}
			return before.GetResourceVersion() == after.GetResourceVersion() && before.GetGeneration() == after.GetGeneration(),
				"the second apply wrote: " + first(drift("", content(after), content(before)))
		})
		if err != nil {
			t.Errorf("%s: %v", describe(o), err)
		}
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

// remove deletes what a round has made, so that the next one finds its namespaces empty.
func remove(t *testing.T, round []rendered) {
	var all []string
	for _, c := range round {
		all = append(all, c.namespaces()...)
	}
	removeNamespaces(t, all...)
}

func removeNamespaces(t *testing.T, names ...string) {
	ctx := context.Background() // also after a failed test
	namespaces := world.client.CoreV1().Namespaces()
	for _, name := range names {
		if err := namespaces.Delete(ctx, name, metav1.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) {
			t.Error(err)
		}
	}
	for _, name := range names {
		err := client.Until(ctx, patience, func() (bool, string) {
			_, err := namespaces.Get(ctx, name, metav1.GetOptions{})
			return apierrors.IsNotFound(err), "namespace " + name + " is still there"
		})
		if err != nil {
			t.Error(err)
		}
	}
}
