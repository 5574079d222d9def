package monitoring_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/scantling/scantling/generators/monitoring"
	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/golden"
	"github.com/scantling/scantling/internal/kube"
	"github.com/scantling/scantling/internal/slo"
)

// board is what the tests read of a dashboard's JSON.
type board struct {
	UID, Title  string
	Tags        []string
	Links       []struct{ URL string }
	Templating  struct{ List []struct{ Name string } }
	Annotations struct{ List []struct{ Target query } }
	Panels      []drawn
}

type drawn struct {
	ID                       int
	Type, Title, Description string
	GridPos                  struct{ H, W, X, Y int }
	Targets                  []query
	FieldConfig              struct {
		Defaults struct {
			Unit       string
			Min        *float64
			Thresholds struct {
				Steps []struct {
					Color string
					Value *float64
				}
			}
		}
	}
}

type query struct {
	RefID      string
	Expr       string
	Datasource struct{ Type, UID string }
}

// text returns an app's dashboard, and the ConfigMap that holds it.
func text(t *testing.T, a app.App) (string, *corev1.ConfigMap) {
	t.Helper()
	made := monitoring.Dashboard.Run(a)
	if len(made) != 1 {
		t.Fatalf("%s has %d dashboards", a.Name, len(made))
	}
	m := made[0].(*corev1.ConfigMap)
	if len(m.Data) != 1 {
		t.Fatalf("%s has the files %v", a.Name, m.Data)
	}
	return m.Data[kube.DashboardKey(a)], m
}

func read(t *testing.T, a app.App) board {
	t.Helper()
	raw, _ := text(t, a)
	var b board
	if err := json.Unmarshal([]byte(raw), &b); err != nil {
		t.Fatalf("%s: %v in\n%s", a.Name, err, raw)
	}
	return b
}

func TestDashboards(t *testing.T) {
	for _, a := range []app.App{shown("web", "http"), queue(), nightly(), ledger()} {
		golden.ObjectsFile(t, monitoring.Dashboard.Run(a), "testdata/dashboard_"+a.Name+".yaml")
	}
}

// TestPanels looks at nothing but the JSON of each dashboard.
func TestPanels(t *testing.T) {
	for _, a := range shownApps() {
		t.Run(a.Name, func(t *testing.T) {
			b := read(t, a)
			if len(b.Panels) < 6 {
				t.Errorf("only %d panels", len(b.Panels))
			}
			for i, p := range b.Panels {
				if p.ID != i+1 {
					t.Errorf("panel %d has the number %d", i+1, p.ID)
				}
				if g := p.GridPos; g.W < 1 || g.H < 1 || g.X < 0 || g.X+g.W > 24 {
					t.Errorf("%s lies outside the grid: %+v", p.Title, g)
				}
				for _, other := range b.Panels[:i] {
					if overlap(p, other) {
						t.Errorf("%s lies over %s", p.Title, other.Title)
					}
					if p.Title == other.Title {
						t.Errorf("two panels are called %s", p.Title)
					}
				}
				if p.Type == "row" {
					continue
				}
				judgePanel(t, p)
			}
		})
	}
}

func overlap(a, b drawn) bool {
	p, q := a.GridPos, b.GridPos
	return p.X < q.X+q.W && q.X < p.X+p.W && p.Y < q.Y+q.H && q.Y < p.Y+p.H
}

// units are those of Grafana that we use; a suffix is any text.
var units = []string{"percentunit", "s", "bytes", "reqps", "short", "suffix:x", "suffix:CPU"}

func judgePanel(t *testing.T, p drawn) {
	t.Helper()
	d := p.FieldConfig.Defaults
	if !slices.Contains(units, d.Unit) {
		t.Errorf("%s has the unit %q", p.Title, d.Unit)
	}
	if len(p.Targets) == 0 {
		t.Errorf("%s asks nothing", p.Title)
	}
	for i, q := range p.Targets {
		if q.RefID != string(rune('A'+i)) || q.Datasource.Type != "prometheus" || q.Datasource.UID == "" || strings.TrimSpace(q.Expr) == "" {
			t.Errorf("%s asks %+v", p.Title, q)
		}
	}
	steps := d.Thresholds.Steps
	for i, s := range steps {
		switch {
		case i == 0 && s.Value != nil:
			t.Errorf("%s has no colour below %v", p.Title, *s.Value)
		case i > 0 && s.Value == nil, i > 1 && s.Value != nil && *s.Value <= *steps[i-1].Value:
			t.Errorf("the thresholds of %s do not ascend: %+v", p.Title, steps)
		}
	}
	for _, s := range steps {
		if said := strings.ToUpper(s.Color[:1]) + s.Color[1:] + ": "; s.Color != "green" && s.Color != "transparent" && !strings.Contains(p.Description, said) {
			t.Errorf("nothing says what %s means in %s: %s", s.Color, p.Title, p.Description)
		}
	}
}

