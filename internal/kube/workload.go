package kube

import "github.com/scantling/scantling/internal/app"

// ComponentExternal is the component of a load balancer's Service: as with ComponentHeadless, who selects an app's Service by
// its labels must not find every pod a second time.
const ComponentExternal = "external"

// WorkloadName returns the name of what runs one version of an app: the app's name, with the role of any but the stable one.
func WorkloadName(a app.App) string {
	if a.Role == "" || a.Role == app.RoleStable {
		return a.Name
	}
	return a.Name + "-" + string(a.Role)
}

// WorkloadKind returns the kind that runs an app that is not a cron app.
func WorkloadKind(a app.App) string {
	switch {
	case a.Kind == app.Stateful:
		return "StatefulSet"
	case a.CanaryBy(app.ByArgo):
		return "Rollout"
	}
	return "Deployment"
}

// WorkloadVersion returns the apiVersion of WorkloadKind.
func WorkloadVersion(a app.App) string {
	if a.CanaryBy(app.ByArgo) {
		return "argoproj.io/v1alpha1"
	}
	return "apps/v1"
}

// PreviewName is the name of the Service that leads to the idle colour.
func PreviewName(a app.App) string { return a.Name + "-preview" }

// CanaryName is the name of the Service that leads to the canary alone, for routes that weigh Services.
func CanaryName(a app.App) string { return a.Name + "-canary" }

// PrimaryName is the name of the Deployment that Flagger makes: it serves, while the app's own one is only scaled up for a new version.
func PrimaryName(a app.App) string { return a.Name + "-primary" }
