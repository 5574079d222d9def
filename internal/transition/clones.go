package transition

import (
	"fmt"

	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/manifest"
)

// Flagger keeps the workload that it clones at 0 pods, and what it made goes with its Canary; unless that is deleted without what it
// owns: then Flagger starts the workload's pods, and lets its Service select them.
var clonesAreHandedOver = check{
	Rule: "clones-are-handed-over",
	Doc:  "what Flagger made goes only when the app does, or when other pods have the traffic",
	run: func(s step, report reporter) {
		for _, id := range s.before.ids {
			if id.Group != "flagger.app" || id.Kind != "Canary" || s.after.has(id) {
				continue
			}
			o := s.before.objects[id]
			kind, name := manifest.String(o.Fields, "spec", "targetRef", "kind"), manifest.String(o.Fields, "spec", "targetRef", "name")
			svc, stays := s.after.services[address{id.Namespace, name}]
			if !stays {
				continue
			}
			report(o, Finding{
				Severity: diag.Error,
				Problem: fmt.Sprintf("%s would go away, and with it the Service of Flagger and %s/%s-primary, whose pods have all of the traffic; %s/%s has none",
					short(o), kind, name, kind, name),
				Want: fmt.Sprintf("pods behind %s before anything else changes", short(svc.Object)),
				Help: fmt.Sprintf("first kubectl delete canary %s -n %s --cascade=orphan, and Flagger lets %s/%s take the traffic; then apply everything, and delete the %s-primary and %s-canary that it left",
					o.Name, o.Namespace, kind, name, name, name),
			})
		}
	},
}
