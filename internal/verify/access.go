package verify

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/inventory"
	"github.com/scantling/scantling/internal/manifest"
)

// access is about who may do what at the API server.
var access = slices.Concat([]Guarantee{
	{
		Name:    "binding-resolves",
		Promise: "every binding gives a role that exists to a ServiceAccount that exists",
		Why:     "the API server takes a binding of nothing to nobody, and the app is refused at its first call",
		Source:  "https://kubernetes.io/docs/reference/access-authn-authz/rbac/#rolebinding-and-clusterrolebinding",
		Foreign: diag.Error,
		check:   bindingResolves,
	},
	{
		Name:    "identity-is-own",
		Promise: "rights belong to the ServiceAccount of one app, never to everybody's, and none of them is cluster-admin",
		Why:     "whoever breaks into the weakest pod of those that share an identity has the rights of all of them",
		Source:  "https://kubernetes.io/docs/concepts/security/rbac-good-practices/#least-privilege",
		Foreign: diag.Warning,
		check:   identityIsOwn,
	},
}, accessRoles)

// accessKey is an object of a namespace by its name.
type accessKey struct{ namespace, name string }

// accessLookup finds what belongs to a namespace. What states no namespace goes to whichever it is applied to, so it may be there, too.
func accessLookup[T any](known map[accessKey]T, namespace, name string) T {
	if v, ok := known[accessKey{namespace, name}]; ok {
		return v
	}
	return known[accessKey{"", name}]
}

// accessAccounts returns the ServiceAccounts of the set.
func accessAccounts(c *checker) map[accessKey]*inventory.Account {
	accounts := make(map[accessKey]*inventory.Account, len(c.Accounts))
	for _, a := range c.Accounts {
		accounts[accessKey{a.Namespace, a.Name}] = a
	}
	return accounts
}

// accessEverybody stands for every ServiceAccount of a namespace; without a namespace, of all.
const accessEverybody = "*"

// accessRights returns the bindings of each ServiceAccount. A subject without a namespace is of that of its RoleBinding.
func accessRights(c *checker) map[accessKey][]*inventory.Binding {
	rights := map[accessKey][]*inventory.Binding{}
	for _, b := range c.Bindings {
		for _, s := range b.Subjects {
			group, all := strings.CutPrefix(s.Name, "system:serviceaccounts")
			switch {
			case s.Kind == rbacv1.ServiceAccountKind:
				key := accessKey{cmp.Or(s.Namespace, b.Namespace), s.Name}
				rights[key] = append(rights[key], b)
			case s.Kind == rbacv1.GroupKind && all:
				key := accessKey{strings.TrimPrefix(group, ":"), accessEverybody}
				rights[key] = append(rights[key], b)
			}
		}
	}
	return rights
}

// accessHeld returns the bindings of one ServiceAccount, or of all that it belongs to; nil: it has no right.
func accessHeld(rights map[accessKey][]*inventory.Binding, namespace, name string) []*inventory.Binding {
	if own := accessLookup(rights, namespace, name); own != nil {
		return own
	}
	return accessLookup(rights, namespace, accessEverybody)
}

// accessBuiltIn reports whether Kubernetes brings a ClusterRole along.
func accessBuiltIn(name string) bool {
	return slices.Contains([]string{"cluster-admin", "admin", "edit", "view"}, name) || strings.HasPrefix(name, "system:")
}

func bindingResolves(c *checker) {
	accounts := accessAccounts(c)
	elsewhere := map[string]string{} // a namespace in which an account of that name is
	for _, a := range c.Accounts {
		elsewhere[a.Name] = a.Namespace
	}
	for _, b := range c.Bindings {
		if path, problem := accessRefusal(b); problem != "" {
			c.violated(b.Object, path, "the API server refuses it: %s", problem)
			continue
		}
		if !accessRoleIsThere(c, b) {
			accessMissing(c, b, "roleRef", fmt.Sprintf("%s %s", b.Role.Kind, b.Role.Name), "")
		}
		for i, s := range b.Subjects {
			namespace := cmp.Or(s.Namespace, b.Namespace)
			if s.Kind != rbacv1.ServiceAccountKind || s.Name == "default" || accessLookup(accounts, namespace, s.Name) != nil {
				continue
			}
			other, found := elsewhere[s.Name]
			switch {
			case namespace == "":
				continue // wherever it goes, it is beside whom it names
			case found:
				other = fmt.Sprintf("; one of that name is in namespace %s", other)
			}
			accessMissing(c, b, fmt.Sprintf("subjects[%d]", i), fmt.Sprintf("ServiceAccount %s/%s", namespace, s.Name), other)
		}
		c.proved(b.Object, "it gives %s %s to %s", b.Role.Kind, b.Role.Name, podCount{len(b.Subjects), "subject"})
	}
}

