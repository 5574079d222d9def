package suite

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
)

// Labels by which pods of two versions of an app differ.
const (
	color = "scantling.dev/color"
	track = "scantling.dev/track"
)

// release is a project that a team moves from version to version, while what is behind its Service is recorded.
type release struct {
	*project
	*recorder
	label   string                       // by which pods of the two versions differ
	broken  string                       // the Deployment whose pods never become ready; nobody waits for it
	shipped []*unstructured.Unstructured // what is in the cluster
	changed []string                     // what the last step changed there
}

// releasing deploys an app and records from when every pod is counted.
func releasing(t *testing.T, name, label, fields string) *release {
	t.Helper()
	return deploy(t, name, fields).recorded(t, label)
}

func (p *project) recorded(t *testing.T, label string) *release {
	t.Helper()
	r := &release{project: p, label: label, shipped: p.objects}
	until(t, func() (bool, string) { return r.works(t.Context()) }) // a pod that is ready but new yet may be taken first in a rollout
	until(t, func() (bool, string) {
		got, want := len(serving(t, p.name, p.name)), len(living(t, p.name, label))
		return got == want, fmt.Sprintf("the Service counts %d of %d pods", got, want)
	})
	r.recorder = record(t, p.name, p.name)
	return r
}

// step runs a command of Scantling, ships what it made of the spec, and waits.
func (r *release) step(t *testing.T, args ...string) {
	t.Helper()
	r.command(t, args...)
	r.ship(t)
	r.stands(t)
}

// command runs a command of Scantling that changes the spec, and returns what it says.
func (r *release) command(t *testing.T, args ...string) (said string) {
	t.Helper()
	said, err := world.scantling.Command(t.Context(), r.dir, args...)
	if err != nil {
		t.Fatal(err)
	}
	r.render(t)
	return said
}

// changes wants that the last step changed these objects and no others.
func (r *release) changes(t *testing.T, want ...string) {
	t.Helper()
	if !slices.Equal(r.changed, want) {
		t.Errorf("the step changed %q, not %q", r.changed, want)
	}
}

// ship does what a delivery tool does after each commit: it applies everything in the order of the files, takes over fields that
// others hold, and then removes what is no longer written.
func (r *release) ship(t *testing.T) {
	t.Helper()
	r.changed = nil
	for _, o := range r.objects {
		before, err := world.client.Get(t.Context(), o)
		if err != nil && !apierrors.IsNotFound(err) {
			t.Fatalf("%s: %v", describe(o), err)
		}
		after, err := world.client.Force(t.Context(), o)
		if err != nil {
			t.Fatalf("%s: %v", describe(o), err)
		}
		if before == nil || !reflect.DeepEqual(wished(before), wished(after)) {
			r.changed = append(r.changed, o.GetKind()+" "+o.GetName())
		}
	}
	for _, o := range slices.Backward(r.shipped) {
		if r.find(o.GetKind(), o.GetName()) != nil {
			continue
		}
		if err := world.client.Delete(t.Context(), o); err != nil {
			t.Fatalf("%s: %v", describe(o), err)
		}
		r.changed = append(r.changed, "no "+o.GetKind()+" "+o.GetName())
	}
	r.shipped = r.objects
}

// wished is an object of the cluster without what controllers may write into it meanwhile, and without the label that tells people
// which version an object belongs to: it changes nothing.
func wished(o *unstructured.Unstructured) map[string]any {
	w := o.DeepCopy()
	w.SetResourceVersion("")
	w.SetManagedFields(nil)
	unstructured.RemoveNestedField(w.Object, "status")
	unstructured.RemoveNestedField(w.Object, "metadata", "labels", "app.kubernetes.io/version")
	return w.Object
}

// stands waits until every Deployment that works has all its pods, as many as its autoscaler wants at least, and the Service
// counts them: what a team waits for between two steps.
func (r *release) stands(t *testing.T) {
	t.Helper()
	until(t, func() (bool, string) { return r.works(t.Context()) })
	until(t, func() (bool, string) { return r.counted(t) })
}

// works reports whether every Deployment is complete that can be.
func (r *release) works(ctx context.Context) (bool, string) {
	for _, o := range r.objects {
		if o.GetKind() != "Deployment" || o.GetName() == r.broken {
			continue
		}
		if ok, why := r.complete(ctx, o); !ok {
			return false, describe(o) + ": " + why
		}
	}
	return true, ""
}

// share is how many ready endpoints each version has now.
func (r *release) share() state { return r.history().now() }

// complete is kubectl rollout status, with the autoscaler's minimum.
func (r *release) complete(ctx context.Context, o *unstructured.Unstructured) (bool, string) {
	live, err := world.client.Get(ctx, o)
	if err != nil {
		return false, err.Error()
	}
	want := number(live, "spec", "replicas")
	if a := r.find("HorizontalPodAutoscaler", o.GetName()); a != nil && want < number(a, "spec", "minReplicas") {
		return false, fmt.Sprintf("its autoscaler has left it at %d pods", want)
	}
	have := []int64{number(live, "status", "replicas"), number(live, "status", "updatedReplicas"), number(live, "status", "readyReplicas"), number(live, "status", "availableReplicas")}
	seen := number(live, "status", "observedGeneration") == live.GetGeneration()
	return seen && slices.Equal(have, []int64{want, want, want, want}), fmt.Sprintf("of %d pods there are, new, ready and available: %v", want, have)
}

// counted reports whether the Service's endpoints are the ready pods that its selector finds.
func (r *release) counted(t *testing.T) (bool, string) {
	t.Helper()
	selector, _, _ := unstructured.NestedStringMap(r.find("Service", r.name).Object, "spec", "selector")
	want := map[string]int{}
	for _, pod := range pods(t, r.name) {
		if isReady(pod) && labels.SelectorFromSet(selector).Matches(labels.Set(pod.Labels)) {
			want[pod.Labels[r.label]]++
		}
	}
	got := r.share().ready
	return maps.Equal(want, got), fmt.Sprintf("endpoints %v of ready pods %v", got, want)
}

// history is the record until now.
func (r *release) history() history { return r.recorder.history(r.label) }

// stop ends the record.
func (r *release) stop(t *testing.T) history {
	t.Helper()
	h := r.recorder.stop(r.label)
	t.Log(h)
	return h
}

// living are the ids of the pods that have a label, or have it with one of the values.
func living(t *testing.T, namespace, label string, values ...string) []string {
	t.Helper()
	var ids []string
	for _, p := range pods(t, namespace) {
		if value, ok := p.Labels[label]; ok && (len(values) == 0 || slices.Contains(values, value)) {
			ids = append(ids, string(p.UID))
		}
	}
	slices.Sort(ids)
	return ids
}
