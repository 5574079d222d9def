package judge_test

import (
	"slices"
	"sync"
	"testing"

	"github.com/scantling/scantling/e2e/judge"
)

const root = "../.."

func corpus(t *testing.T) []judge.Set {
	t.Helper()
	sets, err := judge.Corpus(root)
	if err != nil {
		t.Fatal(err)
	}
	return sets
}

// built holds the judges, which take seconds to be looked after even where nothing is to be built.
var built = sync.OnceValues(judge.All)

func judges(t *testing.T) []judge.Judge {
	t.Helper()
	all, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return slices.Clone(all)
}

// TestCorpus wants every golden and blueprint, and the projects of our own, to pass every judge, and every waiver to be needed by one of them.
func TestCorpus(t *testing.T) {
	t.Parallel()
	all, needed := judges(t), make([]int, len(judge.Waivers))
	for _, set := range append(corpus(t), own(t)...) {
		findings, used, err := judge.Ask(all, set.Docs)
		if err != nil {
			t.Fatalf("%s: %v", set.Name, err)
		}
		for _, f := range findings {
			t.Errorf("%s: %s", set.Name, f)
		}
		for i, n := range used {
			needed[i] += n
		}
	}
	for i, w := range judge.Waivers {
		if needed[i] == 0 {
			t.Errorf("nothing needs the waiver for %s of %s any more: take it off the list", w.Rule, w.Judge)
		}
	}
}
