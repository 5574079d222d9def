// Package verify proves of a set of manifests, whoever wrote them, what people trust their production to: or it finds the
// counter-example. A guarantee is a value; it looks at all objects together, and at what the platform states about the cluster. It
// shares nothing with the generators.
package verify

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/inventory"
)

// Guarantee is one thing that must hold of all objects together.
type Guarantee struct {
	Name    string        // kebab-case, stable: "budget-allows-eviction"
	Promise string        // what holds, in one sentence without a full stop
	Why     string        // what happens in production where it does not
	Source  string        // address of the documentation or code that says so
	Foreign diag.Severity // of a violation on objects that Scantling did not make; on its own it is an error

	check func(c *checker)
}

// State is what is known of a guarantee on one object.
type State string

// The states.
const (
	Proved   State = "proved"
	Violated State = "violated"
	Unknown  State = "unknown" // a fact is missing; never counted as proved
	Waived   State = "waived"  // violated, on purpose and for a time
)

// Result is what a guarantee comes to on one object.
type Result struct {
	Guarantee *Guarantee
	Object    *inventory.Object
	State     State
	Severity  diag.Severity // of a violation; of an unknown: a note
	Path      string        // the field that decides, as in spec.maxUnavailable; may be empty
	Text      string        // proved: the numbers; violated and waived: the counter-example; unknown: the fact that is missing
	Waiver    *Waiver       // of a waived one
}

// resultsOfAnObject is how many there are on average, and some more: of what we render, ten.
const resultsOfAnObject = 12

// check holds every guarantee against one set.
func check(set *inventory.Set, facts Facts, brief bool) []Result {
	c := checker{Set: set, Facts: facts, brief: brief, results: make([]Result, 0, resultsOfAnObject*len(set.Objects))}
	c.all(func(results []Result) []Result { return results })
	return c.results
}

// all holds every guarantee against the set. Of the settled results of each, those stay that keep returns.
func (c *checker) all(keep func([]Result) []Result) {
	for _, g := range All() {
		c.guarantee = g
		from := len(c.results)
		g.check(c)
		c.results = append(c.results[:from], keep(settle(c.Set, c.results[from:]))...)
	}
	c.waive()
}

// settle puts the results of one guarantee in the order of objects, one of each, and drops proofs of what is also violated or unknown.
func settle(set *inventory.Set, results []Result) []Result {
	if inOrder(set, results) {
		return results
	}
	slices.SortStableFunc(results, func(a, b Result) int {
		return cmp.Or(cmp.Compare(set.Place(a.Object), set.Place(b.Object)), cmp.Compare(a.Path, b.Path))
	})
	kept := results[:0]
	for from, to := 0, 0; from < len(results); from = to {
		for to < len(results) && set.Place(results[to].Object) == set.Place(results[from].Object) {
			to++
		}
		kept = append(kept, worst(results[from:to])...)
	}
	clear(results[len(kept):])
	return kept
}

// inOrder reports whether there is one result of each object already, as most guarantees leave them.
func inOrder(set *inventory.Set, results []Result) bool {
	last := -1
	for i := range results {
		place := set.Place(results[i].Object)
		if place <= last {
			return false
		}
		last = place
	}
	return true
}

// worst drops what counts less than another result of the same object, and what is said twice.
func worst(results []Result) []Result {
	if len(results) == 1 {
		return results
	}
	states := make(map[*inventory.Object]State, len(results))
	for _, r := range results {
		if states[r.Object] != Violated && (r.State != Proved || states[r.Object] == "") {
			states[r.Object] = r.State
		}
	}
	seen := make(map[Result]bool, len(results))
	return slices.DeleteFunc(results, func(r Result) bool {
		drop := seen[r] || r.State != states[r.Object]
		seen[r] = true
		return drop
	})
}

// checker is what a guarantee sees, and where it says what it found. An object of which it says nothing is none of its business.
type checker struct {
	*inventory.Set
	Facts Facts

	guarantee *Guarantee
	brief     bool
	results   []Result
	view      *networkView // the policies, read when the first guarantee asks for them
	rules     *ruleBook    // what Prometheus is told, read when the first guarantee asks for it
	keepers   []*kept      // what makes backups, looked for when the first guarantee asks for it
	gaps      map[aSchedule]aGap
}

// proved says that the guarantee holds on an object, with the numbers that show it.
func (c *checker) proved(o *inventory.Object, format string, args ...any) {
	r := Result{Guarantee: c.guarantee, Object: o, State: Proved}
	if !c.brief {
		r.Text = fmt.Sprintf(format, args...)
	}
	c.results = append(c.results, r)
}

// violated says that the guarantee does not hold, with a counter-example: what somebody does, and what happens then.
func (c *checker) violated(o *inventory.Object, path, format string, args ...any) {
	if o.APIVersion == "" { // rules in a file of their own
		path = strings.TrimPrefix(path, "spec.")
	}
	r := Result{Guarantee: c.guarantee, Object: o, State: Violated, Path: path, Text: fmt.Sprintf(format, args...)}
	if !o.Ours() {
		r.Severity = c.guarantee.Foreign
	}
	c.results = append(c.results, r)
}

// unknown says which fact is missing to tell.
func (c *checker) unknown(o *inventory.Object, format string, args ...any) {
	c.results = append(c.results, Result{
		Guarantee: c.guarantee, Object: o, State: Unknown, Severity: diag.Note, Text: fmt.Sprintf(format, args...),
	})
}

// waive turns violations that are meant into what they are.
func (c *checker) waive() {
	for i := range c.results {
		r := &c.results[i]
		if r.State != Violated {
			continue
		}
		for j := range c.Facts.Waivers {
			w := &c.Facts.Waivers[j]
			if w.Guarantee == r.Guarantee.Name && w.Namespace == r.Object.Namespace && w.App == App(r.Object) {
				r.State, r.Severity, r.Waiver = Waived, diag.Note, w
			}
		}
	}
}

// App returns the app that an object is of: what its labels say, by the names that are in use for it; empty: they do not say.
func App(o *inventory.Object) string {
	for ; o.MadeBy != nil; o = o.MadeBy {
	}
	return cmp.Or(o.Labels["app.kubernetes.io/instance"], o.Labels["app.kubernetes.io/name"], o.Labels["app"], o.Labels["k8s-app"])
}
