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
	reach     accessScope
	does      string // who has it: what they do
}

// accessScope is how far a door leads.
type accessScope int

const (
	accessLocal   accessScope = iota // to what is in the namespace
	accessFurther                    // further than that
	accessCluster                    // only a ClusterRole can give it: what it is about is in no namespace
)

// accessDoors are the rights that the documentation warns of. The first that a rule gives is reported.
var accessDoors = []accessDoor{
	{rbacv1.GroupName, []string{"roles"}, []string{"escalate"}, accessFurther, "gives itself any right, by widening a role"},
	{rbacv1.GroupName, []string{"clusterroles"}, []string{"escalate"}, accessCluster, "gives itself any right, by widening a role"},
	{rbacv1.GroupName, []string{"roles", "clusterroles"}, []string{"bind"}, accessFurther, "gives itself any role, by binding it"},
	{"", []string{"users", "groups"}, []string{"impersonate"}, accessCluster, "acts as anybody"},
	{"", []string{"serviceaccounts"}, []string{"impersonate"}, accessLocal, "acts as any ServiceAccount"},
	{"", []string{"secrets"}, []string{"list", "watch"}, accessLocal, "reads every Secret"},
	{"", []string{"pods/exec", "pods/attach"}, []string{"create", "get"}, accessLocal, "opens a shell in any pod, and has its Secrets and its rights"},
	{"", []string{"pods/ephemeralcontainers"}, []string{"update", "patch"}, accessLocal, "runs its own program inside any pod"},
	{"", []string{"nodes/proxy"}, []string{"get", "create"}, accessCluster, "runs commands in every pod of every node, past the API server's audit"},
	{"", []string{"serviceaccounts/token"}, []string{"create"}, accessLocal, "makes itself a token of any ServiceAccount"},
	{"", []string{"pods"}, []string{"create"}, accessLocal, "starts pods as any ServiceAccount and with any Secret"},
}

func rightsAreNarrow(c *checker) {
	for _, r := range c.Roles {
		if accessBootstraps(r.Object) || r.Aggregated {
			continue
		}
		for i, rule := range r.Rules {
			if does := accessDanger(c, r, rule); does != "" {
				c.violated(r.Object, fmt.Sprintf("rules[%d]", i), "break into who holds %s %s: %s it %s", r.Kind, r.Name, accessReach(r), does)
			}
		}
		c.proved(r.Object, "%s, none of them a known way to more rights", podCount{len(r.Rules), "rule"})
	}
}

// accessReach says how far a role reaches.
func accessReach(r *inventory.Role) string {
	switch {
	case r.Kind == "ClusterRole":
		return "wherever it is bound,"
	case r.Namespace == "":
		return "in its namespace"
	}
	return "in namespace " + r.Namespace
}

// accessDanger returns what a rule lets somebody do beyond what it says; empty: nothing. Operators of others' may do as they like with
// kinds of their own; a rule of ours has no wildcard at all.
func accessDanger(c *checker, r *inventory.Role, rule rbacv1.PolicyRule) string {
	verbs, resources, groups := slices.Contains(rule.Verbs, "*"), slices.Contains(rule.Resources, "*"), slices.Contains(rule.APIGroups, "*")
	switch {
	case verbs && resources && (groups || slices.Contains(rule.APIGroups, "")) && len(rule.ResourceNames) == 0:
		return "does everything, also to its own rights"
	case r.Ours() && (verbs || resources || groups):
		return "may do what nobody has thought of, by a wildcard"
	}
	if len(rule.ResourceNames) > 0 {
		return "" // it is about these alone
	}
	for _, d := range accessDoors {
		opens := accessGives(rule.APIGroups, d.group) && accessMeets(rule.Resources, d.resources) && accessMeets(rule.Verbs, d.verbs)
		if opens && !(d.reach == accessCluster && r.Kind == "Role") && !(d.reach == accessLocal && accessNothingThere(c, r)) {
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
		c.proved(r.Object, "%s, each of which gives what it says", podCount{len(r.Rules), "rule"})
	}
}

// accessUseless returns what goes wrong with a rule that gives less than it says, or that could name what it reads; empty: nothing.
func accessUseless(r *inventory.Role, rule rbacv1.PolicyRule) string {
	named := len(rule.ResourceNames) > 0
	// Whoever may also update or patch can create by name: with PUT where the kind allows it, and with server-side apply.
	if named && slices.Contains(rule.Verbs, "create") && !accessMeets(rule.Verbs, []string{"update", "patch"}) {
		for _, resource := range rule.Resources {
			if !strings.Contains(resource, "/") && !accessElsewhere(r, rule.APIGroups, resource) { // a subresource is created of an object that is there
				return fmt.Sprintf("create %s called %s: it is refused, because the API server asks for the right before it knows the name", resource, rule.ResourceNames[0])
			}
		}
	}
	// Who watches is a controller, and has to see all of them.
	reads := len(rule.Verbs) > 0 && !slices.ContainsFunc(rule.Verbs, func(v string) bool { return v != "get" && v != "list" })
	if r.Kind == "Role" && !named && reads && accessGives(rule.APIGroups, "") && slices.Equal(rule.Resources, []string{"configmaps"}) {
		return fmt.Sprintf("break into who holds Role %s: %s it reads every ConfigMap, because the rule has no resourceNames", r.Name, accessReach(r))
	}
	return ""
}

// accessElsewhere reports whether another rule of a role lets one create a resource under any name.
func accessElsewhere(r *inventory.Role, groups []string, resource string) bool {
	return slices.ContainsFunc(r.Rules, func(rule rbacv1.PolicyRule) bool {
		return len(rule.ResourceNames) == 0 && accessGives(rule.Verbs, "create") && accessGives(rule.Resources, resource) && accessMeets(rule.APIGroups, groups)
	})
}
