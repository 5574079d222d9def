package compile_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/scantling/scantling/internal/kube"
)

// shown is what a dashboard asks Prometheus for, of a panel or of an annotation.
type shown struct {
	title, expr string
}

// board is a dashboard as Grafana reads it, as far as it asks for something.
type board struct {
	UID         string  `json:"uid"`
	Title       string  `json:"title"`
	Panels      []panel `json:"panels"`
	Annotations struct {
		List []struct {
			Name   string                `json:"name"`
			Target struct{ Expr string } `json:"target"`
		} `json:"list"`
	} `json:"annotations"`
}

type panel struct {
	Title   string                  `json:"title"`
	Panels  []panel                 `json:"panels"` // of a row
	Targets []struct{ Expr string } `json:"targets"`
}

// asks are its expressions, with the window that Grafana would choose.
func (b board) asks() (all []shown) {
	var walk func(panels []panel)
	walk = func(panels []panel) {
		for _, p := range panels {
			for _, target := range p.Targets {
				all = append(all, shown{p.Title, target.Expr})
			}
			walk(p.Panels)
		}
	}
	walk(b.Panels)
	for _, a := range b.Annotations.List {
		all = append(all, shown{a.Name, a.Target.Expr})
	}
	return all
}

// carelessDashboards finds dashboards that show another app, what nothing records, or quantiles of sums without buckets; and objectives
// that no dashboard shows.
func carelessDashboards(w *watched) (found []string) {
	uids, shows := map[string]bool{}, map[string]bool{}
	for _, c := range w.configs {
		if c.Labels["grafana_dashboard"] != "1" {
			continue
		}
		app := c.Labels[kube.LabelInstance]
		for file, content := range c.Data {
			id := c.Namespace + "/" + c.Name
			var b board
			if err := json.Unmarshal([]byte(content), &b); err != nil || len(b.UID) == 0 || len(b.UID) > 40 || uids[b.UID] || !strings.HasSuffix(file, ".json") {
				found = append(found, fmt.Sprintf("%s: %v, uid %q", id, err, b.UID))
				continue
			}
			uids[b.UID] = true
			if len(b.asks()) == 0 {
				found = append(found, id+": shows nothing")
			}
			for _, s := range b.asks() {
				problems, remains := w.shows(c.Namespace, app, s.expr)
				for _, problem := range problems {
					found = append(found, fmt.Sprintf("%s: %s: %s", id, s.title, problem))
				}
				for _, o := range remains {
					shows[o.id()] = true
				}
			}
		}
	}
	for _, o := range w.pledges() {
		if len(uids) > 0 && !shows[o.id()] {
			found = append(found, o.id()+": no dashboard shows what is left of its budget")
		}
	}
	return found
}

// shows says what is wrong with an expression of a dashboard of an app, and of which objectives it shows what is left.
func (w *watched) shows(namespace, app, expr string) (problems []string, remains []*pledge) {
	x, err := parsed(expr)
	if err != nil {
		return []string{err.Error()}, nil
	}
	problems = w.strangers(namespace, app, x)
	for _, s := range x.series() {
		if namespaceOf(s) != namespace {
			problems = append(problems, fmt.Sprintf("%s of namespace %q", s.name, namespaceOf(s)))
		}
		if !strings.Contains(s.name, ":") {
			continue
		}
		i := slices.IndexFunc(w.pledges(), func(o *pledge) bool {
			_, made := o.records[s.name]
			return made && o.service == app && o.wants(s, s.name, s.window) == ""
		})
		if i < 0 {
			problems = append(problems, "nothing records "+s.name)
		} else if s.name == remaining {
			remains = append(remains, w.pledges()[i])
		}
	}
	return append(problems, guessedQuantiles(x)...), remains
}

// guessedQuantiles finds quantiles of something else than all pods' buckets.
func guessedQuantiles(x *term) (found []string) {
	for _, q := range x.all() {
		if q.kind != "call" || q.name != "histogram_quantile" {
			continue
		}
		sum := q.args[1]
		native := len(sum.series()) > 0 && !strings.HasSuffix(sum.series()[0].name, "_bucket")
		if sum.name != "sum" || !native && !strings.Contains(sum.labels, "le") || native && sum.labels != "" {
			found = append(found, "a quantile of "+sum.name+" "+sum.labels)
		}
	}
	return found
}