// TestDashboardsAreOfOneApp wants every query to be about the app, by its name or its namespace, and what tells the dashboards apart to
// differ.
func TestDashboardsAreOfOneApp(t *testing.T) {
	uids, files := map[string]bool{}, map[string]bool{}
	for _, a := range shownApps() {
		b := read(t, a)
		_, m := text(t, a)
		uids[b.UID] = true
		for name := range m.Data {
			files[name] = true
		}
		if !strings.HasSuffix(kube.DashboardURL(a), "/d/"+b.UID) || !slices.Contains(b.Tags, a.Team) || b.Title != "shop / "+a.Name {
			t.Errorf("%s: the dashboard %q (%v) is at %s", a.Name, b.Title, b.Tags, kube.DashboardURL(a))
		}
		for _, p := range b.Panels {
			for _, q := range p.Targets {
				if !strings.Contains(q.Expr, a.Name) || !strings.Contains(q.Expr, `"shop`) && !strings.Contains(q.Expr, "/shop/") {
					t.Errorf("%s: %s asks about whom? %s", a.Name, p.Title, q.Expr)
				}
			}
		}
	}
	if len(uids) != len(shownApps()) || len(files) != len(shownApps()) {
		t.Errorf("%d apps have %d uids and %d files", len(shownApps()), len(uids), len(files))
	}
}

// TestDashboardsSurviveTheirDelivery wants nothing in them that Helm reads as its own, and a ConfigMap that is small enough to be
// compared by a person, and far from the limit of kubectl's annotation.
func TestDashboardsSurviveTheirDelivery(t *testing.T) {
	for _, a := range shownApps() {
		raw, _ := text(t, a)
		if strings.Contains(raw, "{{") {
			t.Errorf("%s: Helm would read a template:\n%s", a.Name, raw)
		}
		if len(raw) > 32<<10 {
			t.Errorf("%s: %d bytes", a.Name, len(raw))
		}
		if again, _ := text(t, a); again != raw {
			t.Errorf("%s: two runs differ", a.Name)
		}
	}
}

// TestDashboardVariables wants a choice of the data source where the platform states none, and no variable that nobody declares.
func TestDashboardVariables(t *testing.T) {
	known := []string{"$__rate_interval", "$__interval", "${datasource}", "$1"}
	for _, a := range shownApps() {
		raw, _ := text(t, a)
		b := read(t, a)
		for _, v := range regexp.MustCompile(`\$(\{\w+\}|\w+)`).FindAllString(raw, -1) {
			if !slices.Contains(known, v) {
				t.Errorf("%s: nobody declares %s", a.Name, v)
			}
		}
		if chosen, stated := len(b.Templating.List) == 1, a.Env.Grafana.Datasource != ""; chosen == stated || stated == strings.Contains(raw, "${datasource}") {
			t.Errorf("%s: the data source %q is stated, and chosen: %v", a.Name, a.Env.Grafana.Datasource, chosen)
		}
		if linked := len(b.Links) == 1 && b.Links[0].URL == a.Runbooks; linked != (a.Runbooks != "") {
			t.Errorf("%s: the links are %v", a.Name, b.Links)
		}
	}
}

