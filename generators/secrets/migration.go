package secrets

import (
	"maps"
	"slices"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

// MigrationSecret fetches the secrets of a migration that the app itself does not have under the same name.
var MigrationSecret = generator.Generator{
	Name:    "migration-secret",
	Reasons: migrationReasons(ExternalSecret.Reasons),
	Run: func(a app.App) []generator.Object {
		if a.Migration == nil {
			return nil
		}
		a.Rollout.Split = nil // no controller looks at a migration
		var out []generator.Object
		for _, s := range a.Migration.Secrets {
			shared := slices.ContainsFunc(a.Secrets, func(own app.Secret) bool { return own.Name == s.Name })
			if s.Store == nil || shared {
				continue
			}
			secret := externalSecret(a, s.Name, *s.Store)
			secret.ObjectMeta = kube.MigrationMeta(a, s.Name)
			out = append(out, secret)
		}
		return out
	},
}

func migrationReasons(all generator.Reasons) generator.Reasons {
	own := maps.Clone(all)
	delete(own, "ExternalSecret spec.target.template.metadata.annotations")
	return own
}
