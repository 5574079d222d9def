package verify

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/inventory"
)

// accessRoles are about what roles give.
var accessRoles = []Guarantee{
	{
		Name:    "rights-are-narrow",
		Promise: "no role gives everything, the Secrets of others, or a way to more rights than it names",
		Why:     "some rights are a door to all others: a pod can be started as any ServiceAccount, a shell opened in any container, a role widened",
		Source:  "https://kubernetes.io/docs/concepts/security/rbac-good-practices/#privilege-escalation-risks",
		Foreign: diag.Warning,
		check:   rightsAreNarrow,
	},
	{
		Name:    "rights-have-a-use",
		Promise: "every right is one that can be used, and reads what it names instead of all there is",
		Why:     "a name beside a verb that knows no names gives nothing, and a right to read without a name reads everybody's",
		Source:  "https://kubernetes.io/docs/reference/access-authn-authz/rbac/#referring-to-resources",
		Foreign: diag.Warning,
		check:   rightsHaveAUse,
	},
}

// accessDoor is a right that leads to others.
type accessDoor struct {
	group     string
	resources []string // any of them
	verbs     []string // any of them
	local     bool     // it leads to what is in the namespace, and no further
	does      string   // who has it: what they do
}

// accessDoors are the rights that the documentation warns of. The first that a rule gives is reported.
var accessDoors = []accessDoor{
	{"rbac.authorization.k8s.io", []string{"roles", "clusterroles"}, []string{"escalate"}, false, "gives itself any right, by widening a role"},
	{"rbac.authorization.k8s.io", []string{"roles", "clusterroles"}, []string{"bind"}, false, "gives itself any role, by binding it"},
	{"", []string{"users", "groups", "serviceaccounts"}, []string{"impersonate"}, false, "acts as anybody"},
	{"", []string{"secrets"}, []string{"list", "watch"}, true, "reads every Secret"},
	{"", []string{"pods/exec", "pods/attach"}, []string{"create", "get"}, true, "opens a shell in any pod, and has its Secrets and its rights"},
	{"", []string{"pods/ephemeralcontainers"}, []string{"update", "patch"}, true, "runs its own program inside any pod"},
	{"", []string{"nodes/proxy"}, []string{"get", "create"}, false, "runs commands in every pod of every node, past the API server's audit"},
	{"", []string{"serviceaccounts/token"}, []string{"create"}, true, "makes itself a token of any ServiceAccount"},
	{"", []string{"pods"}, []string{"create"}, true, "starts pods as any ServiceAccount and with any Secret"},
}

func rightsAreNarrow(c *checker) {
	for _, r := range c.Roles {
		if accessBootstraps(r.Object) || r.Aggregated {
			continue
		}
		for i, rule := range r.Rules {
			if does := accessDanger(c, r, rule); does != "" {
				c.violated(r.Object, fmt.Sprintf("rules[%d]", i), "break into who holds %s %s: it %s%s", r.Kind, r.Name, does, accessReach(r))
			}
		}
		c.proved(r.Object, "%d rules, none of them one of the known ways to more rights", len(r.Rules))
	}
}

// accessReach says how far a role reaches.
func accessReach(r *inventory.Role) string {
	switch {
	case r.Kind == "ClusterRole":
		return " wherever the role is bound"
	case r.Namespace == "":
		return " of its namespace"
	}
	return " of namespace " + r.Namespace
}

