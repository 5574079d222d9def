package simulate_test

import (
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/scantling/scantling/internal/simulate"
)

// zones returns n nodes in each of some zones: a1, a2, b1, b2, ...
func zones(n int, names ...string) []simulate.Node {
	var all []simulate.Node
	for _, zone := range names {
		for i := range n {
			name := fmt.Sprint(zone, i+1)
			all = append(all, simulate.Node{Name: name, Labels: map[string]string{
				corev1.LabelTopologyZone: zone, corev1.LabelHostname: name,
			}})
		}
	}
	return all
}

func share(v string) intstr.IntOrString { return intstr.Parse(v) }

// web is the labels of the pods that the cases are about.
var web = map[string]string{"app": "web"}

func selector() *metav1.LabelSelector { return &metav1.LabelSelector{MatchLabels: web} }

// spread is a condition to spread over a label, changed as a case wants it.
func spread(key string, change func(*corev1.TopologySpreadConstraint)) corev1.TopologySpreadConstraint {
	c := corev1.TopologySpreadConstraint{
		MaxSkew: 1, TopologyKey: key, WhenUnsatisfiable: corev1.DoNotSchedule, LabelSelector: selector(),
	}
	if change != nil {
		change(&c)
	}
	return c
}

// apart forbids two pods in one domain.
func apart(key string) *corev1.Affinity {
	return &corev1.Affinity{PodAntiAffinity: &corev1.PodAntiAffinity{
		RequiredDuringSchedulingIgnoredDuringExecution: []corev1.PodAffinityTerm{{TopologyKey: key, LabelSelector: selector()}},
	}}
}

func deployment(n int, surge, unavailable string, spec corev1.PodSpec) simulate.Controller {
	return simulate.Controller{
		Name: "web", Kind: "Deployment", Replicas: n, Surge: share(surge), Unavailable: share(unavailable),
		Template: simulate.Template{Namespace: "shop", Labels: web, Spec: spec},
	}
}

// TestFenceposts holds the rounding of 25 % against numbers worked by hand: up for the surge, down for what may be missing.
func TestFenceposts(t *testing.T) {
	more := []int{0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3}
	fewer := []int{0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2}
	for n := range more {
		if m, f := simulate.Fenceposts(share("25%"), share("25%"), n); m != more[n] || f != fewer[n] && n > 0 {
			t.Errorf("25%% of %d: %d more, %d fewer; want %d, %d", n, m, f, more[n], fewer[n])
		}
	}
	for _, c := range []struct {
		n                  int
		surge, unavailable string
		more, fewer        int
	}{
		{2, "0", "1%", 0, 1}, // neither would let anything move
		{1, "0%", "0%", 0, 1},
		{3, "1%", "0", 1, 0},
		{3, "0", "5", 0, 3}, // no more than there are
		{4, "100%", "100%", 4, 4},
		{4, "banana", "-3", 0, 1},
	} {
		if m, f := simulate.Fenceposts(share(c.surge), share(c.unavailable), c.n); m != c.more || f != c.fewer {
			t.Errorf("%d pods, surge %s, unavailable %s: %d more, %d fewer; want %d, %d", c.n, c.surge, c.unavailable, m, f, c.more, c.fewer)
		}
	}
}

// TestRolloutKeepsItsPromise holds every rollout with room for it: it ends, and what is ready never falls below what may be missing,
// and does fall to it, since no old pod goes before one may be missing.
func TestRolloutKeepsItsPromise(t *testing.T) {
	for n := range 31 {
		for _, surge := range []string{"0", "1", "3", "10%", "25%", "50%", "100%"} {
			for _, unavailable := range []string{"0", "1", "10%", "25%", "34%", "100%"} {
				for _, broken := range []bool{false, true} {
					d := deployment(n, surge, unavailable, corev1.PodSpec{})
					d.Broken = broken
					c := simulate.New(zones(2, "a", "b"), []simulate.Controller{d}, nil)
					if o := c.Start(); !o.Done {
						t.Fatalf("%d pods do not start: %+v", n, o)
					}
					o := c.Rollout("web")
					_, fewer := simulate.Fenceposts(d.Surge, d.Unavailable, n)
					if o.Done == (broken && n > 0) || o.Least != n-fewer {
						t.Errorf("%d pods, surge %s, unavailable %s, broken %v: %+v, want at least %d ready",
							n, surge, unavailable, broken, o, n-fewer)
					}
				}
			}
		}
	}
}
