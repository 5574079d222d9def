package monitoring

import (
	"fmt"
	"strings"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/kube"
)

// rolloutStuck: a new version does not come in, and nobody may be looking.
func rolloutStuck(a app.App) alarm {
	if a.Kind == app.Cron {
		return alarm{}
	}
	c := alarm{
		name:    "RolloutStuck",
		wait:    shortly,
		summary: fmt.Sprintf("a new version of %s does not come in", a.Name),
	}
	deployments := kube.Kubectl(a.Namespace, "describe deployments "+found(a, kube.WorkloadNames(a)))
	switch {
	case a.Kind == app.Stateful:
		c.expr = statefulStuck(a)
		c.advice = "A pod of the new version does not become ready, and the next ones wait for it. Going back does not replace a pod that is not ready: delete that one. Why" +
			kube.Commands(kube.Kubectl(a.Namespace, "get pods -l "+kube.LabelInstance+"="+a.Name), kube.Kubectl(a.Namespace, "describe pod POD"))
	case a.CanaryBy(app.ByArgo):
		c.expr = argoStuck(a)
		c.advice = "Argo Rollouts has given it up, and the old version serves. Why" +
			kube.Commands(kube.Kubectl(a.Namespace, "describe rollout "+a.Name), kube.Kubectl(a.Namespace, "get analysisruns"))
	case a.CanaryBy(app.ByFlagger):
		c.expr = deploymentStuck(a) + "\nor " + flaggerStuck(a)
		c.advice = "Flagger has given it up and the old version serves, or its pods do not become ready. Why" +
			kube.Commands(kube.Kubectl(a.Namespace, "describe canary "+a.Name), deployments)
	default:
		c.expr = deploymentStuck(a)
		c.advice = "Its pods do not become ready, or there is no room for them; the old ones serve on where the strategy keeps them. To go back, deliver the version before. Why" +
			kube.Commands(deployments, kube.Kubectl(a.Namespace, "get pods -l "+kube.LabelInstance+"="+a.Name),
				kube.Kubectl(a.Namespace, "events --types=Warning"))
	}
	return c
}

// deploymentStuck is true when a rollout has made no progress for as long as its deadline.
func deploymentStuck(a app.App) string {
	s := seriesOf(a, kube.Matcher("deployment", kube.WorkloadNames(a)...), `condition="Progressing"`, `status="false"`)
	return most("deployment", s.of("kube_deployment_status_condition")) + " == 1"
}

// statefulStuck is true when two revisions have been there for longer than a pod may take to become ready, and no pod was replaced.
// A StatefulSet has no deadline of its own.
func statefulStuck(a app.App) string {
	s := seriesOf(a, kube.Matcher("statefulset", a.Name))
	seconds := max(15*60, int(a.Rollout.ProgressDeadlineSeconds))
	return strings.Join([]string{
		"max by (namespace, statefulset) (" + s.of("kube_statefulset_status_current_revision"),
		"unless on (namespace, statefulset, revision) " + s.of("kube_statefulset_status_update_revision") + ")",
		"and " + most("statefulset", fmt.Sprintf("changes(%s[%ds])", s.of("kube_statefulset_status_replicas_updated"), seconds)) + " == 0",
	}, "\n")
}

// argoStuck reads the phases of Argo Rollouts' own metrics; a rollout that waits for somebody is Paused.
func argoStuck(a app.App) string {
	s := seriesOf(a, kube.Matcher("name", a.Name))
	return "max by (name) (" + s.told("rollout_info", kube.Matcher("phase", "Abort", "Error", "InvalidSpec", "Timeout")) + ") == 1"
}

// flaggerStuck reads Flagger's own metric: 2 is a version that was taken back.
func flaggerStuck(a app.App) string {
	s := seriesOf(a, kube.Matcher("name", a.Name))
	return "max by (name) (" + s.told("flagger_canary_status") + ") == 2"
}
