package availability_test

import (
	"maps"
	"testing"

	policyv1 "k8s.io/api/policy/v1"

	"github.com/scantling/scantling/generators/availability"
	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/golden"
	"github.com/scantling/scantling/internal/kube"
)

func checkout(d *app.Disruption) app.App {
	return app.App{Name: "checkout", Namespace: "shop", Team: "payments", Tier: app.Critical, Kind: app.Service, Role: app.RoleStable, Disruption: d}
}

func TestE10BudgetNeverBlocksADrain(t *testing.T) {
	golden.Objects(t, availability.DisruptionBudget.Run(checkout(&app.Disruption{MaxUnavailable: "1"})), `
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  labels:
    app.kubernetes.io/component: app
    app.kubernetes.io/instance: checkout
    app.kubernetes.io/managed-by: scantling
    app.kubernetes.io/name: checkout
    app.kubernetes.io/part-of: shop
    scantling.dev/owner: payments
    scantling.dev/tier: critical
    scantling.dev/track: stable
  name: checkout
  namespace: shop
spec:
  maxUnavailable: 1
  selector:
    matchLabels:
      app.kubernetes.io/component: app
      app.kubernetes.io/instance: checkout
      app.kubernetes.io/name: checkout
      scantling.dev/track: stable
  unhealthyPodEvictionPolicy: AlwaysAllow
`)
}

// TestOneBudgetOfAnAppAndItsBase wants one for the pods of both workloads: a pod of two budgets can't be evicted at all, and of two
// budgets a drain takes twice as many as the app can bear.
func TestOneBudgetOfAnAppAndItsBase(t *testing.T) {
	a := checkout(&app.Disruption{MaxUnavailable: "1"})
	a.Tier, a.Replicas, a.Base = app.Standard, app.Replicas{Min: 3, Max: 3}, &app.Base{Pods: 2}
	made := availability.DisruptionBudget.Run(a)
	if len(made) != 1 || made[0].GetName() != "checkout" {
		t.Fatalf("%d budgets", len(made))
	}
	selector := made[0].(*policyv1.PodDisruptionBudget).Spec.Selector.MatchLabels
	for _, w := range a.Workloads() {
		labels := kube.PodLabels(w)
		for key, value := range selector {
			if labels[key] != value {
				t.Errorf("the pods of %s have %s %q, and the budget is of %q", kube.WorkloadName(w), key, labels[key], value)
			}
		}
	}
}

func TestBudgetFollowsTheDisruption(t *testing.T) {
	for name, tt := range map[string]struct {
		disruption app.Disruption
		max        string
		policy     policyv1.UnhealthyPodEvictionPolicyType
	}{
		"a number":  {app.Disruption{MaxUnavailable: "2"}, "2", policyv1.AlwaysAllow},
		"a percent": {app.Disruption{MaxUnavailable: "10%"}, "10%", policyv1.AlwaysAllow},
		"a quorum":  {app.Disruption{MaxUnavailable: "1", Quorum: true}, "1", policyv1.IfHealthyBudget},
	} {
		t.Run(name, func(t *testing.T) {
			budget := availability.DisruptionBudget.Run(checkout(&tt.disruption))[0].(*policyv1.PodDisruptionBudget)
			if got := budget.Spec.MaxUnavailable.String(); got != tt.max {
				t.Errorf("maxUnavailable is %s, want %s", got, tt.max)
			}
			if got := *budget.Spec.UnhealthyPodEvictionPolicy; got != tt.policy {
				t.Errorf("unhealthyPodEvictionPolicy is %s, want %s", got, tt.policy)
			}
		})
	}
}

func TestNoBudgetForLonePodsAndRuns(t *testing.T) {
	lone := checkout(nil)
	run := checkout(&app.Disruption{MaxUnavailable: "1"})
	run.Kind = app.Cron
	for _, a := range []app.App{lone, run} {
		if objects := availability.DisruptionBudget.Run(a); len(objects) > 0 {
			t.Errorf("kind %s with %d replicas has a budget", a.Kind, a.Replicas.Min)
		}
	}
}

// budgets returns the selector of each budget by its name.
func budgets(a app.App) map[string]map[string]string {
	out := map[string]map[string]string{}
	for _, o := range availability.DisruptionBudget.Run(a) {
		out[o.GetName()] = o.(*policyv1.PodDisruptionBudget).Spec.Selector.MatchLabels
	}
	return out
}

func TestE01ABudgetCountsItsOwnColourOnly(t *testing.T) {
	a := checkout(&app.Disruption{MaxUnavailable: "10%"})
	a.Role, a.Rollout.Strategy = app.RoleGreen, app.BlueGreen
	a.Other = &app.Side{Role: app.RoleBlue, Disruption: &app.Disruption{MaxUnavailable: "1"}}
	got := budgets(a)
	for name, colour := range map[string]string{"checkout-green": "green", "checkout-blue": "blue"} {
		if got[name][kube.LabelColor] != colour {
			t.Errorf("%s selects %v", name, got[name])
		}
	}
	a.Other.Disruption = nil
	if got := budgets(a); len(got) != 1 || got["checkout-green"] == nil {
		t.Errorf("a lone idle pod has a budget: %v", got)
	}
}

func TestBudgetsOfACanary(t *testing.T) {
	a := checkout(&app.Disruption{MaxUnavailable: "1"})
	a.Other = &app.Side{Role: app.RoleCanary, Disruption: &app.Disruption{MaxUnavailable: "1"}}
	got := budgets(a)
	if len(got) != 2 || got["checkout"][kube.LabelTrack] != "stable" || got["checkout-canary"][kube.LabelTrack] != "canary" {
		t.Errorf("the budgets are %v", got)
	}
}

// TestFlaggersPrimaryHasABudget: its pods have the labels of the app's, but for the name, and no others.
func TestFlaggersPrimaryHasABudget(t *testing.T) {
	a := checkout(&app.Disruption{MaxUnavailable: "1"})
	a.Rollout.Split = &app.Split{Engine: app.ByFlagger}
	target := kube.PodLabels(a)
	primary := kube.Merge(target, map[string]string{kube.LabelName: "checkout-primary"})
	got := budgets(a)
	if len(got) != 2 {
		t.Fatalf("the budgets are %v", got)
	}
	selects := func(name string, pod map[string]string) bool { return maps.Equal(kube.Merge(pod, got[name]), pod) }
	if !selects("checkout", target) || selects("checkout", primary) || !selects("checkout-primary", primary) || selects("checkout-primary", target) {
		t.Errorf("two budgets on one pod, or none: %v", got)
	}
}

// TestPoolersHaveBudgets wants a drain to leave poolers, and to get past a lone one.
func TestPoolersHaveBudgets(t *testing.T) {
	for instances, want := range map[int32]int{0: 0, 1: 0, 2: 1, 3: 1} {
		a := checkout(nil)
		a.Clusters = []app.Cluster{{Name: "checkout-orders", Pooler: &app.Pooler{Name: "checkout-orders-pooler", Instances: instances}}}
		if instances == 0 {
			a.Clusters[0].Pooler = nil
		}
		made := availability.PoolerBudget.Run(a)
		if len(made) != want {
			t.Errorf("%d instances: %d budgets, want %d", instances, len(made), want)
		}
		for _, o := range made {
			spec := o.(*policyv1.PodDisruptionBudget).Spec
			if spec.MaxUnavailable.IntValue() != 1 || spec.Selector.MatchLabels["cnpg.io/poolerName"] != "checkout-orders-pooler" {
				t.Errorf("%d instances: %+v", instances, spec)
			}
		}
	}
}
