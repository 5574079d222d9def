package access

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

// MigrationServiceAccount is the identity of an app's migration. It is another one than the app's, so that who may change a schema,
// as a cloud's database sees it, is not who serves requests.
var MigrationServiceAccount = generator.Generator{
	Name: "migration-service-account",
	Reasons: generator.Reasons{
		"ServiceAccount automountServiceAccountToken": "a migration talks to a database, not to the Kubernetes API",
	},
	Run: func(a app.App) []generator.Object {
		if a.Migration == nil {
			return nil
		}
		return []generator.Object{&corev1.ServiceAccount{
			TypeMeta:                     kube.Type("v1", "ServiceAccount"),
			ObjectMeta:                   kube.MigrationMeta(a, kube.MigrationName(a)),
			AutomountServiceAccountToken: new(false),
		}}
	},
}
