// Command cnpg asks what the admission webhook of CloudNativePG asks of a Cluster, a Pooler and a ScheduledBackup when they are
// created: its defaults, then its validation, with the warnings. It reads the objects of one set after the other as JSON, and prints
// what it has against each.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"os"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	apiv1 "github.com/cloudnative-pg/cloudnative-pg/api/v1"
	"github.com/cloudnative-pg/cloudnative-pg/internal/webhook/guard"
	webhook "github.com/cloudnative-pg/cloudnative-pg/internal/webhook/v1"
)

// A finding is one thing that the webhook says.
type finding struct{ Rule, Object, Detail string }

func main() {
	sets, answers := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	for {
		var objects []*unstructured.Unstructured
		err := sets.Decode(&objects)
		if errors.Is(err, io.EOF) {
			return
		}
		if err == nil {
			err = answers.Encode(map[string]any{"Findings": judge(objects)})
		}
		if err != nil {
			log.Fatal(err)
		}
	}
}

func judge(objects []*unstructured.Unstructured) (findings []finding) {
	for _, o := range objects {
		if o.GroupVersionKind().Group != apiv1.SchemeGroupVersion.Group {
			continue
		}
		for _, f := range admit(o) {
			f.Object = fmt.Sprintf("%s %s/%s", o.GetKind(), o.GetNamespace(), o.GetName())
			findings = append(findings, f)
		}
	}
	return findings
}

// admit puts an object before the webhook of its kind.
func admit(o *unstructured.Unstructured) []finding {
	switch o.GetKind() {
	case "Cluster":
		return ask(o, &apiv1.Cluster{}, webhook.NewClusterAdmissionGuard())
	case "Pooler":
		return ask(o, &apiv1.Pooler{}, webhook.NewPoolerAdmissionGuard())
	case "ScheduledBackup":
		return ask(o, &apiv1.ScheduledBackup{}, webhook.NewScheduledBackupAdmissionGuard())
	}
	return []finding{{Rule: "unknown-kind", Detail: "no webhook is asked about this kind yet: add it to engine/cnpg/main.go"}}
}

func ask[T interface {
	guard.AdmittableObject
	client.Object
}](o *unstructured.Unstructured, object T, by *guard.Admission[T]) (findings []finding) {
	const strict = true // fields that the webhook's version does not have
	if err := runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(o.Object, object, strict); err != nil {
		return []finding{{Rule: "decode", Detail: err.Error()}}
	}
	var warnings admission.Warnings
	var err error
	if by.Defaulter != nil { // a Pooler has no defaults
		err = by.Defaulter.Default(context.Background(), object)
	}
	if err == nil {
		warnings, err = by.Validator.ValidateCreate(context.Background(), object)
	}
	for _, w := range warnings {
		findings = append(findings, finding{Rule: "warning", Detail: w})
	}
	if err != nil {
		findings = append(findings, finding{Rule: "refused", Detail: err.Error()})
	}
	return findings
}
