package secrets

import (
	"maps"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

// SealedSecret passes on a secret that its owner has sealed. A strict seal holds for one name and namespace only, so neither
// changes, and nothing is added that the owner did not write.
var SealedSecret = generator.Generator{
	Name: "sealed-secret",
	Run: func(a app.App) []generator.Object {
		var out []generator.Object
		for _, s := range a.Secrets {
			if s.Sealed != nil {
				out = append(out, sealed(a, s.Sealed))
			}
		}
		return out
	},
}

// sealed returns the object as it is, or, if it says no namespace, as the wider seals may, a copy in the app's.
func sealed(a app.App, object kube.Passthrough) kube.Passthrough {
	if object.GetNamespace() != "" {
		return object
	}
	meta, _ := object["metadata"].(map[string]any)
	meta = maps.Clone(meta)
	if meta == nil {
		meta = map[string]any{}
	}
	meta["namespace"] = a.Namespace
	object = maps.Clone(object)
	object["metadata"] = meta
	return object
}
