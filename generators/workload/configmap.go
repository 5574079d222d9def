package workload

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

// ConfigMap holds an app's config files. Its name changes with its content, so pods of an old version keep the old files, and a
// rollback finds them.
var ConfigMap = generator.Generator{
	Name: "config-map",
	Reasons: generator.Reasons{
		"ConfigMap immutable":            "its name stands for its content; and the kubelet need not watch it",
		"ConfigMap metadata.annotations": "its name stands for its content: Flagger needs no copy of it for each version",
	},
	Run: func(a app.App) []generator.Object {
		if a.Config == nil {
			return nil
		}
		meta := kube.Meta(a, a.Config.Name)
		meta.Annotations = kube.UntrackedAnnotations(a)
		return []generator.Object{&corev1.ConfigMap{
			TypeMeta:   kube.Type("v1", "ConfigMap"),
			ObjectMeta: meta,
			Immutable:  new(true),
			Data:       a.Config.Files,
		}}
	},
}
