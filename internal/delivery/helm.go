package delivery

import (
	"strconv"

	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

// helm makes hooks of a migration and of what only it needs, because a hook runs before anything of the release is there. Hooks are
// no part of the release. What is replaced or goes must be nobody else's: with an ExternalSecret goes its Secret. And nothing that the
// Job needs goes when Helm gives up on it: it may run on, and without its policy it would lose the database in the middle. The Job
// itself goes when it has succeeded, since the next one has another name; its logs are printed before.
func helm(o generator.Object) marks {
	if !migrates(o) {
		return marks{}
	}
	annotations := map[string]string{
		"helm.sh/hook":               "pre-install,pre-upgrade",
		"helm.sh/hook-weight":        strconv.Itoa(waveIn(nil, o)),
		"helm.sh/hook-delete-policy": "before-hook-creation",
	}
	if kube.Kind(o) == "Job" {
		annotations["helm.sh/hook-delete-policy"] = "before-hook-creation,hook-succeeded"
		annotations["helm.sh/hook-output-log-policy"] = "hook-succeeded,hook-failed"
	}
	return marks{annotations: annotations}
}
