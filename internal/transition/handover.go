package transition

import (
	"fmt"
	"strings"

	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/manifest"
)

// Who applies manifests takes away a field that leaves them. It then gets its default, and that of replicas is 1: the pods are gone
// before the autoscaler looks for the first time. What was there before is remembered by the server, as fields that a manager owns and
// may share, or by kubectl, in an annotation. The remedy for the one does not help with the other: kubectl would make the manager of
// replicas the owner of all that the annotation holds.
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
				Want:     "a step before that takes replicas from who applies the manifests",
				Help:     handOver(w.Object, had),
			})
		}
	},
}

// handOver says how the number of pods is kept, for each way of applying.
func handOver(o manifest.Object, had int64) string {
	where := strings.ToLower(short(o))
	if o.Namespace != "" {
		where = "-n " + o.Namespace + " " + where
	}
	return fmt.Sprintf("before that, with kubectl apply -f or Argo CD: kubectl apply edit-last-applied %s, and take out replicas; "+
		"with server-side apply, as Flux does: kubectl apply --server-side --field-manager=autoscaler a %s with nothing but its name and spec.replicas: %d", where, short(o), had)
}
