// Package access gives each app an identity of its own and just the permissions on the Kubernetes API that it asked for.
package access

import (
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

// ServiceAccount is the identity of an app: one each, never the namespace's default.
var ServiceAccount = generator.Generator{
	Name: "service-account",
	Reasons: generator.Reasons{
		"ServiceAccount automountServiceAccountToken": "a token is mounted only where the pod itself asks for it",
	},
	Run: func(a app.App) []generator.Object {
		return []generator.Object{&corev1.ServiceAccount{
			TypeMeta:                     kube.Type("v1", "ServiceAccount"),
			ObjectMeta:                   kube.Meta(a, a.Name),
			AutomountServiceAccountToken: new(false),
		}}
	},
}

// Role is what an app may do with the Kubernetes API, in its own namespace.
var Role = generator.Generator{
	Name: "role",
	Run: func(a app.App) []generator.Object {
		if len(a.Access) == 0 {
			return nil // an empty role is a promise that somebody will fill it
		}
		return []generator.Object{&rbacv1.Role{
			TypeMeta:   kube.Type(rbacv1.SchemeGroupVersion.String(), "Role"),
			ObjectMeta: kube.Meta(a, a.Name),
			Rules:      rules(a.Access),
		}}
	},
}

// RoleBinding gives an app's role to its identity, and to nobody else.
var RoleBinding = generator.Generator{
	Name: "role-binding",
	Reasons: generator.Reasons{
		"RoleBinding roleRef.apiGroup": "the only group that has roles",
		"RoleBinding roleRef.kind":     "a ClusterRole could grow without the app's owner seeing it",
		"RoleBinding subjects[].kind":  "pods act as a service account; a user or group could be anybody",
	},
	Run: func(a app.App) []generator.Object {
		if len(a.Access) == 0 {
			return nil
		}
		return []generator.Object{&rbacv1.RoleBinding{
			TypeMeta:   kube.Type(rbacv1.SchemeGroupVersion.String(), "RoleBinding"),
			ObjectMeta: kube.Meta(a, a.Name),
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: a.Name},
			Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Name: a.Name, Namespace: a.Namespace}},
		}}
	},
}

// rules returns one rule for each permission: merging them would grant the product of their verbs and names.
func rules(access []app.AccessRule) []rbacv1.PolicyRule {
	out := make([]rbacv1.PolicyRule, len(access))
	for i, r := range access {
		out[i] = rbacv1.PolicyRule{
			APIGroups:     []string{r.Group},
			Resources:     []string{r.Resource},
			ResourceNames: r.Names,
			Verbs:         r.Verbs,
		}
	}
	return out
}
