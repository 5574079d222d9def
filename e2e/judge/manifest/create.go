package manifest

import (
	"context"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/apiserver/pkg/warning"
)

// Create takes an object through the API server's create path: what the server fills in, its strategy's validation, and its
// warnings. It returns what a client would be told.
func Create(d Document, strategy rest.RESTCreateStrategy, object runtime.Object) ([]Finding, error) {
	kind := d.GroupVersionKind()
	ctx := request.WithNamespace(context.Background(), d.GetNamespace())
	ctx = request.WithRequestInfo(ctx, &request.RequestInfo{
		IsResourceRequest: true, Verb: "create", APIGroup: kind.Group, APIVersion: kind.Version, Namespace: d.GetNamespace(), Name: d.GetName(),
	})
	warnings := &recorder{object: d.String()}
	ctx = warning.WithWarningRecorder(ctx, warnings)

	if strategy.NamespaceScoped() && d.GetNamespace() == "" {
		return []Finding{{Rule: "namespace-missing", Object: d.String(), Detail: "metadata.namespace: a namespaced object without one lands in whatever namespace is current"}}, nil
	}
	fields, err := meta.Accessor(object)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", d, err)
	}
	rest.FillObjectMetaSystemFields(fields)
	return append(Refusal(d, rest.BeforeCreate(strategy, ctx, object)), warnings.findings...), nil
}

// Refusal is an error of the API server as findings, one for each cause that it names.
func Refusal(d Document, err error) []Finding {
	if err == nil {
		return nil
	}
	var status apierrors.APIStatus
	if !errors.As(err, &status) || status.Status().Details == nil || len(status.Status().Details.Causes) == 0 {
		return []Finding{{Rule: "refused", Object: d.String(), Detail: err.Error()}}
	}
	var findings []Finding
	for _, cause := range status.Status().Details.Causes {
		findings = append(findings, Finding{Rule: string(cause.Type), Object: d.String(), Detail: cause.Field + ": " + cause.Message})
	}
	return findings
}

// recorder keeps the warnings that kubectl would print beside a created object.
type recorder struct {
	object   string
	findings []Finding
}

// AddWarning implements warning.Recorder.
func (r *recorder) AddWarning(_, text string) {
	r.findings = append(r.findings, Finding{Rule: "warning", Object: r.object, Detail: text})
}
