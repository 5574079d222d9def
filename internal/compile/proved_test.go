package compile_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/scantling/scantling/internal/golden"
	"github.com/scantling/scantling/internal/inventory"
	"github.com/scantling/scantling/internal/verify"
)

// open says why a guarantee has no answer on some objects of the corpus: the fact that nobody states, or that nobody can.
var open = map[string]string{
	"connections-fit-database":   "brokers and caches have no small limit, and a database's is stated where somebody knows it",
	"data-outlives-its-app":      "a platform without storage classes leaves volumes to the cluster's default",
	"loss-is-within-objective":   "the objects of the whole cluster are backed up beside its data, and nobody states an objective of theirs",
	"period-is-kept":             "a platform need not say how long Prometheus keeps samples",
	"policy-governs-pods":        "the copy of a database that a rehearsal makes is there for as long as it runs",
	"required-apart-leaves-room": "nobody states how many nodes there are",
	"target-survives-zone":       "a platform need not name its zones",
	"zone-loss-is-survived":      "a database of one pod is in one zone, and a platform need not name its zones",
}

// foreign are the guarantees about what Scantling never renders.
var foreign = []string{"error-rate-is-per-service", "memory-is-no-scale-signal", "one-hand-on-size", "quantile-keeps-le"}

// TestProved holds every guarantee against every project of the corpus, with the platform's own objects: none is violated, and where
// one has no answer it is known why.
func TestProved(t *testing.T) {
	proved, unknown := map[string]int{}, map[string]int{}
	for _, p := range promisingCorpus(t) {
		for _, r := range verify.Check(inventory.New(p.objects), p.facts, false) {
			name := r.Guarantee.Name
			switch r.State {
			case verify.Proved:
				proved[name]++
			case verify.Unknown:
				if unknown[name]++; open[name] == "" {
					t.Errorf("%s: %s is open on %s: %s", p.name, name, r.Object.Short(), r.Text)
				}
			default:
				t.Errorf("%s: %s is %s on %s: %s", p.name, name, r.State, r.Object.Short(), r.Text)
			}
		}
	}
	for name := range open {
		if unknown[name] == 0 {
			t.Errorf("%s is open nowhere", name)
		}
	}
	for _, g := range verify.All() {
		if is := slices.Contains(foreign, g.Name); is == (proved[g.Name] > 0) {
			t.Errorf("%s is proved of %d objects, and about what Scantling never renders: %t", g.Name, proved[g.Name], is)
		}
	}
}

// TestProvedBesideSpotCapacity states spot capacity without a taint for projects whose pods hold data or change it: only rules of their
// own keep those off it, and every kind that holds data has them.
func TestProvedBesideSpotCapacity(t *testing.T) {
	minor := regexp.MustCompile(`kubernetes: *"[0-9.]+"`)
	kept := map[string]int{}
	for _, name := range []string{"migration_kubectl", "recovery_clusters", "recovery_dumps", "recovery_volumes"} {
		dir := golden.Input(t, "../../testdata/golden/"+name+".txtar")
		platform, err := os.ReadFile(filepath.Join(dir, "platform.cue"))
		if err != nil {
			t.Fatal(err)
		}
		put(t, dir, "platform.cue", minor.ReplaceAllString(string(platform), `$0, spot: label: "node.acme.io/capacity": "spot"`))
		for _, p := range environments(t, name, dir) {
			for _, r := range verify.Check(inventory.New(p.objects), p.facts, false) {
				switch {
				case r.State == verify.Violated:
					t.Errorf("%s: %s: %s: %s", p.name, r.Guarantee.Name, r.Object.Short(), r.Text)
				case r.Guarantee.Name == "spot-is-bounded" && r.State == verify.Proved:
					kept[r.Object.Kind]++
				}
			}
		}
	}
	for _, kind := range []string{"Deployment", "StatefulSet", "CronJob", "Job", "Cluster"} {
		if kept[kind] == 0 {
			t.Errorf("no %s is proved to be off spot capacity", kind)
		}
	}
}