// TestDashboardPanelsFitTheApp wants of each kind of app what makes sense for it, and nothing else.
func TestDashboardPanelsFitTheApp(t *testing.T) {
	for _, x := range []struct {
		app  app.App
		rows string
		has  string
		not  string
	}{
		{shown("web", "http"), "Objectives, Load, Pods", "Availability now, Latency now, Requests, Errors, Duration, Replicas, Disruptions allowed", "CPU throttled, Volumes used"},
		{native(), "Objectives, Load, Pods", "CPU throttled", ""},
		{split("replicas", app.ByReplicas), "Objectives, Load, Versions, Pods", "Errors by version", ""},
		{controlled("argo", app.ByArgo), "Objectives, Load, Versions, Pods", "Requests by version", ""},
		{colours(), "Objectives, Load, Versions, Pods", "Errors by version", ""},
		{meshed(), "Objectives, Load, Versions, Pods", "Errors by version", ""},
		{behind("nginx"), "Objectives, Load, Pods", "Duration", "Errors by version"},
		{queue(), "Objectives, Load, Pods", "Messages that wait, Time to process a message, Replicas", "Duration, Errors"},
		{nightly(), "Objectives, Load, Pods", "Last success, Time that runs took", "Replicas, Errors, Disruptions allowed"},
		{probed(), "Objectives, Load, Pods", "Answers, Time to answer, Volumes used", "Errors, Disruptions allowed"},
		{ledger(), "Objectives, Load, Pods, Data", "Backup of orders, Rehearsal of orders, Backup of files, Base backup of stock, Standbys of stock, Connections to cache", "Backup of prices, Standbys of cache"},
		{scrapedOnly(), "Load, Pods", "Requests", "Availability: budget left"},
	} {
		var rows, titles []string
		for _, p := range read(t, x.app).Panels {
			if p.Type == "row" {
				rows = append(rows, p.Title)
			} else {
				titles = append(titles, p.Title)
			}
		}
		if got := strings.Join(rows, ", "); got != x.rows {
			t.Errorf("%s has the rows %s, want %s", x.app.Name, got, x.rows)
		}
		for title := range strings.SplitSeq(x.has, ", ") {
			if !slices.Contains(titles, title) {
				t.Errorf("%s does not show %q, only %q", x.app.Name, title, titles)
			}
		}
		for title := range strings.SplitSeq(x.not, ", ") {
			if slices.Contains(titles, title) {
				t.Errorf("%s shows %q", x.app.Name, title)
			}
		}
	}
}

// TestBurnThresholdsAreThoseOfTheAlerts wants the lines of the burn rate where pages and tickets are made.
func TestBurnThresholdsAreThoseOfTheAlerts(t *testing.T) {
	burns := func(a app.App) string {
		for _, p := range read(t, a).Panels {
			if !strings.HasSuffix(p.Title, "burn rate") {
				continue
			}
			var out []string
			for _, s := range p.FieldConfig.Defaults.Thresholds.Steps[1:] {
				out = append(out, fmt.Sprintf("%s %v", s.Color, *s.Value))
			}
			return fmt.Sprint(len(p.Targets), " ", strings.Join(out, ", "))
		}
		return "none"
	}
	if got, want := burns(shown("web", "http")), "4 orange 1, orange 2.8, red 5.6, red 13.44"; got != want {
		t.Errorf("the burn rate has the lines %s, want %s", got, want)
	}
	if got, want := burns(nightly()), "1 orange 1"; got != want {
		t.Errorf("the burn rate of few events has the lines %s, want %s", got, want)
	}
}

// TestBurnRateBesideSloth wants a ratio to meet its budget: beside Sloth's dashboards it has a label that the budget has not.
func TestBurnRateBesideSloth(t *testing.T) {
	a := shown("web", "http")
	a.Env.Scrape.Sloth = true
	for _, p := range read(t, a).Panels {
		for _, q := range p.Targets {
			if strings.Contains(q.Expr, slo.BudgetRatio) && !strings.Contains(q.Expr, " / ignoring (sloth_window) "+slo.BudgetRatio) {
				t.Errorf("%s: %s", p.Title, q.Expr)
			}
		}
	}
}

// TestNoDashboard wants none where nobody shows or reads anything.
func TestNoDashboard(t *testing.T) {
	for what, spoil := range map[string]func(*app.App){
		"Grafana":    func(a *app.App) { a.Env.Capabilities = []string{"prometheus"} },
		"Prometheus": func(a *app.App) { a.Env.Capabilities = []string{"grafana"} },
		"anything":   func(a *app.App) { a.Metrics, a.SLO = nil, nil },
	} {
		a := shown("web", "http")
		spoil(&a)
		if made := monitoring.Dashboard.Run(a); len(made) > 0 {
			t.Errorf("without %s there is a dashboard", what)
		}
	}
}
