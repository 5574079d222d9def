package kube

import "github.com/scantling/scantling/internal/app"

// ComponentExternal is the component of a load balancer's Service: as with ComponentHeadless, who selects an app's Service by
// its labels must not find every pod a second time.
const ComponentExternal = "external"

// WorkloadKind returns the kind, of the group apps/v1, that runs an app that is not a cron app.
func WorkloadKind(a app.App) string {
	if a.Kind == app.Stateful {
		return "StatefulSet"
	}
	return "Deployment"
}
