package delivery_test

import (
	"testing"

	"github.com/scantling/scantling/internal/app"
)

// TestBaseComesFirst wants Argo CD to wait for a base before it takes away the pods that the base stands for, and to take a base away
// last. The base in turn waits for nothing that comes after it: a claim in a later wave would never be bound.
func TestBaseComesFirst(t *testing.T) {
	a := checkout("argocd")
	a.Tier, a.Base, a.Placement.Spot = app.Standard, &app.Base{Pods: 2}, app.SpotPrefer
	a.Env.Spot = &app.SpotNodes{Label: map[string]string{"node.acme.io/capacity": "spot"}}
	made := render(a)
	for id, wanted := range map[string]string{
		"Deployment/checkout-base":            "sync-options=PruneLast=true sync-wave=-1",
		"PersistentVolumeClaim/checkout-data": "sync-options=Prune=false,Delete=false sync-wave=-1",
		"Deployment/checkout":                 "sync-options=PruneLast=true",
		"HorizontalPodAutoscaler/checkout":    "sync-wave=1",
	} {
		if o := made[id]; o == nil || marksOf(o) != wanted {
			t.Errorf("%s is marked %q, want %q", id, marksOf(o), wanted)
		}
	}
}
