package transition

import (
	"fmt"

	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/manifest"
)

var selectorIsForGood = check{
	Rule: "selector-is-for-good",
	Doc:  "a workload keeps its selector, and whatever else cannot be changed once it exists",
	run: func(s step, report reporter) {
		for _, id := range s.after.ids {
			was, is := s.before.objects[id], s.after.objects[id]
			for _, field := range fixedFields(was, is) {
				path := "spec." + field
				value := manifest.Map(was.Fields, "spec")[field]
				changed := differences(path, value, manifest.Map(is.Fields, "spec")[field])
				if len(changed) == 0 {
					continue
				}
				report(is, Finding{
					Severity: diag.Error,
					Path:     changed[0],
					Problem:  fmt.Sprintf("%s of %s can't be changed: it would have to be deleted first", path, short(is)),
					Want:     path + " as it was: " + text(value),
					Help:     insteadOf(id.Kind, field),
				})
			}
		}
	},
}

// fixedFields returns the fields of the spec that the API server refuses to change; none when the object is new. Of an Argo Rollout
// it is the controller that would lose its pods.
func fixedFields(was, is manifest.Object) []string {
	switch was.Group() + "/" + was.Kind {
	case "apps/Deployment", "apps/DaemonSet", "apps/ReplicaSet", "argoproj.io/Rollout":
		return []string{"selector"}
	case "apps/StatefulSet":
		return []string{"selector", "serviceName", "podManagementPolicy", "volumeClaimTemplates"}
	case "batch/Job":
		if !madeAnew(is) {
			return []string{"selector", "template"}
		}
	}
	return nil
}

// madeAnew reports whether whoever applies the object deletes the old one first.
func madeAnew(o manifest.Object) bool {
	return o.Annotation("argocd.argoproj.io/hook") != "" || o.Annotation("helm.sh/hook") != "" ||
		o.Annotation("kustomize.toolkit.fluxcd.io/force") == "enabled"
}

// insteadOf says how to get there without an outage.
func insteadOf(kind, field string) string {
	switch {
	case kind == "Job":
		return "give the Job another name, such as one that holds the image's tag"
	case field == "volumeClaimTemplates":
		return "change the PersistentVolumeClaims themselves, then kubectl delete --cascade=orphan the StatefulSet and apply the new one"
	}
	return "give the new one another name, and let the old one serve until it is ready"
}
