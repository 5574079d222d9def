package differential

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// play lets both play a situation and returns where they differ.
type play func(context.Context, *stage) (verdict, error)

// verdict is what the two do not agree on, in words.
type verdict []string

func (v *verdict) same(what string, predicted, happened any) {
	if fmt.Sprint(predicted) != fmt.Sprint(happened) {
		*v = append(*v, fmt.Sprintf("%s: predicted %v, happened %v", what, predicted, happened))
	}
}

const (
	calm = 1500 * time.Millisecond // in which nothing happens any more where pods are ready at once
	long = start + time.Second     // and where they are not, or a controller waits for a second
)

// tally is the pods of a controller.
type tally struct{ Placed, Pending, Ready, New int }

func count(pods []pod, controller string) tally {
	var t tally
	for _, p := range pods {
		if p.Controller != controller {
			continue
		}
		if p.Node == "" {
			t.Pending++
		} else {
			t.Placed++
		}
		if p.Ready {
			t.Ready++
		}
		if p.New {
			t.New++
		}
	}
	return t
}

// zoned is how many pods of a controller each zone has, the fullest first.
func (s *situation) zoned(pods []pod, controller string) []int {
	in := map[string]int{}
	for _, n := range s.Nodes {
		in[n.Labels[zone]] += 0
	}
	for _, p := range pods {
		if p.Controller == controller && p.Node != "" {
			in[s.zoneOf(p.Node)]++
		}
	}
	var all []int
	for _, n := range in {
		all = append(all, n)
	}
	slices.Sort(all)
	slices.Reverse(all)
	return all
}

// settle makes all controllers, one after the other, and waits until each has come to rest.
func (st *stage) settle(ctx context.Context) ([]answer, error) {
	said, err := world.oracle.play(st.situation, step{Do: "start"})
	if err != nil {
		return nil, err
	}
	for i := range st.Controllers {
		k := &st.Controllers[i]
		if err := st.create(ctx, k); err != nil {
			return nil, err
		}
		st.rest(ctx, st.calm(), func() bool { return count(st.pods(), k.Name) == count(said[0].Pods, k.Name) && st.reasoned() })
	}
	return said, nil
}

// reasoned reports whether the scheduler has looked at all pods that have no node.
func (st *stage) reasoned() bool {
	return !slices.ContainsFunc(st.pods(), func(p pod) bool { return p.Node == "" && st.why(p.Name) == "" })
}

func (s *situation) calm() time.Duration {
	for _, k := range s.Controllers {
		if k.Template.Spec.Containers[0].ReadinessProbe != nil {
			return long
		}
	}
	return calm
}

// playPlacement: as many pods run, and as many wait, for the same reason.
func playPlacement(ctx context.Context, st *stage) (verdict, error) {
	said, err := st.settle(ctx)
	if err != nil {
		return nil, err
	}
	var v verdict
	for _, k := range st.Controllers {
		v.same("pods of "+k.Name, count(said[0].Pods, k.Name), count(st.pods(), k.Name))
		if st.even(&k) {
			v.same("zones of "+k.Name, st.zoned(said[0].Pods, k.Name), st.zoned(st.pods(), k.Name))
		}
	}
	order, err := st.ordered()
	if err != nil {
		return nil, err
	}
	wait, err := st.waiting()
	return slices.Concat(v, order, wait), err
}

// even reports whether the scheduler has no choice of how many pods each zone gets: else that depends on scores.
func (s *situation) even(k *controller) bool {
	for i := range s.Controllers {
		if other := &s.Controllers[i]; other.Name != k.Name && other.Template.Labels[appLabel] == k.Template.Labels[appLabel] {
			return false
		}
	}
	return slices.ContainsFunc(k.Template.Spec.TopologySpreadConstraints, func(c corev1.TopologySpreadConstraint) bool {
		return strings.HasSuffix(c.TopologyKey, "/zone") && c.MaxSkew == 1 && c.WhenUnsatisfiable == corev1.DoNotSchedule
	})
}

