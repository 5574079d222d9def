package suite

import (
	"sync"
	"testing"
)

// still are promises that no node needs to go away for: each has namespaces of its own, so all are watched at once.
var still = []behaviour{
	{"After releases, are the pods still spread over the zones?", skew},
	{"With no more pods than the autoscaler's minimum, does each zone have one?", zonesAtMinimum},
	{"Do pods with full caches and no load make the app grow?", fullCaches},
	{"Does an upgrade of the cluster change which pods are let in?", pinnedStandard},
	{"Can one app take the whole cluster?", quota},
	{"What does a pod get that says nothing about resources?", unsized},
	{"Is every key of a secret that a pod reads made by something?", secretKeys},
	{"Does every route lead to something?", routes},
	{"After a cut-over, does applying the manifests again keep it?", cutOverStays},
	{"Is there a way back when a cut-over is done?", wayBack},
	{"Is the app's volume kept when the app is deleted?", volumes},
}

// TestTextbook watches them.
func TestTextbook(t *testing.T) {
	type seen struct{ textbook, ours string }
	rows := make([]seen, len(still))
	var wg sync.WaitGroup
	for i, b := range still {
		wg.Go(func() {
			t.Run(b.question, func(t *testing.T) {
				textbook, ours := b.watch(t)
				rows[i] = seen{textbook, ours}
			})
		})
	}
	wg.Wait()
	for i, b := range still {
		page.row(b.question, rows[i].textbook, rows[i].ours)
	}
}
