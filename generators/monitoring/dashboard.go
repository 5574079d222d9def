package monitoring

import (
	"cmp"
	"fmt"
	"strconv"

	corev1 "k8s.io/api/core/v1"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

// Dashboard shows an app on one page: what it promises, what it is asked, what it has to do that with, and what it would lose. It bears
// no version, because it is of all that run.
var Dashboard = generator.Generator{
	Name: "dashboard",
	Run: func(a app.App) []generator.Object {
		if !kube.HasDashboard(a) {
			return nil
		}
		a = steady(a)
		a.Version = ""
		meta := kube.Meta(a, kube.DashboardName(a))
		meta.Labels = kube.Merge(meta.Labels, a.Env.Grafana.Labels)
		meta.Annotations = map[string]string{"grafana_folder": a.Team} // what the sidecar of Grafana's chart reads, when it is told to
		return []generator.Object{&corev1.ConfigMap{
			TypeMeta:   kube.Type("v1", "ConfigMap"),
			ObjectMeta: meta,
			Data:       map[string]string{kube.DashboardKey(a): dashboard(a).JSON()},
		}}
	},
}

func dashboard(a app.App) kube.Dashboard {
	source := datasource(a.Env)
	d := kube.Dashboard{
		UID:           kube.DashboardUID(a),
		Title:         a.Namespace + " / " + a.Name,
		Description:   fmt.Sprintf("Made by Scantling for %s in %s: what is changed here is gone with the next delivery.", a.Name, a.Env.Name),
		Tags:          []string{kube.ManagedBy, a.Team, string(a.Tier)},
		SchemaVersion: 42, // of Grafana 12 and 13; older ones read it, too
		Timezone:      "browser",
		Time:          kube.DashboardTime{From: "now-24h", To: "now"},
		Refresh:       "1m", // a day is as many minutes as a wide screen has pixels
		GraphTooltip:  1,
		Links:         []kube.DashboardLink{},
		Templating:    kube.DashboardTemplating{List: []kube.DashboardVariable{}},
		Annotations:   kube.DashboardAnnotations{List: releases(a, source)},
		Panels: place(source, []section{
			{"Objectives", objectivePanels(a)},
			{"Load", requestPanels(a)},
			{"Versions", versionPanels(a)},
			{"Pods", podPanels(a)},
			{"Data", dataPanels(a)},
		}),
	}
	if a.Runbooks != "" {
		d.Links = []kube.DashboardLink{{Title: "Runbooks", Type: "link", URL: a.Runbooks, Icon: "doc", Tooltip: "what to do when something is wrong", Tags: []string{}, TargetBlank: true}}
	}
	if a.Env.Grafana.Datasource == "" {
		d.Templating.List = []kube.DashboardVariable{{
			Name: "datasource", Label: "Data source", Type: "datasource", Query: "prometheus",
			Current: kube.VariableOption{Text: "default", Value: "default"},
		}}
	}
	return d
}

// datasource is the Prometheus that the platform states, or the one that the reader chooses.
func datasource(env *app.Environment) kube.DatasourceRef {
	return kube.DatasourceRef{Type: "prometheus", UID: cmp.Or(env.Grafana.Datasource, "${datasource}")}
}

// releases marks when new pods came in. Where a ReplicaSet runs them, that was made for them; a StatefulSet only says which revision of
// its pods it wants.
func releases(a app.App, source kube.DatasourceRef) []kube.DashboardAnnotation {
	mark := kube.DashboardAnnotation{Name: "Releases", Datasource: source, Enable: true, IconColor: "blue", TitleFormat: "new pods"}
	switch a.Kind {
	case app.Cron:
		return []kube.DashboardAnnotation{}
	case app.Stateful:
		revision := seriesOf(a, kube.Matcher("statefulset", a.Name)).of("kube_statefulset_status_update_revision")
		mark.Target = kube.PanelTarget{RefID: "A", Datasource: source,
			Expr: "max by (revision) (" + revision + ") unless max by (revision) (" + revision + " offset $__rate_interval)"}
		mark.TagKeys = "revision"
	default:
		mark.Target = kube.PanelTarget{RefID: "A", Datasource: source,
			Expr: "1000 * max by (replicaset) (" + seriesOf(a, "replicaset=~"+strconv.Quote(kube.ReplicaSetPattern(a))).of("kube_replicaset_created") + ")"}
		mark.TagKeys, mark.UseValueForTime = "replicaset", true
	}
	return []kube.DashboardAnnotation{mark}
}
