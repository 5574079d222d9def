package compile_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/scantling/scantling/internal/golden"
	"github.com/scantling/scantling/internal/kube"
)

// spotNodes are the marks of spot capacity in the projects of the corpus: by the labels and taints that their platforms state.
var spotNodes = []string{"node.acme.io/capacity", "scantling.dev/capacity", "node.acme.io/spot", "scantling.dev/spot", "eks.amazonaws.com/capacityType", "karpenter.sh/capacity-type"}

// A foothold is what a pod says about spot capacity.
type foothold struct{ required, preferred, kept, tolerated bool }

// footing reads it from a pod's rules about nodes. A rule that is required has several terms of which one is enough.
func footing(pod corev1.PodSpec) (f foothold) {
	about := func(term corev1.NodeSelectorTerm, op corev1.NodeSelectorOperator) bool {
		return slices.ContainsFunc(term.MatchExpressions, func(e corev1.NodeSelectorRequirement) bool {
			return e.Operator == op && slices.Contains(spotNodes, e.Key)
		})
	}
	if a := pod.Affinity; a != nil && a.NodeAffinity != nil {
		if required := a.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution; required != nil {
			terms := required.NodeSelectorTerms
			f.required = slices.ContainsFunc(terms, func(t corev1.NodeSelectorTerm) bool { return about(t, corev1.NodeSelectorOpIn) })
			f.kept = !slices.ContainsFunc(terms, func(t corev1.NodeSelectorTerm) bool { return !about(t, corev1.NodeSelectorOpNotIn) })
		}
		f.preferred = slices.ContainsFunc(a.NodeAffinity.PreferredDuringSchedulingIgnoredDuringExecution, func(t corev1.PreferredSchedulingTerm) bool {
			return about(t.Preference, corev1.NodeSelectorOpIn)
		})
	}
	f.tolerated = slices.ContainsFunc(pod.Tolerations, func(t corev1.Toleration) bool { return t.Key == "" || slices.Contains(spotNodes, t.Key) })
	return f
}

// based reports whether a pod's workload shares its app with a second one of the same version, a base or what stands above it.
func (r *rendered) based(p podTemplate) bool {
	return slices.ContainsFunc(r.pods, func(other podTemplate) bool {
		pair := []string{p.meta.Labels[kube.LabelTrack], other.meta.Labels[kube.LabelTrack]}
		return other.namespace == p.namespace && other.meta.Labels[kube.LabelInstance] == p.meta.Labels[kube.LabelInstance] &&
			slices.Contains(pair, "base") && slices.Contains(pair, "stable")
	})
}

// unprovenSpot looks for pods that spot capacity may take away, and which nothing shows to be spare: INV-COST-01.
func unprovenSpot(r *rendered) (found []string) {
	known := slices.ContainsFunc(r.pods, func(p podTemplate) bool { return footing(p.spec) != foothold{} })
	for _, p := range r.pods {
		f, tier := footing(p.spec), p.meta.Labels[kube.LabelTier]
		kind, _, _ := strings.Cut(p.id, "/")
		mayGo := f.required || f.preferred || f.tolerated
		switch bears := (kind == "Deployment" || kind == "Rollout") && tier != "critical"; {
		case mayGo && !bears:
			found = append(found, fmt.Sprintf("%s of tier %s may run on spot capacity", p.id, tier))
		case !mayGo && !f.kept && known:
			found = append(found, p.id+": nothing keeps it off spot capacity that has no taint")
		case f.kept && f.tolerated:
			found = append(found, p.id+" tolerates the nodes that it is kept off")
		case mayGo && *p.spec.TerminationGracePeriodSeconds > 120:
			found = append(found, p.id+" takes longer to leave than spot capacity stays")
		case mayGo && tier == "standard" && f.required:
			found = append(found, p.id+" runs nowhere when all spot capacity goes")
		case mayGo && tier == "standard":
			found = append(found, r.withoutFloor(p)...)
		}
	}
	return found
}

