package crdcheck

import (
	"fmt"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apiextensions-apiserver/pkg/crdserverscheme"
	"k8s.io/apiextensions-apiserver/pkg/registry/customresource"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/registry/rest"

	"github.com/scantling/scantling/e2e/judge/crds"
)

// kind is how the API server creates objects of one version of a kind, or why it creates none.
type kind struct {
	problem, detail string
	structural      *structuralschema.Structural
	strategy        rest.RESTCreateStrategy
}

func read(gvk schema.GroupVersionKind) (*kind, error) {
	definitions, err := crds.Read(gvk.Group, gvk.Kind)
	if err != nil {
		return nil, err
	}
	if len(definitions) == 0 {
		return &kind{problem: "unknown-kind", detail: "no definition of " + gvk.GroupKind().String() + " is known"}, nil
	}
	for _, version := range definitions[0].Spec.Versions {
		switch {
		case version.Name != gvk.Version:
		case !version.Served:
			return &kind{problem: "unserved-version", detail: gvk.GroupVersion().String() + " is defined but not served"}, nil
		case version.Deprecated:
			return &kind{problem: "deprecated-version", detail: gvk.GroupVersion().String() + " is deprecated"}, nil
		default:
			return strategy(definitions[0], version, gvk)
		}
	}
	return &kind{problem: "unserved-version", detail: gvk.GroupVersion().String() + " does not exist"}, nil
}

// strategy is what the API server's handler of custom resources makes of a definition.
func strategy(crd *apiextensionsv1.CustomResourceDefinition, version apiextensionsv1.CustomResourceDefinitionVersion, gvk schema.GroupVersionKind) (*kind, error) {
	var internal apiextensions.CustomResourceValidation
	if err := apiextensionsv1.Convert_v1_CustomResourceValidation_To_apiextensions_CustomResourceValidation(version.Schema, &internal, nil); err != nil {
		return nil, fmt.Errorf("schema: %w", err)
	}
	structural, err := structuralschema.NewStructural(internal.OpenAPIV3Schema)
	if err != nil {
		return nil, fmt.Errorf("structural schema: %w", err)
	}
	validator, _, err := validation.NewSchemaValidator(internal.OpenAPIV3Schema)
	if err != nil {
		return nil, fmt.Errorf("validator: %w", err)
	}
	var status *apiextensions.CustomResourceSubresourceStatus
	if version.Subresources != nil && version.Subresources.Status != nil {
		status = &apiextensions.CustomResourceSubresourceStatus{}
	}
	namespaced := crd.Spec.Scope == apiextensionsv1.NamespaceScoped
	return &kind{
		structural: structural,
		strategy: customresource.NewStrategy(crdserverscheme.NewUnstructuredObjectTyper(), namespaced, gvk, validator, nil, structural, status, nil,
			version.SelectableFields),
	}, nil
}
