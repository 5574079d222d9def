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
		var out []generator.Object
		for _, s := range a.Migration.Secrets {
			shared := slices.ContainsFunc(a.Secrets, func(own app.Secret) bool { return own.Name == s.Name })
			if s.Store == nil || shared {
				continue
			}
			out = append(out, externalSecret(kube.MigrationMeta(a, s.Name), *s.Store))
		}
		return out
	},
}

// migrationReasons leaves out what only Flagger reads: it does not look at a migration.
func migrationReasons(all generator.Reasons) generator.Reasons {
	own := maps.Clone(all)
	delete(own, "ExternalSecret spec.target.template.metadata.annotations")
	return own
}
