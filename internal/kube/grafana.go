package kube

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"

	"github.com/scantling/scantling/internal/app"
)

// DashboardUID is what Grafana knows an app's dashboard by: it is the same for as long as the app has its name and its place, so
// links to it live on. Grafana takes at most 40 characters.
func DashboardUID(a app.App) string {
	sum := sha256.Sum256([]byte(a.Env.Name + "/" + a.Namespace + "/" + a.Name))
	return hex.EncodeToString(sum[:20])
}

// DashboardURL is where a person finds an app's dashboard; empty where there is none, and where nobody states the address of
// Grafana. A query stays, as that which names one of Grafana's organisations.
func DashboardURL(a app.App) string {
	if !HasDashboard(a) || a.Env.Grafana.URL == "" {
		return ""
	}
	u, err := url.Parse(a.Env.Grafana.URL)
	if err != nil {
		return ""
	}
	u.Fragment = ""
	return withoutBraces(u.JoinPath("d", DashboardUID(a)).String())
}

// HasDashboard reports whether an app has a dashboard: somebody shows it, and there is something on it.
func HasDashboard(a app.App) bool {
	return a.Env.Grafana != nil && a.Env.Has("grafana") && Measured(a)
}

// Measured reports whether Prometheus reads the app, its databases, or what is said about its objectives.
func Measured(a app.App) bool {
	read := a.Metrics != nil || a.SLO.Measured() || a.Env.Scrape != nil && len(a.Clusters) > 0
	return read && a.Env.Has("prometheus")
}

// DashboardName is the name of the ConfigMap that holds an app's dashboard.
func DashboardName(a app.App) string { return a.Name + "-dashboard" }

// DashboardKey is the name of the file that it becomes. The sidecar of Grafana writes the files of all namespaces into one folder, and
// no name of a namespace or an app has a dot.
func DashboardKey(a app.App) string { return a.Namespace + "." + a.Name + ".json" }

// ReplicaSetPattern returns a regular expression that the names of an app's ReplicaSets match, and no others.
func ReplicaSetPattern(a app.App) string {
	return anyOf(WorkloadNames(a)) + "-" + hashed + "{1,10}"
}
