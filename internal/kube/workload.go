package kube

import (
	"fmt"

	"github.com/scantling/scantling/internal/app"
)

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

// OwnService returns the name and the component of the Service that leads to the version beside the main one, and to nothing else;
// "" where there is none: both are behind the app's own.
func OwnService(a app.App) (name, component string) {
	switch {
	case a.Rollout.Strategy == app.BlueGreen:
		return PreviewName(a), ComponentPreview
	case a.CanaryBy(app.ByGateway):
		return CanaryName(a), ComponentCanary
	}
	return "", ""
}

// PrimaryName is the name of the Deployment that Flagger makes: it serves, while the app's own one is only scaled up for a new version.
func PrimaryName(a app.App) string { return a.Name + "-primary" }

// RequestRate returns the PromQL query of the requests per second to the pods of one workload of an app, over four readings: enough
// for a rate when one of them fails. The pods are known by their names: versions share a Service, or change places behind it.
func RequestRate(a app.App, workload string) string {
	pods := workload + "-[a-z0-9]+-[a-z0-9]+" // of a ReplicaSet and a pod
	if a.Kind == app.Stateful {
		pods = workload + "-[0-9]+"
	}
	return fmt.Sprintf(`sum(rate(http_requests_total{namespace=%q,pod=~%q}[%ds]))`, a.Namespace, pods, 4*a.Metrics.IntervalSeconds)
}

// UntrackedAnnotations stop Flagger from making a copy of a ConfigMap or Secret for each version of an app, which would be another
// object than the one that rotates; nil for an app that Flagger doesn't move.
func UntrackedAnnotations(a app.App) map[string]string {
	if !a.CanaryBy(app.ByFlagger) {
		return nil
	}
	return map[string]string{"flagger.app/config-tracking": "disabled"}
}
