package rollout

import (
	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

// A subset is one version of an app among the pods of its Service, and its share of the requests.
type subset struct {
	name   string
	labels map[string]string
	weight int32 // percent
}

// subsets are the versions of an app that Istio splits. The DestinationRule and the VirtualService are both made from them: neither
// names a subset that the other lacks, and the weights are 100 together.
func subsets(a app.App) []subset {
	stable := subset{string(app.RoleStable), kube.RoleLabels(app.RoleStable), 100}
	canary := subset{string(app.RoleCanary), kube.RoleLabels(app.RoleCanary), 0}
	switch {
	case a.CanaryBy(app.ByArgo):
		canary.labels = stable.labels // of all its pods: the controller adds the hash of each version's own, and moves the weights
	case a.Other == nil:
		return []subset{stable}
	default:
		canary.weight = a.Rollout.Split.Weight
		stable.weight -= canary.weight
	}
	return []subset{stable, canary}
}

// DestinationRule names the versions of an app that the VirtualService splits: without it, Istio answers 503 for every subset.
var DestinationRule = generator.Generator{
	Name: "destination-rule",
	Reasons: generator.Reasons{
		"DestinationRule spec.trafficPolicy.loadBalancer.simple":                       "Istio's default, written: the pod with the fewest open requests",
		"DestinationRule spec.trafficPolicy.loadBalancer.localityLbSetting.enabled":    "every pod gets its part, from whatever zone: outlier detection alone would make callers prefer their own zone, which overloads the two pods of a small canary",
		"DestinationRule spec.trafficPolicy.outlierDetection.consecutiveGatewayErrors": "five in a row, Istio's default for errors of any kind",
		"DestinationRule spec.trafficPolicy.outlierDetection.consecutive5xxErrors":     "a 500 is the app's own answer, and the same from every pod: leaving pods out would only shift the load",
		"DestinationRule spec.trafficPolicy.outlierDetection.interval":                 "Istio's default, written",
		"DestinationRule spec.trafficPolicy.outlierDetection.baseEjectionTime":         "Istio's default, written: longer each time that a pod fails again",
		"DestinationRule spec.trafficPolicy.outlierDetection.maxEjectionPercent":       "Istio's 10 could never leave out one pod of fewer than ten; half keeps one of two",
		"DestinationRule spec.trafficPolicy.connectionPool.tcp.connectTimeout":         "one lost packet is sent again after a second; Istio's ten would be half of a request's time",
		"DestinationRule spec.subsets[].name":                                          "the roles of versions that run side by side",
		"DestinationRule spec.subsets[].labels":                                        "of the pods of each version; Argo Rollouts adds the hash of its own",
	},
	Run: func(a app.App) []generator.Object {
		if !kube.IstioSplit(a) || len(kube.IstioDoors(a)) == 0 {
			return nil
		}
		var named []kube.IstioSubset
		for _, s := range subsets(a) {
			named = append(named, kube.IstioSubset{Name: s.name, Labels: s.labels})
		}
		return []generator.Object{&kube.DestinationRule{
			TypeMeta:   kube.Type("networking.istio.io/v1", "DestinationRule"),
			ObjectMeta: kube.Meta(a, a.Name),
			Spec: kube.DestinationRuleSpec{
				Host: a.Name,
				TrafficPolicy: kube.IstioTrafficPolicy{
					LoadBalancer:   kube.IstioLoadBalancer{Simple: "LEAST_REQUEST", LocalityLbSetting: kube.IstioLocality{Enabled: false}},
					ConnectionPool: kube.IstioConnectionPool{TCP: kube.IstioTCPSettings{ConnectTimeout: "2s"}},
					OutlierDetection: kube.IstioOutlierDetection{
						ConsecutiveGatewayErrors: 5,
						Consecutive5xxErrors:     0,
						Interval:                 "10s",
						BaseEjectionTime:         "30s",
						MaxEjectionPercent:       50,
					},
				},
				Subsets: named,
			},
		}}
	},
}
