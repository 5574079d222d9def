package monitoring

import (
	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/kube"
	"github.com/scantling/scantling/internal/slo"
)

// objectsOf are the names by which an app's series are known. Requests to the idle colour of a blue-green are nobody's but its
// testers': what fails there has been promised to nobody.
func objectsOf(a app.App) slo.Objects {
	n := slo.Objects{
		Services:  []string{a.Name},
		Backends:  []string{a.Name},
		Workloads: kube.WorkloadNames(users(a)),
		Serving:   kube.WorkloadNames(serving(a)),
		Kind:      kube.WorkloadKind(a),
		Probe:     kube.ProbeName(a),
	}
	switch {
	case a.Kind == app.Cron:
		return slo.Objects{Probe: n.Probe}
	case a.CanaryBy(app.ByFlagger):
		n.Services = []string{kube.CanaryName(a), kube.PrimaryName(a)}
		n.Backends = n.Services
		n.Serving = []string{kube.PrimaryName(a)}
	case a.CanaryBy(app.ByGateway) && a.Other != nil:
		n.Services = append(n.Services, kube.CanaryName(a))
		n.Backends = n.Services
	}
	for _, v := range a.Workloads() {
		if v.Scaling != nil && v.Scaling.KEDA {
			n.Scalers = append(n.Scalers, kube.WorkloadName(v))
		}
	}
	return n
}

// users is the app without a version that no user reaches.
func users(a app.App) app.App {
	if a.Rollout.Strategy == app.BlueGreen {
		a.Other = nil
	}
	return a
}

// serving is the app with the versions any of whose pods can serve any user: all of them where they are behind one Service, else the
// main one, which has the traffic that no canary takes over.
func serving(a app.App) app.App {
	if !a.CanaryBy(app.ByReplicas) {
		a.Other = nil
	}
	return a
}
