package kube

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/scantling/scantling/internal/app"
)

// DashboardUID is what Grafana knows an app's dashboard by: it is the same for as long as the app has its name and its place, so
// links to it live on. Grafana takes at most 40 characters.
func DashboardUID(a app.App) string {
	sum := sha256.Sum256([]byte(a.Env.Name + "/" + a.Namespace + "/" + a.Name))
	return hex.EncodeToString(sum[:20])
}

// DashboardURL is where a person looks at an app's dashboard; empty where nobody shows one, or where that is not stated.
func DashboardURL(a app.App) string {
	if !HasDashboard(a) || a.Env.Grafana.URL == "" {
		return ""
	}
	return strings.TrimRight(a.Env.Grafana.URL, "/") + "/d/" + DashboardUID(a)
}

// HasDashboard reports whether an app has a dashboard: somebody shows it, and there is something on it.
func HasDashboard(a app.App) bool {
	return a.Env.Grafana != nil && a.Env.Has("grafana") && a.Env.Has("prometheus")
}

// DashboardName is the name of the ConfigMap that holds an app's dashboard.
func DashboardName(a app.App) string { return a.Name + "-dashboard" }
