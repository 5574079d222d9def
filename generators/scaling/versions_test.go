package scaling_test

import (
	"fmt"
	"regexp"
	"slices"
	"testing"

	autoscalingv2 "k8s.io/api/autoscaling/v2"

	"github.com/scantling/scantling/generators/scaling"
	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/kube"
)

// beside returns checkout with a second version.
func beside(role app.Role, min, max int32) app.App {
	a := checkout()
	a.Other = &app.Side{Role: role, Replicas: app.Replicas{Min: min, Max: max}, Scaling: a.Scaling}
	return a
}

// by returns checkout as an engine moves it.
func by(engine app.Engine) app.App {
	a := checkout()
	a.Rollout.Strategy, a.Rollout.Split = app.Canary, &app.Split{Engine: engine}
	return a
}

// targets sums up who is scaled, and between which numbers.
func targets(a app.App) []string {
	var out []string
	for _, o := range slices.Concat(scaling.HorizontalPodAutoscaler.Run(a), scaling.ScaledObject.Run(a)) {
		switch o := o.(type) {
		case *autoscalingv2.HorizontalPodAutoscaler:
			t := o.Spec.ScaleTargetRef
			out = append(out, fmt.Sprintf("%s: %s %s %s %d-%d", o.Name, t.APIVersion, t.Kind, t.Name, *o.Spec.MinReplicas, o.Spec.MaxReplicas))
		case *kube.ScaledObject:
			t := o.Spec.ScaleTargetRef
			out = append(out, fmt.Sprintf("%s: %s %s %s %d-%d", o.Name, t.APIVersion, t.Kind, t.Name, o.Spec.MinReplicaCount, o.Spec.MaxReplicaCount))
		}
	}
	return out
}