// accessMissing says that a binding points at what no manifest holds. Others' may be in the cluster already.
func accessMissing(c *checker, b *inventory.Binding, path, what, hint string) {
	if b.Ours() {
		c.violated(b.Object, path, "call the API server with these rights: there are none, because no manifest holds %s%s", what, hint)
		return
	}
	c.unknown(b.Object, "whether there is %s, which is in no manifest%s", what, hint)
}

// accessRefusal returns why the API server does not take a binding; empty: it does.
func accessRefusal(b *inventory.Binding) (path, problem string) {
	if b.Kind == "ClusterRoleBinding" && b.Role.Kind == "Role" {
		return "roleRef.kind", "a ClusterRoleBinding gives a ClusterRole, and this names a Role"
	}
	for i, s := range b.Subjects {
		if b.Kind == "ClusterRoleBinding" && s.Kind == rbacv1.ServiceAccountKind && s.Namespace == "" {
			return fmt.Sprintf("subjects[%d].namespace", i), fmt.Sprintf("it does not say in which namespace ServiceAccount %s is", s.Name)
		}
	}
	return "", ""
}

func accessRoleIsThere(c *checker, b *inventory.Binding) bool {
	const group = rbacv1.GroupName
	if b.Namespace == "kube-system" && b.Role.Name == "extension-apiserver-authentication-reader" {
		return true // the only Role without the prefix system: that Kubernetes brings along
	}
	if b.Role.Kind == "ClusterRole" {
		return accessBuiltIn(b.Role.Name) || c.Get(manifest.ID{Group: group, Kind: "ClusterRole", Name: b.Role.Name}) != nil
	}
	return c.Get(manifest.ID{Group: group, Kind: "Role", Namespace: b.Namespace, Name: b.Role.Name}) != nil ||
		c.Get(manifest.ID{Group: group, Kind: "Role", Name: b.Role.Name}) != nil
}

func identityIsOwn(c *checker) {
	users := map[accessKey][]*inventory.Workload{}
	for _, w := range c.Workloads {
		key := accessKey{w.Namespace, podAccount(w)}
		users[key] = append(users[key], w)
	}
	for _, b := range c.Bindings {
		for i, s := range b.Subjects {
			if problem := accessTooShared(b, s); problem != "" {
				c.violated(b.Object, fmt.Sprintf("subjects[%d]", i), "%s", problem)
			}
			if s.Kind != rbacv1.ServiceAccountKind {
				continue
			}
			if one, two := accessApps(users[accessKey{cmp.Or(s.Namespace, b.Namespace), s.Name}]); b.Ours() && two != "" {
				c.violated(b.Object, fmt.Sprintf("subjects[%d]", i), "break into %s: it has the rights of %s, because both run as ServiceAccount %s", one, two, s.Name)
			}
		}
		if !accessBootstraps(b.Object) {
			c.proved(b.Object, "%s %s for %s", b.Role.Kind, b.Role.Name, accessSubjects(b))
		}
	}
}

// accessBootstraps reports whether Kubernetes makes an object itself.
func accessBootstraps(o *inventory.Object) bool {
	return o.Labels["kubernetes.io/bootstrapping"] != ""
}

// accessTooShared returns what happens when a subject of a binding is everybody, or may do everything; empty: it is neither.
func accessTooShared(b *inventory.Binding, s rbacv1.Subject) string {
	switch {
	case accessBootstraps(b.Object):
		return ""
	case s.Kind == rbacv1.GroupKind && (s.Name == "system:unauthenticated" || s.Name == "system:authenticated" || s.Name == "system:serviceaccounts"):
		return fmt.Sprintf("call the API server as anybody of %s: %s %s is yours", s.Name, b.Role.Kind, b.Role.Name)
	case s.Kind != rbacv1.ServiceAccountKind:
		return ""
	case s.Name == "default":
		return fmt.Sprintf("start any pod in namespace %s that names no ServiceAccount: it has the rights of %s %s", cmp.Or(s.Namespace, b.Namespace, "of the binding"), b.Role.Kind, b.Role.Name)
	case b.Role.Kind == "ClusterRole" && b.Role.Name == "cluster-admin" && b.Kind == "ClusterRoleBinding":
		return fmt.Sprintf("break into a pod that runs as ServiceAccount %s: the whole cluster is yours", s.Name)
	case b.Role.Kind == "ClusterRole" && b.Role.Name == "cluster-admin":
		return fmt.Sprintf("break into a pod that runs as ServiceAccount %s: everything in the namespace is yours", s.Name)
	}
	return ""
}

// accessApps returns two apps that run as one identity; empty: there is one app at the most.
func accessApps(workloads []*inventory.Workload) (one, two string) {
	for _, w := range workloads {
		app := cmp.Or(App(w.Object), w.Name)
		if one == "" {
			one = app
		}
		if app != one {
			return one, app
		}
	}
	return one, ""
}

// accessSubjects names who gets a role.
func accessSubjects(b *inventory.Binding) string {
	var all []string
	for _, s := range b.Subjects {
		all = append(all, s.Kind+" "+s.Name)
	}
	if len(all) == 0 {
		return "nobody"
	}
	return podNames(all)
}
