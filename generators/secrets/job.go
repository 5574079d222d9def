package secrets

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

// JobSecret fetches the secrets of each Job beside an app: the keys of the bucket and of the encryption, which the app never sees.
var JobSecret = generator.Generator{
	Name:    "job-secret",
	Reasons: migrationReasons(ExternalSecret.Reasons),
	Run: func(a app.App) []generator.Object {
		var out []generator.Object
		for _, j := range a.Jobs {
			for _, s := range j.Secrets {
				out = append(out, fetched(kube.JobMeta(a, j, s.Name), s)...)
			}
		}
		return out
	},
}

// ArchiveSecret fetches the keys of the bucket in which a database of an app keeps its archive.
var ArchiveSecret = generator.Generator{
	Name:    "archive-secret",
	Reasons: migrationReasons(ExternalSecret.Reasons),
	Run: func(a app.App) []generator.Object {
		var out []generator.Object
		for _, c := range a.Clusters {
			if c.Archive != nil {
				out = append(out, fetched(archiveMeta(a, c), c.Archive.Secret)...)
			}
		}
		return out
	},
}

// archiveMeta bears no version: the app's releases leave its database alone.
func archiveMeta(a app.App, c app.Cluster) metav1.ObjectMeta {
	a.Version = ""
	return kube.ComponentMeta(a, c.Archive.Secret.Name, kube.ComponentDatabase)
}

// fetched returns the object that makes a Secret; none for one that is made elsewhere.
func fetched(meta metav1.ObjectMeta, s app.Secret) []generator.Object {
	if s.Store == nil {
		return nil
	}
	return []generator.Object{externalSecret(meta, *s.Store)}
}