func TestEachVersionScalesByItself(t *testing.T) {
	colours := beside(app.RoleBlue, 5, 9)
	colours.Role, colours.Rollout.Strategy, colours.Rollout.Phase = app.RoleGreen, app.BlueGreen, app.PhaseWarm
	fixed := beside(app.RoleCanary, 1, 1)
	fixed.Scaling, fixed.Other.Scaling = nil, nil
	resting := beside(app.RoleCanary, 1, 1)
	resting.Replicas.Max, resting.Other.Scaling = resting.Replicas.Min, nil
	restingByRequests := resting
	restingByRequests.Scaling = new(*resting.Scaling)
	restingByRequests.Scaling.KEDA, restingByRequests.Scaling.RPS = true, 50
	based := checkout()
	based.Base = &app.Base{Pods: 1}
	basedByRequests := based
	basedByRequests.Scaling = new(*based.Scaling)
	basedByRequests.Scaling.KEDA, basedByRequests.Scaling.RPS = true, 50
	queue := by(app.ByArgo)
	queue.Scaling.KEDA, queue.Scaling.RPS = true, 50
	for name, tt := range map[string]struct {
		app  app.App
		want []string
	}{
		"E03: a warm colour has the capacity for a flip": {colours, []string{
			"checkout-green: apps/v1 Deployment checkout-green 2-9", "checkout-blue: apps/v1 Deployment checkout-blue 5-9",
		}},
		"canary": {beside(app.RoleCanary, 2, 3), []string{
			"checkout: apps/v1 Deployment checkout 2-9", "checkout-canary: apps/v1 Deployment checkout-canary 2-3",
		}},
		"pods make the share":                          {fixed, nil},
		"pods make the share, and an autoscaler rests": {resting, []string{"checkout: apps/v1 Deployment checkout 2-2"}},
		"pods make the share, and KEDA rests":          {restingByRequests, []string{"checkout: apps/v1 Deployment checkout 2-2"}},
		"above a base":                                 {based, []string{"checkout: apps/v1 Deployment checkout 1-8"}},
		"above a base, by requests":                    {basedByRequests, []string{"checkout: apps/v1 Deployment checkout 1-8"}},
		"argo":                                         {by(app.ByArgo), []string{"checkout: argoproj.io/v1alpha1 Rollout checkout 2-9"}},
		"argo and keda":                                {queue, []string{"checkout: argoproj.io/v1alpha1 Rollout checkout 2-9"}},
		"flagger":                                      {by(app.ByFlagger), []string{"checkout: apps/v1 Deployment checkout 2-9"}},
	} {
		if got := targets(tt.app); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

// TestFlaggerClonesAFixedNumber: its target has no number of its own, so an autoscaler says it, which never scales.
func TestFlaggerClonesAFixedNumber(t *testing.T) {
	a := by(app.ByFlagger)
	a.Scaling, a.Replicas = nil, app.Replicas{Min: 3, Max: 3}
	want := []string{"checkout: apps/v1 Deployment checkout 3-3"}
	if got := targets(a); !slices.Equal(got, want) {
		t.Fatalf("got %q, want %q", got, want)
	}
	spec := scaling.HorizontalPodAutoscaler.Run(a)[0].(*autoscalingv2.HorizontalPodAutoscaler).Spec
	if len(spec.Metrics) != 1 || spec.Behavior != nil {
		t.Errorf("Kubernetes would add what is left out: %v", spec)
	}
}

// TestEachVersionCountsItsOwnRequests: a query of all of them would make both versions scale for the whole load.
func TestEachVersionCountsItsOwnRequests(t *testing.T) {
	a := beside(app.RoleCanary, 2, 3)
	a.Scaling.KEDA, a.Scaling.RPS, a.Scaling.CPUPercent = true, 50, 0
	pods := map[string]string{
		"checkout":        "checkout-7d4b9c8f6d-x2x9z",
		"checkout-canary": "checkout-canary-5f6b7c8d9f-abcde",
		"":                "checkout-primary-5f6b7c8d9f-abcde",
		"checkout-base":   "checkout-base-6c7d8e9f4b-abcde",
	}
	for _, o := range scaling.ScaledObject.Run(a) {
		query := o.(*kube.ScaledObject).Spec.Triggers[0].Metadata["query"]
		found := regexp.MustCompile(`pod=~"([^"]+)"`).FindStringSubmatch(query)
		if found == nil {
			t.Fatalf("%s counts everybody's requests: %s", o.GetName(), query)
		}
		pattern := regexp.MustCompile("^(?:" + found[1] + ")$") // as Prometheus reads it
		for version, pod := range pods {
			if got := pattern.MatchString(pod); got != (version == o.GetName()) {
				t.Errorf("%s counts the requests to %s: %t", o.GetName(), pod, got)
			}
		}
	}
}

func TestStatefulPodsAreCountedByNumber(t *testing.T) {
	a := checkout()
	a.Kind, a.Role = app.Stateful, ""
	a.Scaling.KEDA, a.Scaling.RPS, a.Scaling.CPUPercent = true, 50, 0
	got := scaling.ScaledObject.Run(a)[0].(*kube.ScaledObject).Spec.Triggers[0].Metadata["query"]
	if want := `sum(rate(http_requests_total{namespace="shop",pod=~"checkout-[0-9]+"}[120s]))`; got != want {
		t.Errorf("the query is %s, want %s", got, want)
	}
}

func TestWhatServesIsMeasured(t *testing.T) {
	for name, tt := range map[string]struct {
		app  app.App
		want []string
	}{
		"canary":  {beside(app.RoleCanary, 2, 3), []string{"Deployment checkout", "Deployment checkout-canary"}},
		"argo":    {by(app.ByArgo), []string{"Rollout checkout"}},
		"flagger": {by(app.ByFlagger), []string{"Deployment checkout-primary"}},
	} {
		var got []string
		for _, o := range scaling.VerticalPodAutoscaler.Run(tt.app) {
			ref := o.(*kube.VerticalPodAutoscaler).Spec.TargetRef
			got = append(got, ref.Kind+" "+ref.Name)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}
