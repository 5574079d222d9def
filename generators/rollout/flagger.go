package rollout

import (
	"slices"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

// MetricTemplate is a query by which Flagger judges a new version: its own requests. A query without a result is a failed check.
var MetricTemplate = generator.Generator{
	Name: "metric-template",
	Reasons: generator.Reasons{
		"MetricTemplate spec.provider.type": "who reads the app's metrics",
	},
	Run: func(a app.App) []generator.Object {
		if !a.CanaryBy(app.ByFlagger) {
			return nil
		}
		var out []generator.Object
		for _, m := range measures(a) {
			out = append(out, &kube.MetricTemplate{
				TypeMeta:   kube.Type("flagger.app/v1beta1", "MetricTemplate"),
				ObjectMeta: kube.Meta(a, templateName(a, m)),
				Spec: kube.MetricTemplateSpec{
					Provider: kube.MetricProvider{Type: "prometheus", Address: a.Env.Scrape.URL},
					// The new version's pods are NAME-HASH-POD; the primary's, NAME-primary-HASH-POD, have one part more.
					Query: query(a, m, a.Name+"-[a-z0-9]+-[a-z0-9]{5}"),
				},
			})
		}
		return out
	},
}

// Canary lets Flagger bring in new versions: it clones the Deployment to NAME-primary, which serves, makes the Services and the
// route, and scales the Deployment itself up only for a new version.
var Canary = generator.Generator{
	Name: "canary",
	Reasons: generator.Reasons{
		"Canary spec.targetRef.apiVersion":        "the group of Deployments",
		"Canary spec.targetRef.kind":              "what Flagger can clone",
		"Canary spec.autoscalerRef.apiVersion":    "the version that the app's autoscaler is written in",
		"Canary spec.autoscalerRef.kind":          "each clone has its own; one that KEDA feeds would count the load of both",
		"Canary spec.revertOnDeletion":            "who leaves Flagger gets the Deployment scaled up before the primary goes",
		"Canary spec.service.portDiscovery":       "where the app has further ports, its Services have them, too",
		"Canary spec.service.retries.attempts":    "2, as Istio does without being told; more would multiply an overload",
		"Canary spec.service.retries.retryOn":     "only where the app has not seen the request: sending it again is always safe",
		"Canary spec.service.gatewayRefs[].group": "the default, written",
		"Canary spec.service.gatewayRefs[].kind":  "the default, written",
	},
	Run: func(a app.App) []generator.Object {
		port, ok := mainPort(a)
		if !a.CanaryBy(app.ByFlagger) || !ok {
			return nil
		}
		return []generator.Object{&kube.Canary{
			TypeMeta:   kube.Type("flagger.app/v1beta1", "Canary"),
			ObjectMeta: kube.Meta(a, a.Name),
			Spec: kube.CanarySpec{
				Provider:                map[string]string{"istio": "istio", "gateway": "gatewayapi:v1"}[a.Rollout.Split.Router],
				TargetRef:               kube.CanaryTarget{APIVersion: "apps/v1", Kind: "Deployment", Name: a.Name},
				AutoscalerRef:           kube.CanaryTarget{APIVersion: "autoscaling/v2", Kind: "HorizontalPodAutoscaler", Name: a.Name},
				ProgressDeadlineSeconds: a.Rollout.ProgressDeadlineSeconds,
				RevertOnDeletion:        true,
				Suspend:                 a.Rollout.Split.Hold,
				Service:                 canaryService(a, port),
				Analysis:                canaryAnalysis(a),
			},
		}}
	},
}

func templateName(a app.App, m app.Measure) string { return kube.Name(a.Name, m.Name) }

// mainPort is the one that is exposed, else the first that carries requests; the bool tells whether there is one.
func mainPort(a app.App) (app.Port, bool) {
	if a.Expose != nil {
		return a.Expose.Port, true
	}
	i := slices.IndexFunc(a.Ports, func(p app.Port) bool { return p.App != "" })
	if i < 0 {
		return app.Port{}, false
	}
	return a.Ports[i], true
}

// canaryService is the Services and the route that Flagger makes. A monitor finds the pods of each version once, by the labels of
// their own Services: the app's own one, which leads to the primary's pods a second time, has none.
func canaryService(a app.App, p app.Port) kube.CanaryService {
	monitored := kube.CanaryMetadata{Labels: kube.PeerLabels(a.Name, a.Kind)}
	s := kube.CanaryService{
		Name:          a.Name,
		Port:          p.Number,
		PortName:      p.Name,
		TargetPort:    p.Name,
		AppProtocol:   kube.AppProtocol(p),
		PortDiscovery: len(a.Ports) > 1,
		Primary:       monitored,
		Canary:        monitored,
	}
	routed := exposed(a, a.Rollout.Split.Router) // routers are called like the ways to expose an app
	if routed {
		s.Hosts = a.Expose.Hosts
	}
	switch {
	case a.Rollout.Split.Router == "istio":
		throughIstio(a, p, &s)
	case routed:
		s.GatewayRefs = parents(a)
		s.Match = []kube.IstioHTTPMatch{{URI: kube.IstioStringMatch{Prefix: prefix(a)}}} // Flagger makes it a path of whole segments
	}
	return s
}

// throughIstio binds the route to the Istio gateway that exposes the app, and to the mesh. Of an app that is exposed and has several
// ports it leaves calls inside the mesh alone, as they reach the primary: the one route that Flagger can make would lead all of them
// to the exposed port.
//
// It states no trafficPolicy: Flagger drops localityLbSetting.enabled: false on the way to its DestinationRules, and outlier detection
// without that makes callers prefer the pods of their own zone.
func throughIstio(a app.App, p app.Port, s *kube.CanaryService) {
	s.Timeout = timeout(a, p)
	s.Retries = &kube.IstioRetries{Attempts: 2, RetryOn: "connect-failure,refused-stream"}
	if !exposed(a, "istio") {
		s.Gateways = []string{kube.MeshGateway}
		return
	}
	gateway := a.Expose.Gateway.Namespace + "/" + a.Expose.Gateway.Name
	s.Gateways = []string{gateway}
	s.Match = uris(prefix(a))
	if a.Env.Mesh != "sidecar" || len(a.Ports) > 1 {
		return
	}
	for i := range s.Match {
		s.Match[i].Gateways = []string{gateway}
	}
	s.Gateways = append(s.Gateways, kube.MeshGateway)
	s.Match = append(s.Match, kube.IstioHTTPMatch{Gateways: []string{kube.MeshGateway}})
}

// canaryAnalysis is the steps. Flagger has one length for all of them, so it is that of the longest, and never less than what a look
// covers. It looks once, at the end of each step; a step with a bad look is held for another one.
func canaryAnalysis(a app.App) kube.CanaryAnalysis {
	split := a.Rollout.Split
	out := kube.CanaryAnalysis{Threshold: 1}
	var pause int64
	for _, step := range split.Steps {
		out.StepWeights = append(out.StepWeights, step.Weight)
		pause = max(pause, step.PauseSeconds)
	}
	if split.Analysis != nil {
		pause = max(pause, split.Analysis.WindowSeconds)
	}
	out.Interval = seconds(pause)
	if split.Sticky != nil && split.Sticky.Cookie != "" {
		out.SessionAffinity = &kube.CanaryAffinity{CookieName: split.Sticky.Cookie, MaxAge: split.Sticky.Seconds}
	}
	for _, m := range measures(a) {
		out.Threshold = split.Analysis.FailureLimit + 1 // the look that aborts counts
		out.Metrics = append(out.Metrics, kube.CanaryMetric{
			Name:           m.Name,
			Interval:       seconds(split.Analysis.WindowSeconds),
			TemplateRef:    kube.CanaryTemplateRef{Name: templateName(a, m)},
			ThresholdRange: kube.CanaryRange{Max: m.Limit},
		})
	}
	return out
}
