package availability_test

import (
	"testing"

	policyv1 "k8s.io/api/policy/v1"

	"github.com/scantling/scantling/generators/availability"
	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/golden"
)

func checkout(d *app.Disruption) app.App {
	return app.App{Name: "checkout", Namespace: "shop", Team: "payments", Tier: app.Critical, Kind: app.Service, Disruption: d}
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
  name: checkout
  namespace: shop
spec:
  maxUnavailable: 1
  selector:
    matchLabels:
      app.kubernetes.io/component: app
      app.kubernetes.io/instance: checkout
      app.kubernetes.io/name: checkout
  unhealthyPodEvictionPolicy: AlwaysAllow
`)
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