// withoutFloor compares what is left of an app without spot capacity with what its budget wants of the fewest pods.
func (r *rendered) withoutFloor(p podTemplate) (found []string) {
	var budgets []*policyv1.PodDisruptionBudget
	for _, b := range r.budgets {
		if b.Namespace == p.namespace && selects(b.Spec.Selector, p.meta.Labels) {
			budgets = append(budgets, b)
		}
	}
	if len(budgets) != 1 {
		return []string{fmt.Sprintf("%s has %d budgets", p.id, len(budgets))}
	}
	var all, stay int32
	for _, d := range r.deployments {
		if d.Namespace != p.namespace || !selects(budgets[0].Spec.Selector, d.Spec.Template.Labels) {
			continue
		}
		n := r.fewest(d.Namespace, d.Name)
		all += n
		if f := footing(d.Spec.Template.Spec); f.kept && !f.tolerated {
			stay += n
		}
	}
	away, err := intstr.GetScaledValueFromIntOrPercent(budgets[0].Spec.MaxUnavailable, int(all), true)
	if healthy := all - int32(away); err != nil || stay < healthy || stay < 1 {
		return []string{fmt.Sprintf("%s: of %d pods %d stay when all spot capacity goes, and the budget wants %d", p.id, all, stay, healthy)}
	}
	return nil
}

// TestINVCOST01 holds every project of the corpus to it, and wants the corpus to have each use of spot capacity.
func TestINVCOST01(t *testing.T) {
	uses := map[foothold]int{}
	for _, c := range corpus(t) {
		for _, problem := range unprovenSpot(c.rendered) {
			t.Errorf("INV-COST-01: %s: %s", c.name, problem)
		}
		for _, p := range c.pods {
			uses[footing(p.spec)]++
		}
	}
	for _, use := range []foothold{{kept: true}, {preferred: true, tolerated: true}, {required: true, tolerated: true}} {
		if uses[use] == 0 {
			t.Errorf("no project has pods with %+v", use)
		}
	}
}

// TestINVCOST01OfWhatHoldsData holds the projects with migrations, backups, drills and databases to it, in a cluster that has spot
// capacity without a taint: only a rule of their own keeps those pods off it.
func TestINVCOST01OfWhatHoldsData(t *testing.T) {
	minor := regexp.MustCompile(`kubernetes: *"[0-9.]+"`)
	kinds := map[string]int{}
	for _, name := range []string{"migration_kubectl", "recovery_clusters", "recovery_dumps", "recovery_volumes"} {
		dir := golden.Input(t, "../../testdata/golden/"+name+".txtar")
		path := filepath.Join(dir, "platform.cue")
		platform, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		put(t, dir, "platform.cue", minor.ReplaceAllString(string(platform), `$0, spot: label: "node.acme.io/capacity": "spot"`))
		for _, c := range environments(t, name, dir) {
			for _, problem := range unprovenSpot(c.rendered) {
				t.Errorf("INV-COST-01: %s: %s", c.name, problem)
			}
			for _, p := range c.pods {
				if footing(p.spec).kept {
					kind, _, _ := strings.Cut(p.id, "/")
					kinds[kind]++
				}
			}
			for _, cluster := range append(c.copies(), c.clusters...) {
				if f := footing(corev1.PodSpec{Affinity: &corev1.Affinity{NodeAffinity: cluster.Spec.Affinity.NodeAffinity}}); !f.kept {
					t.Errorf("INV-COST-01: %s: nothing keeps the servers of %s off spot capacity", c.name, cluster.Name)
				}
				kinds["Cluster"]++
			}
			for _, pooler := range c.poolers {
				if f := footing(corev1.PodSpec{Affinity: pooler.Spec.Template.Spec.Affinity}); !f.kept {
					t.Errorf("INV-COST-01: %s: nothing keeps the pods of %s off spot capacity", c.name, pooler.Name)
				}
				kinds["Pooler"]++
			}
		}
	}
	for _, kind := range []string{"Deployment", "StatefulSet", "CronJob", "Job", "Cluster", "Pooler"} {
		if kinds[kind] == 0 {
			t.Errorf("no project has a %s that is kept off spot capacity", kind)
		}
	}
}

