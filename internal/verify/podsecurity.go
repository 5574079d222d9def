package verify

import (
	"fmt"
	"slices"
	"sync"

	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"

	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/inventory"
)

// podSecurity is about the Pod Security Standards, by the API server's own code.
var podSecurity = []Guarantee{
	{
		Name:    "pod-security-admits",
		Promise: "every pod is admitted at the Pod Security level that its namespace enforces",
		Why:     "a workload whose pods are refused is accepted all the same: its rollout stands still with no pod, and the reason stands in the events of a ReplicaSet",
		Source:  "https://kubernetes.io/docs/concepts/security/pod-security-admission/",
		Foreign: diag.Error,
		check:   podSecurityAdmits,
	},
	{
		Name:    "pod-security-is-pinned",
		Promise: "every namespace enforces a Pod Security level as one version of Kubernetes defines it",
		Why:     "without a level any pod is admitted, also one that owns its node; without a version the level becomes stricter with an upgrade of the cluster, and pods that ran for months are refused when they move",
		Source:  "https://kubernetes.io/docs/tasks/configure-pod-container/enforce-standards-namespace-labels/",
		Foreign: diag.Warning,
		check:   podSecurityIsPinned,
	},
}

// podEvaluator is the API server's own. It is made once: its checks of all versions are many.
var podEvaluator = sync.OnceValue(func() policy.Evaluator {
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		return nil // the library's own list is wrong: nothing can be said
	}
	return evaluator
})

// podRefusals returns why pods are refused at a level; empty: they are admitted.
func podRefusals(w *inventory.Workload, level api.LevelVersion) string {
	result := policy.AggregateCheckResults(podEvaluator().EvaluatePod(level, &w.Template.ObjectMeta, &w.Template.Spec))
	if result.Allowed {
		return ""
	}
	if detail := result.ForbiddenDetail(); len(detail) <= longestRefusal {
		return detail
	}
	return result.ForbiddenReason()
}

// longestRefusal is what of the library's words still fits a line, in bytes. What is longer is told without fields and containers.
const longestRefusal = 220

func podSecurityAdmits(c *checker) {
	if podEvaluator() == nil {
		return
	}
	levels := podLevels(c)
	for _, w := range c.Workloads {
		if len(w.Template.Spec.Containers) == 0 {
			continue
		}
		level, known := levels[w.Namespace]
		if !known {
			podLevelUnknown(c, w)
			continue
		}
		if why := podRefusals(w, level.LevelVersion); why != "" {
			where := "namespace " + level.namespace + " enforces"
			if w.Namespace == "" {
				where = "apply it to namespace " + level.namespace + ", which enforces"
			}
			c.violated(w.Object, podPath(w), "%s %s: none of these pods is made: %s", where, level, why)
			continue
		}
		c.proved(w.Object, "admitted at %s, which namespace %s enforces", level, level.namespace)
	}
}

// podNamespaceLevel is what a namespace enforces.
type podNamespaceLevel struct {
	namespace string
	api.LevelVersion
}

// podLevels returns what each namespace enforces. Where there is one namespace only, and nothing is said to be in another, it is that of
// objects which state none, too.
func podLevels(c *checker) map[string]podNamespaceLevel {
	levels := map[string]podNamespaceLevel{}
	for _, n := range c.Namespaces {
		if n.Labels[api.EnforceLevelLabel] == "" {
			continue
		}
		if level, err := podLevel(n, c.Facts.Kubernetes); err == nil {
			levels[n.Name] = podNamespaceLevel{n.Name, level}
		}
	}
	if len(c.Namespaces) != 1 {
		return levels
	}
	only := c.Namespaces[0].Name
	if level, ok := levels[only]; ok && !slices.ContainsFunc(c.Objects, func(o *inventory.Object) bool { return o.Namespace != "" && o.Namespace != only }) {
		levels[""] = level
	}
	return levels
}

// podLevelUnknown says at what level pods would be admitted where no manifest says what their namespace enforces.
func podLevelUnknown(c *checker, w *inventory.Workload) {
	why := podRefusals(w, api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()})
	if why == "" {
		c.proved(w.Object, "admitted at every level, restricted too")
		return
	}
	where := "its namespace"
	if w.Namespace != "" {
		where = "namespace " + w.Namespace
	}
	if baseline := podRefusals(w, api.LevelVersion{Level: api.LevelBaseline, Version: api.LatestVersion()}); baseline != "" {
		c.unknown(w.Object, "which Pod Security level %s enforces: these pods are admitted at privileged alone: %s", where, baseline)
		return
	}
	c.unknown(w.Object, "which Pod Security level %s enforces: these pods are admitted at baseline, not at restricted: %s", where, why)
}

// podLevel returns what a namespace enforces. A cluster knows no version that is newer than its own.
func podLevel(n *inventory.Object, minor int) (api.LevelVersion, error) {
	level, err := api.ParseLevel(n.Labels[api.EnforceLevelLabel])
	if err != nil {
		return api.LevelVersion{}, fmt.Errorf("level %q is none of privileged, baseline and restricted", n.Labels[api.EnforceLevelLabel])
	}
	version := api.LatestVersion()
	if label := n.Labels[api.EnforceVersionLabel]; label != "" {
		if version, err = api.ParseVersion(label); err != nil {
			return api.LevelVersion{}, fmt.Errorf("version %q is neither latest nor one as v1.34", label)
		}
	}
	if own := api.MajorMinorVersion(1, minor); minor > 0 && own.Older(version) {
		version = own
	}
	return api.LevelVersion{Level: level, Version: version}, nil
}

// podSystemNamespaces are Kubernetes' own: nobody else's to label.
var podSystemNamespaces = map[string]bool{"kube-system": true, "kube-public": true, "kube-node-lease": true}

func podSecurityIsPinned(c *checker) {
	for _, n := range c.Namespaces {
		level, err := podLevel(n, 0)
		switch {
		case n.Labels[api.EnforceLevelLabel] == "" && podSystemNamespaces[n.Name]:
		case n.Labels[api.EnforceLevelLabel] == "":
			c.violated(n, "metadata.labels", "create a privileged pod in %s: no label %s refuses it", n.Name, api.EnforceLevelLabel)
		case err != nil:
			c.violated(n, "metadata.labels", "the API server refuses the namespace: %s", err)
		case level.Level == api.LevelPrivileged:
			c.proved(n, "it admits every pod, at every version")
		case level.Version.Latest():
			c.violated(n, "metadata.labels", "upgrade Kubernetes: %s enforces %s as the new version defines it, and may refuse pods that run now, as 1.34 did those with a probe of another host", n.Name, level.Level)
		default:
			c.proved(n, "enforces %s as of %s", level.Level, level.Version.String())
		}
	}
}