// accessDanger returns what a rule lets somebody do beyond what it says; empty: nothing. Operators of others' may do as they like with
// kinds of their own; a rule of ours has no wildcard at all.
func accessDanger(c *checker, r *inventory.Role, rule rbacv1.PolicyRule) string {
	verbs, resources, groups := slices.Contains(rule.Verbs, "*"), slices.Contains(rule.Resources, "*"), slices.Contains(rule.APIGroups, "*")
	switch {
	case verbs && resources && (groups || slices.Contains(rule.APIGroups, "")) && len(rule.ResourceNames) == 0:
		return "does everything, to its own rights too,"
	case r.Ours() && (verbs || resources || groups):
		return "may do what nobody has thought of, by a wildcard,"
	}
	if len(rule.ResourceNames) > 0 {
		return "" // it is about these alone
	}
	for _, d := range accessDoors {
		opens := accessGives(rule.APIGroups, d.group) && accessMeets(rule.Resources, d.resources) && accessMeets(rule.Verbs, d.verbs)
		if opens && !(d.local && accessNothingThere(c, r)) {
			return d.does
		}
	}
	return ""
}

// accessNothingThere reports whether a role reaches only a namespace of ours that has nothing to take: no pods, no Secrets and no
// rights, as one in which backups are restored to see that they can be.
func accessNothingThere(c *checker, r *inventory.Role) bool {
	n := c.Namespace(r.Namespace)
	if r.Kind != "Role" || n == nil || !n.Ours() || len(c.In(r.Namespace)) > 0 {
		return false
	}
	return !slices.ContainsFunc(c.Secrets, func(k *inventory.Keys) bool { return k.Namespace == r.Namespace }) &&
		!slices.ContainsFunc(c.Bindings, func(b *inventory.Binding) bool {
			return slices.ContainsFunc(b.Subjects, func(s rbacv1.Subject) bool {
				return s.Kind == rbacv1.ServiceAccountKind && cmp.Or(s.Namespace, b.Namespace) == r.Namespace
			})
		})
}

// accessGives reports whether a list holds a word, or the wildcard.
func accessGives(list []string, word string) bool {
	return slices.Contains(list, word) || slices.Contains(list, "*")
}

// accessMeets reports whether a list holds one of some words, or the wildcard.
func accessMeets(list, words []string) bool {
	return slices.ContainsFunc(words, func(word string) bool { return accessGives(list, word) })
}

func rightsHaveAUse(c *checker) {
	for _, r := range c.Roles {
		if accessBootstraps(r.Object) || r.Aggregated || len(r.Rules) == 0 {
			continue
		}
		for i, rule := range r.Rules {
			if problem := accessUseless(r, rule); problem != "" {
				c.violated(r.Object, fmt.Sprintf("rules[%d]", i), "%s", problem)
			}
		}
		c.proved(r.Object, "%d rules, each of which gives what it says", len(r.Rules))
	}
}

// accessUseless returns what goes wrong with a rule that gives less than it says, or that could name what it reads; empty: nothing.
func accessUseless(r *inventory.Role, rule rbacv1.PolicyRule) string {
	named := len(rule.ResourceNames) > 0
	if named && slices.Contains(rule.Verbs, "create") {
		for _, resource := range rule.Resources {
			if !strings.Contains(resource, "/") && !accessElsewhere(r, rule.APIGroups, resource) { // a subresource is created of an object that is there
				return fmt.Sprintf("create %s called %s: it is refused, because the API server asks for the right before it knows the name", resource, rule.ResourceNames[0])
			}
		}
	}
	reads := !slices.ContainsFunc(rule.Verbs, func(v string) bool { return v != "get" && v != "list" && v != "watch" })
	if r.Kind == "Role" && !named && reads && len(rule.Verbs) > 0 && accessGives(rule.APIGroups, "") && slices.Contains(rule.Resources, "configmaps") {
		return fmt.Sprintf("break into who holds Role %s: it reads every ConfigMap%s, because the rule has no resourceNames", r.Name, accessReach(r))
	}
	return ""
}

// accessElsewhere reports whether another rule of a role lets one create a resource under any name.
func accessElsewhere(r *inventory.Role, groups []string, resource string) bool {
	return slices.ContainsFunc(r.Rules, func(rule rbacv1.PolicyRule) bool {
		return len(rule.ResourceNames) == 0 && accessGives(rule.Verbs, "create") && accessGives(rule.Resources, resource) && accessMeets(rule.APIGroups, groups)
	})
}
