package workload

import (
	"fmt"

	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

const (
	// scaleDownSeconds is for how long pods that get no requests any more stay at least, and Argo Rollouts' own default: until every
	// proxy has heard of the new weights.
	scaleDownSeconds = 30
	// headerRouteName is the name of the route that Argo Rollouts adds for requests that always reach the new version.
	headerRouteName = "header"
)

// Rollout runs services and workers that Argo Rollouts moves to a new version: the pods of a Deployment, and the steps.
var Rollout = generator.Generator{
	Name: "rollout",
	Reasons: rolloutReasons(reasons("Rollout", "spec.template.spec", generator.Reasons{
		"spec.progressDeadlineAbort":                                "a new version that does not start gives its traffic back by itself",
		"spec.strategy.canary.analysis.args[].name":                 "what the AnalysisTemplate calls it",
		"spec.strategy.canary.analysis.args[].valueFrom":            "the new version's pods alone are judged",
		"spec.strategy.canary.trafficRouting.managedRoutes":         "the route is Argo Rollouts' own: it comes with a release, and goes with it",
		"spec.strategy.canary.steps[].setHeaderRoute.name":          "one of managedRoutes",
		"spec.strategy.canary.trafficRouting.istio.destinationRule": "the subsets by the names that the DestinationRule gives them",
		"spec.strategy.canary.trafficRouting.istio.virtualService":  "the routes whose weights move, by the names that the VirtualService gives them",
	}, podReasons, runningReasons, deployedReasons)),
	Run: func(a app.App) []generator.Object {
		if !deployed(a) || !a.CanaryBy(app.ByArgo) {
			return nil
		}
		return []generator.Object{&kube.Rollout{
			TypeMeta:   kube.Type("argoproj.io/v1alpha1", "Rollout"),
			ObjectMeta: kube.VersionMeta(a),
			Spec: kube.RolloutSpec{
				Replicas:                replicas(a),
				RevisionHistoryLimit:    new(a.Rollout.RevisionHistory),
				MinReadySeconds:         a.Rollout.MinReadySeconds,
				ProgressDeadlineSeconds: new(a.Rollout.ProgressDeadlineSeconds),
				ProgressDeadlineAbort:   true,
				Selector:                kube.Selector(a),
				Strategy:                kube.RolloutStrategy{Canary: canary(a)},
				Template:                podTemplate(a),
			},
		}}
	},
}

// rolloutReasons leaves out what the sidecars of a Rollout have not.
func rolloutReasons(all generator.Reasons) generator.Reasons {
	delete(all, "Rollout spec.template.spec.initContainers[].resizePolicy")
	return all
}

func canary(a app.App) kube.RolloutCanary {
	c := kube.RolloutCanary{
		MaxSurge:       new(intstr.Parse(a.Rollout.MaxSurge)),
		MaxUnavailable: new(intstr.Parse(a.Rollout.MaxUnavailable)),
		Steps:          canarySteps(a.Rollout.Split),
		Analysis:       analysis(a),
	}
	if !kube.IstioSplit(a) {
		return c
	}
	c.TrafficRouting = trafficRouting(a)
	// Their connections are drained as those of any pod that goes.
	delay := max(scaleDownSeconds, int32(a.Health.GraceSeconds))
	c.ScaleDownDelaySeconds, c.AbortScaleDownDelaySeconds = new(delay), new(delay)
	if least := a.Rollout.Split.MinPods; least > 0 {
		c.MinPodsPerReplicaSet = new(least)
	}
	return c
}

// canarySteps returns the weights and how long each is held. A split on hold waits at each for somebody to promote it: spec.paused
// would keep the weight, too, but also stop every scaling, and a first install would start no pod.
func canarySteps(s *app.Split) []kube.RolloutStep {
	var out []kube.RolloutStep
	for i, step := range s.Steps {
		out = append(out, kube.RolloutStep{SetWeight: new(step.Weight)})
		if i == 0 && headerRouted(s) {
			out = append(out, headerRoute(s.Header)) // not before the new version has pods
		}
		switch {
		case s.Hold:
			out = append(out, kube.RolloutStep{Pause: &kube.RolloutPause{}})
		case step.PauseSeconds > 0:
			out = append(out, kube.RolloutStep{Pause: &kube.RolloutPause{Duration: fmt.Sprintf("%ds", step.PauseSeconds)}})
		}
	}
	return out
}

// headerRouted reports whether requests with a header can be told from others: whole pods can't.
func headerRouted(s *app.Split) bool { return s.Header != nil && s.Router == "istio" }

func headerRoute(h *app.Header) kube.RolloutStep {
	return kube.RolloutStep{SetHeaderRoute: &kube.SetHeaderRoute{
		Name:  headerRouteName,
		Match: []kube.RolloutHeaderMatch{{HeaderName: h.Name, HeaderValue: kube.IstioStringMatch{Exact: h.Value}}},
	}}
}

// analysis judges the new version in the background, once it has its first share: before that there is nothing to see.
func analysis(a app.App) *kube.RolloutAnalysis {
	if a.Rollout.Split.Analysis == nil {
		return nil
	}
	first := int32(1)
	if headerRouted(a.Rollout.Split) {
		first++
	}
	return &kube.RolloutAnalysis{
		Templates:    []kube.AnalysisTemplateRef{{TemplateName: a.Name}},
		Args:         []kube.AnalysisArgument{{Name: "hash", ValueFrom: kube.AnalysisValueOf{PodTemplateHashValue: "Latest"}}},
		StartingStep: first,
	}
}

// weightedRoutes names the routes of the VirtualService whose weights move: all of them, or callers at one door would stay behind.
func weightedRoutes(a app.App) kube.RolloutVirtualService {
	out := kube.RolloutVirtualService{Name: a.Name}
	for _, d := range kube.IstioDoors(a) {
		if d.Route == "" {
			out.TCPRoutes = append(out.TCPRoutes, kube.RolloutTCPRoute{Port: d.Port.Number})
			continue
		}
		out.Routes = append(out.Routes, d.Route)
	}
	return out
}

func trafficRouting(a app.App) *kube.RolloutTrafficRouting {
	out := &kube.RolloutTrafficRouting{Istio: kube.RolloutIstio{
		VirtualService: weightedRoutes(a),
		DestinationRule: kube.RolloutDestinationRule{
			Name:             a.Name,
			StableSubsetName: string(app.RoleStable),
			CanarySubsetName: string(app.RoleCanary),
		},
	}}
	if headerRouted(a.Rollout.Split) {
		out.ManagedRoutes = []kube.ManagedRoute{{Name: headerRouteName}}
	}
	return out
}
