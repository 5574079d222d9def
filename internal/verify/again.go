package verify

import (
	"cmp"
	"slices"

	"github.com/scantling/scantling/internal/inventory"
)

// finding is a guarantee and the object that it is about.
type finding struct {
	guarantee *Guarantee
	object    *inventory.Object
}

// Check holds every guarantee against the objects. Results are in the order of guarantees and objects; where one is violated on an
// object in several places, each is a result. In brief, a proof has no text: that is for callers who only look for violations. An object
// that is stated twice is looked at twice, each time as the one that is in the cluster.
func Check(set *inventory.Set, facts Facts, brief bool) []Result {
	results := check(set, facts, brief)
	if len(set.Repeated) == 0 {
		return results
	}
	known := map[finding]bool{}
	for _, r := range results {
		known[finding{r.Guarantee, r.Object}] = true
	}
	sets, copies := set.Again()
	for i, again := range sets {
		news := map[*inventory.Object]bool{}
		for _, o := range copies[i] {
			news[o] = true
		}
		for _, r := range check(again, facts, brief) {
			if news[standing(r.Object)] && !known[finding{r.Guarantee, r.Object}] {
				results = append(results, r)
			}
		}
	}
	order := map[*Guarantee]int{}
	for i, g := range All() {
		order[g] = i
	}
	slices.SortStableFunc(results, func(a, b Result) int {
		return cmp.Or(cmp.Compare(order[a.Guarantee], order[b.Guarantee]), cmp.Compare(set.Place(a.Object), set.Place(b.Object)))
	})
	return results
}

// Open is Check for who wants no more of the proofs than their number: results are of what is not proved.
func Open(set *inventory.Set, facts Facts) (results []Result, proved int) {
	unproved := func(results []Result) []Result {
		before := len(results)
		results = slices.DeleteFunc(results, func(r Result) bool { return r.State == Proved })
		proved += before - len(results)
		return results
	}
	if len(set.Repeated) > 0 {
		results = unproved(Check(set, facts, true))
		return results, proved
	}
	c := checker{Set: set, Facts: facts, brief: true}
	c.all(unproved)
	return c.results, proved
}

// standing returns the object in a file that something is made of.
func standing(o *inventory.Object) *inventory.Object {
	for ; o.MadeBy != nil; o = o.MadeBy {
	}
	return o
}
