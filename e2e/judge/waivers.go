package judge

import (
	"slices"
	"strings"

	"github.com/scantling/scantling/e2e/judge/manifest"
)

// A Waiver is a finding that we accept, and why.
type Waiver struct {
	Judge, Rule string
	Object      string   // how the name of what it is about ends; empty: everything
	Beside      string   // a Deployment is there that is called like what it is about, and this
	Detail      string   // how what the judge says ends
	Tiers       []string // of the apps that it is accepted for; none for all
	Reason      string
}

// Waivers is the whole list. A test wants each of them to be used.
var Waivers = []Waiver{
	{
		Judge: "kube-score", Rule: "container-image-pull-policy", Detail: "ImagePullPolicy is not set to Always",
		Reason: "images are pinned to a digest or a fixed tag: pulling again fetches the same bytes, and a registry that is down would stop pods from starting",
	},
	{
		Judge: "kube-score", Rule: "container-resources", Detail: "CPU limit is not set",
		Reason: "a CPU limit throttles an app while its node idles; requests share the CPU fairly, and memory and ephemeral storage are limited",
	},
	{
		Judge: "kube-score", Rule: "deployment-has-host-podantiaffinity", Detail: "Deployment does not have a host podAntiAffinity set",
		Reason: "topology spread constraints on zones and hosts replace it; with anti-affinity, the replicas of a rollout beyond the number of hosts stay Pending",
	},
	{
		Judge: "kube-score", Rule: "statefulset-has-host-podantiaffinity", Detail: "StatefulSet does not have a host podAntiAffinity set",
		Reason: "topology spread constraints on zones and hosts replace it",
	},
	{
		Judge: "kube-score", Rule: "deployment-replicas", Detail: "Deployment few replicas", Tiers: []string{"best-effort", "standard"},
		Reason: "the spec may ask for one replica below the critical tier",
	},
	{
		Judge: "kube-score", Rule: "horizontalpodautoscaler-replicas", Beside: "-base", Detail: "HPA few replicas", Tiers: []string{"best-effort", "standard"},
		Reason: "the pods that are always there are those of the base beside it, which keeps its number",
	},
	{
		Judge: "kube-score", Rule: "deployment-has-poddisruptionbudget", Detail: "No matching PodDisruptionBudget was found", Tiers: []string{"best-effort"},
		Reason: "a budget on an app that may scale to one replica or to none would block every drain",
	},
	{
		Judge: "kube-score", Rule: "networkpolicy-targets-pod", Object: "-drill/default-deny", Detail: "selector doesn't match any pods",
		Reason: "the namespace that volumes are restored into has a pod only while they are looked at",
	},
	{
		Judge: "kube-score", Rule: "deployment-strategy", Detail: "Deployment update strategy", Tiers: []string{"best-effort", "standard"},
		Reason: "an app with a volume that one node may mount is recreated: a second pod would wait for the volume for ever",
	},
}

// waiver returns the place in Waivers of the one for a finding about one of the documents, or -1.
func waiver(f manifest.Finding, docs []manifest.Document) int {
	return slices.IndexFunc(Waivers, func(w Waiver) bool {
		return w.Judge == f.Judge && w.Rule == f.Rule && strings.HasSuffix(f.Object, w.Object) && strings.HasSuffix(f.Detail, w.Detail) &&
			(w.Beside == "" || beside(f.Object, w.Beside, docs)) && (w.Tiers == nil || slices.Contains(w.Tiers, tier(f.Object, docs)))
	})
}

// beside reports whether there is a Deployment called like an object and a suffix.
func beside(object, suffix string, docs []manifest.Document) bool {
	_, name, _ := strings.Cut(object, " ")
	return slices.ContainsFunc(docs, func(d manifest.Document) bool { return d.String() == "Deployment "+name+suffix })
}

func tier(object string, docs []manifest.Document) string {
	for _, d := range docs {
		if d.String() == object {
			return d.GetLabels()["scantling.dev/tier"]
		}
	}
	return ""
}
