package suite

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Labels by which pods of two versions of an app differ.
const (
	color = "scantling.dev/color"
	track = "scantling.dev/track"
)

// step runs a command of Scantling in the project, and ships what it made of the spec.
func (p *project) step(t *testing.T, args ...string) {
	t.Helper()
	if out, err := world.scantling.Command(t.Context(), p.dir, args...); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	p.ship(t)
}

// edit writes other fields into the spec, and ships them.
func (p *project) edit(t *testing.T, fields string) {
	t.Helper()
	write(t, filepath.Join(p.dir, "app.cue"), fmt.Sprintf("package e2e\napps: %s: {team: %q\n%s\n}\n", p.name, p.name, fields))
	p.ship(t)
}

// ship does what a delivery tool does after each commit: it applies everything in the order of the files, takes over fields that
// others hold, and removes what is no longer written.
func (p *project) ship(t *testing.T) {
	t.Helper()
	before := p.objects
	p.render(t)
	for _, o := range p.objects {
		if _, err := world.client.Force(t.Context(), o); err != nil {
			t.Fatalf("%s: %v", describe(o), err)
		}
	}
	for _, o := range before {
		if p.find(o.GetKind(), o.GetName()) != nil {
			continue
		}
		if err := world.client.Delete(t.Context(), o); err != nil {
			t.Fatalf("%s: %v", describe(o), err)
		}
	}
}

// stands waits until every Deployment of the project but those named has all its pods, as many as its autoscaler wants at least,
// and the Service counts them: what a team waits for between two steps.
func (p *project) stands(t *testing.T, r *recorder, label string, but ...string) {
	t.Helper()
	until(t, func() (bool, string) {
		for _, o := range p.objects {
			if o.GetKind() != "Deployment" || slices.Contains(but, o.GetName()) {
				continue
			}
			if ok, why := p.complete(t.Context(), o); !ok {
				return false, describe(o) + ": " + why
			}
		}
		return p.counted(t, r, label)
	})
}

// complete is kubectl rollout status, with the autoscaler's minimum.
func (p *project) complete(ctx context.Context, o *unstructured.Unstructured) (bool, string) {
	live, err := world.client.Get(ctx, o)
	if err != nil {
		return false, err.Error()
	}
	want := number(live, "spec", "replicas")
	if a := p.find("HorizontalPodAutoscaler", o.GetName()); a != nil && want < number(a, "spec", "minReplicas") {
		return false, fmt.Sprintf("its autoscaler has left it at %d pods", want)
	}
	have := []int64{number(live, "status", "replicas"), number(live, "status", "updatedReplicas"), number(live, "status", "readyReplicas"), number(live, "status", "availableReplicas")}
	seen := number(live, "status", "observedGeneration") == live.GetGeneration()
	return seen && slices.Equal(have, []int64{want, want, want, want}), fmt.Sprintf("of %d pods there are, new, ready and available: %v", want, have)
}

// counted reports whether the Service's endpoints are the ready pods that its selector finds.
func (p *project) counted(t *testing.T, r *recorder, label string) (bool, string) {
	t.Helper()
	selector, _, _ := unstructured.NestedStringMap(p.find("Service", p.name).Object, "spec", "selector")
	want := map[string]int{}
	for _, pod := range pods(t, p.name) {
		if isReady(pod) && matches(pod, selector) {
			want[pod.Labels[label]]++
		}
	}
	got := r.history(label).now().ready
	return maps.Equal(want, got), fmt.Sprintf("endpoints %v of ready pods %v", got, want)
}

func matches(p corev1.Pod, selector map[string]string) bool {
	for k, v := range selector {
		if p.Labels[k] != v {
			return false
		}
	}
	return true
}

// living are the ids of the pods with a value of a label.
func living(t *testing.T, namespace, label, value string) []string {
	t.Helper()
	var ids []string
	for _, p := range pods(t, namespace) {
		if p.Labels[label] == value {
			ids = append(ids, string(p.UID))
		}
	}
	slices.Sort(ids)
	return ids
}
