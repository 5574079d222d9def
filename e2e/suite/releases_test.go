package suite

import (
	"sync"
	"testing"
)

// promises are what a release keeps at every moment of its way. Each is driven by the commands that a team uses.
var promises = []struct {
	question string
	watch    func(t *testing.T) (seen string) // in words that do not change from run to run
}{
	{"Rolling: when do a release that does not work, and the next one, take ready pods away?", brokenRelease},
	{"Rolling: may an autoscaler take over from `replicas: 6` while the app runs?", handedOver},
	{"Blue-green: released, taken back, released again and cleared up: is everybody served by one version?", blueGreen},
	{"Blue-green: does a new version that does not work get traffic?", brokenColour},
	{"Canary by replicas: does it get the share that was asked for?", shares},
	{"Canary by replicas: does a new version that does not work get traffic?", brokenCanary},
	{"Canary by replicas: may it come and go while the autoscaler is at its maximum?", busyCanary},
	{"Canary behind a router: are there pods for each step?", routed},
	{"Canary: may an app that was rolling become one?", fromRolling},
	{"Migration: when does it run?", migration},
}

// TestReleases watches all at once: each has a namespace of its own.
func TestReleases(t *testing.T) {
	seen := make([]string, len(promises))
	var wg sync.WaitGroup
	for i, p := range promises {
		wg.Go(func() { t.Run(p.question, func(t *testing.T) { seen[i] = p.watch(t) }) })
	}
	wg.Wait()
	for i, p := range promises {
		page.promise(p.question, seen[i])
	}
}
