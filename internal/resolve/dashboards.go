package resolve

import (
	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/load"
)

// grafana reads who shows dashboards. The capability is enough: all facts have defaults, and only a link needs to know an address.
func (w *world) grafana(n *load.Node) *app.Grafana {
	if n == nil && !w.env.Has("grafana") {
		return nil
	}
	g := &app.Grafana{URL: text(n.Field("url")), Datasource: text(n.Field("datasource")), Labels: textMap(n.Field("labels"))}
	if len(g.Labels) == 0 {
		g.Labels = map[string]string{"grafana_dashboard": "1"} // the default of the sidecar of Grafana's chart
	}
	return g
}

// dashboard says once when nobody shows how promises are kept. What is only scraped is no promise.
func (s *spec) dashboard() {
	if s.app.SLO.Measured() && !s.w.env.Has("grafana") {
		s.w.noteOnce("capability-missing", "capabilities", `without "grafana" no app gets a dashboard`, `add "grafana" when one is installed whose sidecar looks for dashboards in ConfigMaps`)
	}
}
