package verify

import (
	"slices"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/scantling/scantling/internal/inventory"
)

// podOperators are the workloads that may make pods, which no set holds then.
type podOperators struct {
	everywhere *inventory.Object            // the first of those that may in every namespace
	in         map[string]*inventory.Object // the first of those that may in one
}

// of returns one that may make pods in a namespace; nil: there is none.
func (o podOperators) of(namespace string) *inventory.Object {
	if one := o.in[namespace]; one != nil {
		return one
	}
	return o.everywhere
}

// podResources are what pods are made of.
var podResources = []string{"pods", "deployments", "daemonsets", "statefulsets", "replicasets", "replicationcontrollers", "jobs", "cronjobs", rbacv1.ResourceAll}

// makesPodsBy reports whether one of some rules allows to make pods.
func makesPodsBy(rules []rbacv1.PolicyRule) bool {
	return slices.ContainsFunc(rules, func(r rbacv1.PolicyRule) bool {
		return (slices.Contains(r.Verbs, "create") || slices.Contains(r.Verbs, rbacv1.VerbAll)) &&
			slices.ContainsFunc(r.Resources, func(resource string) bool { return slices.Contains(podResources, resource) })
	})
}

// findOperators finds the workloads that may make pods.
func findOperators(c *checker) podOperators {
	roles := map[accessKey]bool{}
	for _, r := range c.Roles {
		if makesPodsBy(r.Rules) {
			roles[accessKey{r.Namespace, r.Name}] = true
		}
	}
	found := podOperators{in: map[string]*inventory.Object{}}
	if len(roles) == 0 {
		return found
	}
	rights := accessRights(c)
	for _, w := range c.Workloads {
		for _, b := range accessHeld(rights, w.Namespace, podAccount(w)) {
			everywhere := b.Kind == "ClusterRoleBinding"
			switch {
			case b.Role.Kind == "ClusterRole" && !roles[accessKey{"", b.Role.Name}], b.Role.Kind == "Role" && !roles[accessKey{b.Namespace, b.Role.Name}]:
			case everywhere && found.everywhere == nil:
				found.everywhere = w.Object
			case !everywhere && found.in[b.Namespace] == nil:
				found.in[b.Namespace] = w.Object
			}
		}
	}
	return found
}
