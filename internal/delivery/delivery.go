// Package delivery marks objects for the tool that brings them to a cluster, so that each comes when what it needs is there.
package delivery

import (
	"maps"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

// marks are what a delivery tool reads from an object's metadata.
type marks struct {
	labels      map[string]string
	annotations map[string]string
}

// Mark adds what env's delivery needs to the objects that a generator made of an app or, with a nil app, of a namespace. Typed
// objects are changed in place; a document that is passed through belongs to the model, so a copy of it is. A label or annotation
// that is there stays as it is. kubectl needs no marks but those of a migration: the order of output is the order in which it applies.
func Mark(env *app.Environment, a *app.App, objects []generator.Object) []generator.Object {
	out := make([]generator.Object, len(objects))
	for i, o := range objects {
		switch env.Delivery {
		case "argocd":
			out[i] = marked(o, argo(a, o))
		case "flux":
			out[i] = marked(o, flux(a, o))
		case "helm":
			out[i] = marked(o, helm(o))
		case "kubectl":
			out[i] = marked(o, marks{labels: stage(a, o)})
		default:
			out[i] = o
		}
	}
	return out
}

func marked(o generator.Object, m marks) generator.Object {
	switch o := o.(type) {
	case kube.Passthrough:
		return document(o, m)
	case metav1.Object:
		if len(m.labels) > 0 {
			o.SetLabels(kube.Merge(m.labels, o.GetLabels()))
		}
		if len(m.annotations) > 0 {
			o.SetAnnotations(kube.Merge(m.annotations, o.GetAnnotations()))
		}
	}
	return o
}

// document returns a copy of a document with marks.
func document(o kube.Passthrough, m marks) kube.Passthrough {
	if len(m.labels)+len(m.annotations) == 0 {
		return o
	}
	meta, _ := o["metadata"].(map[string]any)
	meta = maps.Clone(meta)
	if meta == nil {
		meta = map[string]any{}
	}
	for field, values := range map[string]map[string]string{"labels": m.labels, "annotations": m.annotations} {
		have, _ := meta[field].(map[string]any)
		merged := map[string]any{}
		for key, value := range values {
			merged[key] = value
		}
		maps.Copy(merged, have)
		if len(merged) > 0 {
			meta[field] = merged
		}
	}
	o = maps.Clone(o)
	o["metadata"] = meta
	return o
}

// migrates reports whether an object is of a migration alone: the Job, or what only the Job needs.
func migrates(o generator.Object) bool { return is(o, kube.ComponentMigration) }

func is(o generator.Object, component string) bool {
	typed, ok := o.(metav1.Object)
	return ok && typed.GetLabels()[kube.LabelComponent] == component
}

// The label by which a migration and what it needs can be applied before the rest of an app.
const (
	LabelStage     = "scantling.dev/stage"
	StageMigration = "migration"
)

// stage labels an app's migration, the Secrets that it may share with the app, and a database that is made for the app, which has to be
// there to be changed. Tools without an order of their own select by it.
func stage(a *app.App, o generator.Object) map[string]string {
	if a == nil || a.Migration == nil {
		return nil
	}
	if kind := kube.Kind(o); is(o, kube.ComponentMigration) || is(o, kube.ComponentDatabase) || kind == "ExternalSecret" || kind == "SealedSecret" {
		return map[string]string{LabelStage: StageMigration}
	}
	return nil
}
