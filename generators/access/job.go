package access

import (
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

// JobServiceAccount is the identity of each Job beside an app: who may read every row of a database is not who serves requests.
var JobServiceAccount = generator.Generator{
	Name:    "job-service-account",
	Reasons: ServiceAccount.Reasons,
	Run: func(a app.App) []generator.Object {
		var out []generator.Object
		for _, j := range a.Jobs {
			out = append(out, &corev1.ServiceAccount{
				TypeMeta:                     kube.Type("v1", "ServiceAccount"),
				ObjectMeta:                   kube.JobMeta(a, j, j.Name),
				AutomountServiceAccountToken: new(false),
			})
		}
		return out
	},
}

// JobRole is what a Job beside an app may do with the Kubernetes API, in each namespace where it has something to do.
var JobRole = generator.Generator{
	Name: "job-role",
	Run: func(a app.App) []generator.Object {
		var out []generator.Object
		for _, j := range a.Jobs {
			for _, g := range j.Grants {
				out = append(out, &rbacv1.Role{
					TypeMeta:   kube.Type(rbacv1.SchemeGroupVersion.String(), "Role"),
					ObjectMeta: grantMeta(a, j, g),
					Rules:      rules(g.Rules),
				})
			}
		}
		return out
	},
}

// JobRoleBinding gives the roles of a Job beside an app to its identity, and to nobody else.
var JobRoleBinding = generator.Generator{
	Name:    "job-role-binding",
	Reasons: RoleBinding.Reasons,
	Run: func(a app.App) []generator.Object {
		var out []generator.Object
		for _, j := range a.Jobs {
			for _, g := range j.Grants {
				meta := grantMeta(a, j, g)
				out = append(out, &rbacv1.RoleBinding{
					TypeMeta:   kube.Type(rbacv1.SchemeGroupVersion.String(), "RoleBinding"),
					ObjectMeta: meta,
					RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: meta.Name},
					Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Name: j.Name, Namespace: a.Namespace}},
				})
			}
		}
		return out
	},
}

// grantMeta is the metadata of a Role and its binding. In another namespace, where Jobs of many meet, the name says whose they are: no
// part of it has a dot, so no two are called the same.
func grantMeta(a app.App, j app.Job, g app.Grant) metav1.ObjectMeta {
	meta := kube.JobMeta(a, j, j.Name)
	if g.Namespace != a.Namespace {
		meta.Name, meta.Namespace = a.Namespace+"."+j.Name, g.Namespace
	}
	return meta
}
