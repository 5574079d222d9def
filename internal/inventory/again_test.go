package inventory_test

import (
	"strings"
	"testing"
)

func TestAgain(t *testing.T) {
	s := set(t, `
{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: 1, template: `+pods+`}}
---
{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: web}, spec: {maxReplicas: 9, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}}}
---
{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {selector: {app: web}}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: 2, template: `+pods+`}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: 0, template: {metadata: {labels: {app: other}}}}}
---
{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {selector: {app: other}}}
`)
	sets, copies := s.Again()
	if len(sets) != 2 || len(copies[0]) != 2 || len(copies[1]) != 1 {
		t.Fatalf("%d sets, copies %v", len(sets), copies)
	}
	for i, want := range []struct{ replicas, most int32 }{{2, 9}, {0, 0}} {
		w := workload(t, sets[i], "Deployment/web")
		if *w.Replicas != want.replicas || w.Most() != want.most || len(sets[i].Workloads) != 1 || w.Object != copies[i][0] {
			t.Errorf("%d: %d replicas, at most %d, %d workloads", i, *w.Replicas, w.Most(), len(sets[i].Workloads))
		}
	}
	if sets[0].Service("", "web").Spec.Selector["app"] != "other" || sets[1].Service("", "web").Spec.Selector["app"] != "other" {
		t.Error("a Service is not the one of its time")
	}
	if w := workload(t, s, "Deployment/web"); *w.Replicas != 1 || w.Autoscaler == nil || len(s.Workloads) != 1 {
		t.Error("the set itself has changed")
	}
	if len(sets[0].Repeated) != 0 || len(sets[0].Objects) != 3 {
		t.Errorf("%d objects, %d repeated", len(sets[0].Objects), len(sets[0].Repeated))
	}
	if none, _ := sets[0].Again(); len(none) != 0 {
		t.Error("nothing is repeated in it")
	}
}

func TestAgainAndAgain(t *testing.T) {
	const one = "{apiVersion: v1, kind: Service, metadata: {name: web}}\n---\n"
	sets, _ := set(t, strings.Repeat(one, 20)).Again()
	if len(sets) != 8 {
		t.Errorf("of 19 copies %d are looked at", len(sets))
	}
}