// ordered holds the scheduler's choices against the simulator's filters, whatever the scores were: there is an order in which each pod
// could be put where it is.
func (st *stage) ordered() (verdict, error) {
	var there, left []pod
	for _, p := range st.pods() {
		if p.Node != "" {
			left = append(left, p)
		}
	}
	for len(left) > 0 {
		next := -1
		for i := 0; i < len(left) && next < 0; i++ { // those of the controller that came first go first
			said, err := st.fits(there, left[i])
			if err != nil {
				return nil, err
			}
			if slices.Contains(said.Fits, left[i].Node) {
				next = i
			}
		}
		if next < 0 {
			return verdict{fmt.Sprintf("%s is on %s, which the simulator refuses, with %v", left[0].Name, left[0].Node, places(there))}, nil
		}
		there, left = append(there, left[next]), slices.Delete(left, next, next+1)
	}
	return nil, nil
}

// waiting holds the scheduler's refusals against the simulator's: no pod that waits could be put anywhere, for the reason that both give.
func (st *stage) waiting() (verdict, error) {
	var there, left []pod
	for _, p := range st.pods() {
		if p.Node != "" {
			there = append(there, p)
		} else {
			left = append(left, p)
		}
	}
	for _, p := range left {
		said, err := st.fits(there, p)
		if err != nil {
			return nil, err
		}
		why := st.why(p.Name)
		if len(said.Fits) > 0 {
			return verdict{fmt.Sprintf("%s waits (%s), and the simulator would put it on %v, with %v", p.Name, why, said.Fits, places(there))}, nil
		}
		// The scheduler does not look again when there are merely more pods: it may say what kept the pod away before others came.
		before, err := st.fits(slices.DeleteFunc(slices.Clone(there), func(o pod) bool { return o.Controller > p.Controller }), p)
		if err != nil {
			return nil, err
		}
		if !explains(said.Why, why) && !explains(before.Why, why) {
			return verdict{fmt.Sprintf("%s waits: the simulator says %q, the scheduler %q", p.Name, said.Why, why)}, nil
		}
	}
	return nil, nil
}

// fits asks where one more pod could be, with some there.
func (st *stage) fits(there []pod, p pod) (answer, error) {
	said, err := world.oracle.play(st.situation, step{Do: "put", Pods: there}, step{Do: "fits", Name: p.Controller, New: p.New})
	if err != nil {
		return answer{}, err
	}
	return said[1], nil
}

func places(pods []pod) []string {
	var all []string
	for _, p := range pods {
		all = append(all, p.Controller+" on "+p.Node)
	}
	slices.Sort(all)
	return all
}

// reasons pairs the simulator's words with the scheduler's, with the turn of the filter that gives them.
var reasons = []struct {
	turn         int
	ours, theirs string
}{
	{1, "cordoned", "were unschedulable"},
	{2, "taints that it tolerates", "had untolerated taint"},
	{3, "node selector or required node affinity", "didn't match Pod's node affinity/selector"},
	{4, "host port", "didn't have free ports"},
	{5, "too many pods", "Too many pods"},
	{5, "insufficient cpu", "Insufficient cpu"},
	{6, "over which it must be spread", "didn't match pod topology spread constraints (missing required label)"},
	{6, "its spread over", "didn't match pod topology spread constraints"},
	{7, "pod affinity wants it", "didn't match pod affinity rules"},
	{8, "must not share", "anti-affinity rules"},
}

// explains reports whether the scheduler gives the simulator's reason, and none of a later filter. Nodes of other situations add that
// they do not match the pod's selector.
func explains(ours, theirs string) bool {
	const others = 3
	given, last := 0, 0
	for _, r := range reasons {
		if given == 0 && strings.Contains(ours, r.ours) && strings.Contains(theirs, r.theirs) {
			given = r.turn
		}
		if strings.Contains(theirs, r.theirs) {
			last = r.turn
		}
	}
	return given > 0 && last <= max(given, others)
}
