package verify

import (
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/scantling/scantling/internal/inventory"
	"github.com/scantling/scantling/internal/simulate"
)

// TestArithmeticIsWhatIsPlayed holds what is reckoned of workloads without conditions against the simulator: what a rollout leaves, whether
// drains end, and what the loss of a zone leaves.
func TestArithmeticIsWhatIsPlayed(t *testing.T) {
	zones := []string{"a", "b", "c"}
	c := &checker{Facts: Facts{Zones: zones}}
	for n := 1; n <= 21; n++ {
		for i, limits := range [][2]string{{"25%", "25%"}, {"1", "0"}, {"0", "1"}, {"0", "10%"}, {"100%", "0"}, {"2", "50%"}} {
			w := workload(n, limits[0], limits[1])
			for _, kind := range []string{"Deployment", "StatefulSet"} {
				w.Kind = kind
				if kind == "StatefulSet" {
					w.Update.MaxSurge = intstr.FromInt32(0) // it has none
				}
				k, missing := conditionsOf(c, w)
				cluster, o := k.world(n, w, nil, zones)
				if missing != "" || k.hard() || !o.Done {
					t.Fatalf("%d pods do not start: %q %+v", n, missing, o)
				}
				if kind == "Deployment" {
					lost := cluster.Clone().Lose(func(node *simulate.Node) bool { return node.Labels[zoneKey] == "a" }, true)
					if want := n - fullest(n, len(zones)); lost.Least != want || len(lost.Pending) > 0 {
						t.Errorf("lose a zone of %d pods: %+v, reckoned %d", n, lost, want)
					}
				}
				if o := cluster.Rollout(w.Name); !o.Done || o.Least != readyDuring(c, w, n) {
					t.Errorf("%s of %d pods, %v: %+v, reckoned %d", kind, n, limits, o, readyDuring(c, w, n))
				}
			}
			for _, h := range []held{
				over(nil, limit("1")), over(nil, limit("25%")), over(limit("2"), nil), over(limit("80%"), nil), over(limit("100%"), nil),
			} {
				w.Kind = "Deployment"
				k, _ := conditionsOf(c, w)
				b := h.simulated(n)
				if d := drainAll(&k, n, w, b, zones); i == 0 && (d.node == "") != (b.Allows(n) > 0) {
					t.Errorf("drain %d pods under %s: %+v, reckoned %d", n, said(&h.Spec), d, b.Allows(n))
				}
			}
		}
	}
}

func limit(v string) *intstr.IntOrString { return new(intstr.Parse(v)) }

func over(minAvailable, maxUnavailable *intstr.IntOrString) held {
	b := &inventory.Budget{Object: &inventory.Object{}}
	b.Spec = policyv1.PodDisruptionBudgetSpec{MinAvailable: minAvailable, MaxUnavailable: maxUnavailable}
	return held{Budget: b}
}

func workload(n int, surge, unavailable string) *inventory.Workload {
	w := &inventory.Workload{Object: &inventory.Object{}, Replicas: new(int32(n))}
	w.Name, w.Template.ObjectMeta = "web", metav1.ObjectMeta{Labels: map[string]string{"app": "web"}}
	w.Update = inventory.Update{Kind: inventory.Rolling, MaxSurge: intstr.Parse(surge), MaxUnavailable: intstr.Parse(unavailable)}
	return w
}

// TestManyWorkloadsArePlayedOnce holds how much is played: workloads with the same conditions and numbers are played once.
func TestManyWorkloadsArePlayedOnce(t *testing.T) {
	c := &checker{Set: &inventory.Set{}, Facts: Facts{Zones: []string{"a", "b", "c"}}}
	keys := map[string]bool{}
	for i := range 50 {
		w := workload(6, "25%", "0")
		w.Name, w.Kind = fmt.Sprint("web-", i), "Deployment"
		w.Template.Labels = map[string]string{"app": w.Name}
		w.Template.Spec.TopologySpreadConstraints = []corev1.TopologySpreadConstraint{{
			MaxSkew: 1, TopologyKey: zoneKey, WhenUnsatisfiable: corev1.DoNotSchedule,
			LabelSelector: &metav1.LabelSelector{MatchLabels: w.Template.Labels},
		}}
		k, _ := conditionsOf(c, w)
		keys[k.key(6, w)] = true
		if i == 0 {
			keys[k.key(7, w)] = true
		}
	}
	if len(keys) != 2 {
		t.Errorf("50 workloads that are alike have %d keys", len(keys))
	}
}
