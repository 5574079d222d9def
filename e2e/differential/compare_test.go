package differential

import "context"

// as returns the pods as the cluster has them, as a step.
func as(pods []pod) step { return step{Do: "put", Pods: pods} }

// ready waits until all is made, and returns the pods.
func (st *stage) ready(ctx context.Context) ([]pod, error) {
	_, err := st.settle(ctx)
	return st.pods(), err
}

// alike reports whether as many pods of each controller run, wait and are ready. One of a StatefulSet whose node has failed is neither.
func (st *stage) alike(predicted []pod) bool {
	var v verdict
	st.counts(&v, predicted)
	return len(v) == 0 && st.reasoned()
}

func (st *stage) counts(v *verdict, predicted []pod) {
	for _, k := range st.Controllers {
		want, got := count(predicted, k.Name), count(st.pods(), k.Name)
		if k.Kind == "StatefulSet" && st.Lost != "" && st.Listed {
			want.Placed, got.Placed = 0, 0
		}
		if st.inTurns() {
			want, got = tally{Placed: want.Placed + want.Pending}, tally{Placed: got.Placed + got.Pending}
		}
		v.same("pods of "+k.Name, want, got)
	}
}

// compare holds the end and the worst moment of the way there against what was said. What the collector of pods takes away goes one by
// one, so that successors are ready before the last is gone: then there are as many or more.
func (st *stage) compare(v *verdict, a answer) {
	st.counts(v, a.Pods)
	least := func(what string, predicted int, controller string) {
		happened, _ := st.seen(controller)
		if st.Lost != "" && !st.Listed || st.inTurns() {
			predicted = max(predicted, happened)
		}
		v.same("fewest ready of "+what, predicted, happened)
	}
	for i, k := range st.Controllers {
		least(k.Name, a.Outcome.Of[i], k.Name)
	}
	least("all", a.Outcome.Least, "")
}