// TestINVCOST01Mutants breaks the golden project of spot capacity, and wants each break to be found.
func TestINVCOST01Mutants(t *testing.T) {
	i := slices.IndexFunc(corpus(t), func(p project) bool { return p.name == "spot/prod" })
	stream := corpus(t)[i].stream
	deployment := func(r *rendered, name string) *appsv1.Deployment {
		return r.deployments[slices.IndexFunc(r.deployments, func(d *appsv1.Deployment) bool { return d.Name == name })]
	}
	pod := func(r *rendered, id string) *podTemplate {
		return &r.pods[slices.IndexFunc(r.pods, func(p podTemplate) bool { return p.id == id })]
	}
	tolerate := []corev1.Toleration{{Key: "node.acme.io/spot", Operator: corev1.TolerationOpExists}}
	for name, mutate := range map[string]func(r *rendered){
		"a critical app above a base": func(r *rendered) { pod(r, "Deployment/shop/web").meta.Labels[kube.LabelTier] = "critical" },
		"a run that tolerates":        func(r *rendered) { pod(r, "CronJob/shop/nightly").spec.Tolerations = tolerate },
		"a run that tolerates all": func(r *rendered) {
			pod(r, "CronJob/shop/nightly").spec.Tolerations = []corev1.Toleration{{Operator: "Exists"}}
		},
		"a run that nothing keeps":    func(r *rendered) { pod(r, "CronJob/shop/nightly").spec.Affinity = nil },
		"a colour that tolerates":     func(r *rendered) { pod(r, "Deployment/shop/colours-green").spec.Tolerations = tolerate },
		"a base that tolerates":       func(r *rendered) { deployment(r, "web-base").Spec.Template.Spec.Tolerations = tolerate },
		"a base that nothing keeps":   func(r *rendered) { deployment(r, "web-base").Spec.Template.Spec.Affinity = nil },
		"a pod of the base elsewhere": func(r *rendered) { *deployment(r, "web-base").Spec.Replicas--; *deployment(r, "web").Spec.Replicas++ },
		"no base":                     func(r *rendered) { *deployment(r, "mails-base").Spec.Replicas = 0 },
		"a larger app":                func(r *rendered) { *deployment(r, "web").Spec.Replicas++ },
		"an autoscaler with more":     func(r *rendered) { r.scaled[0].Spec.MinReplicaCount++ },
		"an app that must be on spot": func(r *rendered) {
			pod(r, "Deployment/shop/web").spec.Affinity = pod(r, "Deployment/shop/thumbnails").spec.Affinity
		},
		"pods that leave too slowly":    func(r *rendered) { *pod(r, "Deployment/shop/thumbnails").spec.TerminationGracePeriodSeconds = 121 },
		"a budget of the base alone":    func(r *rendered) { r.budget("web").Spec.Selector = deployment(r, "web-base").Spec.Selector },
		"a second budget":               func(r *rendered) { r.budgets = append(r.budgets, r.budget("web")) },
		"a budget that wants all":       func(r *rendered) { r.budget("web").Spec.MaxUnavailable = new(intstr.FromInt32(0)) },
		"a budget of another namespace": func(r *rendered) { r.budget("web").Namespace = "else" },
	} {
		r := read(t, stream)
		mutate(r)
		if len(unprovenSpot(r)) == 0 {
			t.Errorf("INV-COST-01 does not find %s", name)
		}
	}
}

func (r *rendered) budget(name string) *policyv1.PodDisruptionBudget {
	return r.budgets[slices.IndexFunc(r.budgets, func(b *policyv1.PodDisruptionBudget) bool { return b.Name == name })]
}
