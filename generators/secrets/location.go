package secrets

import (
	"cmp"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

// locationRefreshSeconds is how often the bucket's keys are fetched where the platform does not say: external-secrets' default.
const locationRefreshSeconds = 3600

// credentialsFile is what the client of an S3 store reads, in the words of external-secrets' templates.
const credentialsFile = "[default]\naws_access_key_id={{ .accessKey }}\naws_secret_access_key={{ .secretKey }}\n"

// LocationSecret fetches the keys of the bucket for Velero, and makes of them the file that it reads.
var LocationSecret = generator.Generator{
	Name:    "location-secret",
	Reasons: locationReasons(),
	RunPlatform: func(f app.Fleet) []generator.Object {
		if !kube.HasLocation(f.Env) {
			return nil
		}
		secret := externalSecret(kube.PlatformMeta(f.Env.Velero, kube.LocationSecret(f.Env)), app.StoreSecret{
			StoreName:      f.Env.SecretStore.Name,
			StoreKind:      f.Env.SecretStore.Kind,
			RefreshSeconds: cmp.Or(f.Env.SecretStore.RefreshSeconds, locationRefreshSeconds),
			Template:       map[string]string{kube.LocationSecretKey: credentialsFile},
			Data: []app.RemoteKey{
				{Key: "accessKey", Remote: f.Env.Backups.Keys(f.Env.Velero), Property: "accessKey"},
				{Key: "secretKey", Remote: f.Env.Backups.Keys(f.Env.Velero), Property: "secretKey"},
			},
		})
		secret.Spec.Target.Template.MergePolicy = "Replace"
		return []generator.Object{secret}
	},
}

// locationReasons are those of every secret, and of the file that this one is about.
func locationReasons() generator.Reasons {
	all := migrationReasons(ExternalSecret.Reasons)
	all["ExternalSecret spec.target.template.mergePolicy"] = "the file alone: nobody reads the keys that it is made of"
	all["ExternalSecret spec.target.template.data"] = "the file of credentials that Velero's plugin for S3 reads"
	all["ExternalSecret spec.data[].secretKey"] = "the names that the platform keeps the bucket's keys under"
	all["ExternalSecret spec.data[].remoteRef.property"] = "the names that the platform keeps the bucket's keys under"
	return all
}
