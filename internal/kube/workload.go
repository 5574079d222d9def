package kube

import "github.com/scantling/scantling/internal/app"

// WorkloadName returns the name of one workload of an app: the app's name, with the role of any but the stable version.
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

// UntrackedAnnotations stop Flagger from making a copy of a ConfigMap or Secret for each version of an app, which would be another
// object than the one that rotates; nil for an app that Flagger doesn't move.
func UntrackedAnnotations(a app.App) map[string]string {
	if !a.CanaryBy(app.ByFlagger) {
		return nil
	}
	return map[string]string{"flagger.app/config-tracking": "disabled"}
}
