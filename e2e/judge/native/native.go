// Package native asks the API server's own code whether it would create an object of a kind that it ships: strict decoding,
// defaulting, validation and warnings, as on the wire.
package native

import (
	"fmt"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer/json"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	services "k8s.io/kubernetes/pkg/api/service"
	"k8s.io/kubernetes/pkg/apis/core"

	"github.com/scantling/scantling/e2e/judge/manifest"
)

// The Kubernetes version whose code this module builds.
const major, minor = 1, 37

// Judge creates the documents one after the other, on paper. Kinds of groups that Kubernetes does not ship are left
// to crdcheck.
func Judge(docs []manifest.Document) ([]manifest.Finding, error) {
	var findings []manifest.Finding
	created := map[string]bool{}
	for _, d := range docs {
		identity := d.GroupVersionKind().Group + " " + d.String()
		if created[identity] {
			findings = append(findings, manifest.Finding{Rule: "already-exists", Object: d.String(), Detail: "the set holds this object twice"})
		}
		created[identity] = true
		if !scheme.Scheme.IsGroupRegistered(d.GroupVersionKind().Group) {
			continue
		}
		more, err := create(d)
		if err != nil {
			return nil, err
		}
		findings = append(findings, more...)
	}
	return findings, nil
}

func create(d manifest.Document) ([]manifest.Finding, error) {
	decoder := json.NewSerializerWithOptions(json.DefaultMetaFactory, legacyscheme.Scheme, legacyscheme.Scheme, json.SerializerOptions{Yaml: true, Strict: true})
	object, _, err := decoder.Decode(d.Text, nil, nil)
	if err != nil {
		return []manifest.Finding{{Rule: "decode", Object: d.String(), Detail: err.Error()}}, nil
	}
	if removed, ok := object.(interface{ APILifecycleRemoved() (major, minor int) }); ok {
		if m, n := removed.APILifecycleRemoved(); m < major || m == major && n <= minor {
			return []manifest.Finding{{Rule: "unserved-version", Object: d.String(), Detail: fmt.Sprintf("%s is not served since %d.%d", d.GetAPIVersion(), m, n)}}, nil
		}
	}
	strategy, ok := strategies[d.GroupVersionKind().GroupKind()]
	if !ok {
		return nil, fmt.Errorf("%s: no strategy for this kind yet: add a line to the table in native/strategies.go", d)
	}
	legacyscheme.Scheme.Default(object)
	internal, err := legacyscheme.Scheme.ConvertToVersion(object, runtime.InternalGroupVersioner)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", d, err)
	}
	if service, ok := internal.(*core.Service); ok {
		allocate(service)
	}
	return manifest.Create(d, strategy, internal)
}

// allocate gives a Service what the registry allocates before it asks the strategy.
func allocate(s *core.Service) {
	if s.Spec.ClusterIP != "" && len(s.Spec.ClusterIPs) == 0 {
		s.Spec.ClusterIPs = []string{s.Spec.ClusterIP}
	}
	if services.NeedsHealthCheck(s) && s.Spec.HealthCheckNodePort == 0 {
		s.Spec.HealthCheckNodePort = 30000 // the first of the default range
	}
}
