package monitoring

import "github.com/scantling/scantling/internal/app"

// steady is the app with both versions that its rollout has at times, whether the other one runs now or not: a step of a release changes
// no rule and no dashboard but where it moves the users. What does not run has no series.
func steady(a app.App) app.App {
	if a.Other != nil {
		other := *a.Other
		if other.Disruption == nil {
			other.Disruption = a.Disruption // it has none while it is small
		}
		a.Other = &other
		return a
	}
	other := app.Side{Image: a.Image, Version: a.Version, Replicas: a.Replicas, Scaling: a.Scaling, Disruption: a.Disruption}
	switch {
	case a.Role == app.RoleBlue:
		other.Role = app.RoleGreen
	case a.Role == app.RoleGreen:
		other.Role = app.RoleBlue
	case a.CanaryBy(app.ByIstio), a.CanaryBy(app.ByGateway), a.CanaryBy(app.ByReplicas):
		other.Role = app.RoleCanary
	default:
		return a
	}
	a.Other = &other
	return a
}
