// Package crdcheck asks the API server's own code whether it would create an object of a kind that a CRD defines: served
// version, unknown fields, schema, list keys, and the CEL rules.
package crdcheck

import (
	"fmt"
	"strings"
	"sync"

	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/objectmeta"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"

	"github.com/scantling/scantling/e2e/judge/manifest"
)

// Checker remembers the definitions that it has read. Several sets may be judged at a time.
type Checker struct {
	reading sync.Mutex
	kinds   map[schema.GroupVersionKind]*kind
}

// New is a checker that has read nothing yet.
func New() *Checker { return &Checker{kinds: map[schema.GroupVersionKind]*kind{}} }

// Judge creates the documents whose kinds Kubernetes doesn't ship, on paper. A kind that nobody defines is a finding, too.
func (c *Checker) Judge(docs []manifest.Document) ([]manifest.Finding, error) {
	var findings []manifest.Finding
	for _, d := range docs {
		if scheme.Scheme.IsGroupRegistered(d.GroupVersionKind().Group) {
			continue
		}
		k, err := c.kind(d.GroupVersionKind())
		if err != nil {
			return nil, err
		}
		more, err := k.create(d)
		if err != nil {
			return nil, err
		}
		findings = append(findings, more...)
	}
	return findings, nil
}

func (c *Checker) kind(gvk schema.GroupVersionKind) (*kind, error) {
	c.reading.Lock()
	defer c.reading.Unlock()
	if k, ok := c.kinds[gvk]; ok {
		return k, nil
	}
	k, err := read(gvk)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", gvk, err)
	}
	c.kinds[gvk] = k
	return k, nil
}

func (k *kind) create(d manifest.Document) ([]manifest.Finding, error) {
	if k.problem != "" {
		return []manifest.Finding{{Rule: k.problem, Object: d.String(), Detail: k.detail}}, nil
	}
	d.Unstructured = d.DeepCopy() // defaults go into the copy
	var findings []manifest.Finding
	for _, path := range unknown(d.Object, k.structural) {
		findings = append(findings, manifest.Finding{Rule: "unknown-field", Object: d.String(), Detail: path})
	}
	defaulting.PruneNonNullableNullsWithoutDefaults(d.Object, k.structural)
	defaulting.Default(d.Object, k.structural)
	refused, err := manifest.Create(d, k.strategy, d.Unstructured)
	return append(findings, refused...), err
}

// unknown takes the fields out of an object that its schema doesn't have, as the server does, and returns their paths.
func unknown(object map[string]any, s *structuralschema.Structural) []string {
	_, _, paths, err := objectmeta.GetObjectMetaWithOptions(object, objectmeta.ObjectMetaOptions{ReturnUnknownFieldPaths: true, ParentPath: nil})
	if err != nil {
		paths = append(paths, "metadata: "+err.Error())
	}
	paths = append(paths, pruning.PruneWithOptions(object, s, true, structuralschema.UnknownFieldPathOptions{TrackUnknownFieldPaths: true})...)
	for i, path := range paths {
		paths[i] = strings.TrimPrefix(path, ".")
	}
	return paths
}
