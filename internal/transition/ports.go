package transition

import (
	"fmt"
	"slices"

	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/manifest"
)

var portsKeepTheirNames = check{
	Rule: "ports-keep-their-names",
	Doc:  "a Service finds the ports of the pods that run: a port's name stays, for a pod without it is not ready there",
	run: func(s step, report reporter) {
		for _, m := range s.services() {
			running := part(m.to, s.before.runs)
			for i := range running {
				running[i] = s.before.byID[running[i].ID()]
			}
			if len(running) == 0 {
				continue // serving-workload-stays says it
			}
			lost, found := finds(m.before, running), finds(m.after, running)
			lost = slices.DeleteFunc(lost, func(p port) bool {
				return !p.there || slices.ContainsFunc(found, func(q port) bool { return q.name == p.name })
			})
			missing := slices.IndexFunc(found, func(p port) bool { return !p.there })
			if len(lost) == 0 || missing < 0 {
				continue // a port more, or one less that nobody wants
			}
			report(m.after.Object, Finding{
				Severity: diag.Error,
				Path:     "spec.ports",
				Problem: fmt.Sprintf("%s would lead port %d to the pods' port %q, which those of %s that run do not have: nobody answers until new ones are ready",
					short(m.after.Object), found[missing].number, found[missing].name, list(running)),
				Want: fmt.Sprintf("port %q as long as pods with it run", lost[0].name),
				Help: fmt.Sprintf("keep the name %q; or add %q under a number of its own, and remove %q in a later step", lost[0].name, found[missing].name, lost[0].name),
			})
		}
	},
}

// port is a port of a Service that leads to one of the pods by its name.
type port struct {
	number int64  // of the Service
	name   string // of the pods' port
	there  bool   // in a pod
}

// finds returns the ports of a Service that lead to a name, and whether these workloads' pods have it.
func finds(svc service, pods []*workload) []port {
	var all []port
	for _, p := range manifest.Maps(svc.Fields, "spec", "ports") {
		name, _ := p["targetPort"].(string)
		number, _ := p["port"].(int64)
		if name != "" {
			all = append(all, port{number, name, slices.ContainsFunc(pods, func(w *workload) bool { return w.listens(name) })})
		}
	}
	return all
}

// listens reports whether a container of the pods has a port of this name.
func (w *workload) listens(name string) bool {
	for _, list := range []string{"containers", "initContainers"} {
		for _, c := range manifest.Maps(w.template, "spec", list) {
			if slices.ContainsFunc(manifest.Maps(c, "ports"), func(p map[string]any) bool { return p["name"] == name }) {
				return true
			}
		}
	}
	return false
}
