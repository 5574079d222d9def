package kube

import "k8s.io/apimachinery/pkg/runtime/schema"

// Kind returns the kind of an object that says it: a typed one, or one that is passed through.
func Kind(object any) string {
	switch o := object.(type) {
	case interface{ GetObjectKind() schema.ObjectKind }:
		return o.GetObjectKind().GroupVersionKind().Kind
	case Passthrough:
		kind, _ := o["kind"].(string)
		return kind
	}
	return ""
}
