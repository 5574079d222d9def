package transition

import (
	"fmt"

	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/manifest"
)

// Who applies manifests owns the fields that they hold. A field that leaves them gets its default, and that of replicas is 1: the pods
// are gone before the autoscaler looks for the first time.
var replicasAreHandedOver = check{
	Rule: "replicas-are-handed-over",
	Doc:  "a number of pods that leaves the manifests is first handed to the autoscaler that takes it over",
	run: func(s step, report reporter) {
		for _, w := range s.after.workloads {
			was := s.before.byID[w.ID()]
			if was == nil || w.least < 2 {
				continue
			}
			had, stated := manifest.Int(was.Fields, "spec", "replicas")
			if _, still := manifest.Int(w.Fields, "spec", "replicas"); !stated || still || had < 2 {
				continue
			}
			report(w.Object, Finding{
				Severity: diag.Warning, // no manifest shows whether it has been handed over
				Path:     "spec.replicas",
				Problem:  fmt.Sprintf("%s would fall from %d pods to 1 until its autoscaler looks: replicas leaves the manifest, and Kubernetes puts its default there", short(w.Object), had),
				Want:     "somebody else who owns replicas before the step",
				Help:     fmt.Sprintf("first kubectl apply --server-side --field-manager=autoscaler a %s with nothing but its name and spec.replicas: %d", short(w.Object), had),
			})
		}
	},
}
