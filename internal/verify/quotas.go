package verify

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/inventory"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// quotas are about what a namespace may hold altogether.
var quotas = []Guarantee{{
	Name:    "quota-fits",
	Promise: "every quota has room for all of its namespace at its most, with the pods that rollouts have in excess",
	Why:     "at the limit the API server refuses pods: a rollout stops half-way, and an autoscaler can't follow the load",
	Source:  "https://kubernetes.io/docs/concepts/policy/resource-quotas/",
	Foreign: diag.Warning,
	check:   quotaFits,
}}

// quotaFits counts as the API server does (https://github.com/kubernetes/kubernetes/tree/master/pkg/quota/v1/evaluator/core).
func quotaFits(c *checker) {
	if len(c.Quotas) == 0 {
		return
	}
	ranges, held := limitRangesByPlace(c), heldByPlace(c)
	for _, q := range c.Quotas {
		demanding := demanding(q)
		uses := slices.Clone(held[q.Namespace])
		var everyNode *inventory.Workload
		for _, w := range c.In(q.Namespace) {
			pod := admit(w, ranges[w.Namespace])
			if !inScope(q, w, pod) {
				continue
			}
			if name, missing := pod.lacks(demanding); name != "" {
				c.refused(w.Object, podPath(w), "apply it: its pods are refused, because quota %s counts %s and container %s states none", q.Name, missing, name)
			}
			if w.Kind == "DaemonSet" {
				everyNode = w
				continue
			}
			uses = append(uses, use{w.Object, podsAtOnce(w), podUsage(pod)})
		}
		if over := overdrawn(c, q, uses); !over && everyNode != nil {
			c.unknown(q.Object, "how many nodes there are, each with a pod of %s", everyNode.Short())
		}
	}
}

// use is what one object needs of a quota.
type use struct {
	*inventory.Object
	times atOnce
	each  corev1.ResourceList
}

// overdrawn holds everything against each hard limit of a quota, and says what comes of it.
func overdrawn(c *checker, q *inventory.Quota, uses []use) (over bool) {
	var proofs []string
	for _, name := range slices.Sorted(maps.Keys(q.Spec.Hard)) {
		hard := q.Spec.Hard[name]
		var most, start resource.Quantity
		var terms []use
		for _, u := range uses {
			if each, ok := u.each[counted(name)]; ok && !each.IsZero() && u.times.total() > 0 {
				terms = append(terms, u)
				most.Add(multiplied(each, u.times.total()))
				start.Add(multiplied(each, u.times.least))
			}
		}
		if most.Cmp(hard) <= 0 {
			proofs = append(proofs, fmt.Sprintf("%s of %s %s", most.String(), hard.String(), name))
			continue
		}
		over = true
		path := "spec.hard." + string(name)
		if start.Cmp(hard) > 0 {
			for i := range terms {
				terms[i].times = atOnce{most: terms[i].times.least}
			}
			c.refused(q.Object, path, "apply everything: even at the lowest load, %s = %s %s, and the quota allows %s", quotaSum(terms, counted(name)), start.String(), name, hard.String())
			continue
		}
		c.violated(q.Object, path, "scale everything to its most and release it: %s = %s %s, and the quota allows %s", quotaSum(terms, counted(name)), most.String(), name, hard.String())
	}
	if !over {
		c.proved(q.Object, "%s", strings.Join(proofs, ", "))
	}
	return over
}

// quotaSum writes out a sum, the largest terms first.
func quotaSum(terms []use, name corev1.ResourceName) string {
	const shown = 4
	slices.SortStableFunc(terms, func(a, b use) int {
		x, y := multiplied(a.each[name], a.times.total()), multiplied(b.each[name], b.times.total())
		return y.Cmp(x)
	})
	terms = slices.DeleteFunc(terms, func(u use) bool { return u.times.total() == 0 })
	var parts []string
	for i, u := range terms {
		if i == shown {
			parts = append(parts, fmt.Sprintf("%d more", len(terms)-shown))
			break
		}
		part := fmt.Sprintf("%s %s", u.Name, u.times)
		if each := u.each[name]; each.CmpInt64(1) != 0 {
			part += " × " + each.String()
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, " + ")
}

// counted is the name under which a hard limit's resource is counted: cpu is what pods request of it.
func counted(name corev1.ResourceName) corev1.ResourceName {
	switch name {
	case corev1.ResourceCPU, corev1.ResourceMemory, corev1.ResourceEphemeralStorage:
		return corev1.DefaultResourceRequestsPrefix + name
	}
	if strings.HasPrefix(string(name), corev1.ResourceHugePagesPrefix) {
		return corev1.DefaultResourceRequestsPrefix + name
	}
	return name
}

// multiplied is n times a quantity.
func multiplied(q resource.Quantity, n int64) resource.Quantity {
	q = q.DeepCopy()
	q.Mul(n)
	return q
}

// atOnce is how many pods a workload may have at a time.
type atOnce struct {
	least, most, surge int64
	twice              bool // a second version of as many stands beside the first
}

func (n atOnce) total() int64 {
	if n.twice {
		return 2*n.most + n.surge
	}
	return n.most + n.surge
}

// String is the number as a person adds it up: 10, (10 + 3), 2 × 10.
func (n atOnce) String() string {
	s := fmt.Sprint(n.most)
	if n.twice {
		s = "2 × " + s
	}
	if n.surge > 0 {
		return fmt.Sprintf("(%s + %d)", s, n.surge)
	}
	return s
}

// podsAtOnce counts the pods of a workload when there are most: with those of a rollout, and those of a run. Of a DaemonSet there are 0.
func podsAtOnce(w *inventory.Workload) atOnce {
	switch {
	case w.Kind == "DaemonSet":
		return atOnce{}
	case w.Job != nil:
		n := int64(1)
		if w.Job.Parallelism != nil {
			n = int64(*w.Job.Parallelism)
		}
		if w.Job.Completions != nil {
			n = min(n, int64(*w.Job.Completions))
		}
		return atOnce{least: 0, most: max(n, 0)}
	}
	most := max(w.Most(), 0)
	return atOnce{least: int64(max(w.Least(), 0)), most: int64(most), surge: int64(max(w.Surge(most), 0)), twice: doubles(w)}
}

// claimUsage is what one claim is counted as.
func claimUsage(spec *corev1.PersistentVolumeClaimSpec) corev1.ResourceList {
	size := spec.Resources.Requests[corev1.ResourceStorage]
	one := *resource.NewQuantity(1, resource.DecimalSI)
	usage := corev1.ResourceList{
		corev1.ResourcePersistentVolumeClaims: one, "count/persistentvolumeclaims": one, corev1.ResourceRequestsStorage: size,
	}
	if spec.StorageClassName != nil {
		const suffix = ".storageclass.storage.k8s.io/"
		usage[corev1.ResourceName(*spec.StorageClassName+suffix+"requests.storage")] = size
		usage[corev1.ResourceName(*spec.StorageClassName+suffix+"persistentvolumeclaims")] = one
	}
	return usage
}
