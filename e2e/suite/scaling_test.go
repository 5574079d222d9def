package suite

import (
	"context"
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// autoscaling: a fixed count beside an autoscaler takes its pods away with each delivery, at the height of the load.
func autoscaling(t *testing.T) (textbook, ours string) {
	r := accepted(t, "scaled.yaml", "textbook-scaling")
	w := r.find("Deployment", "myapp")
	waitReady(t, "textbook-scaling", 3)
	p := deploy(t, "scaling", `tier: "standard", image: "`+image+`", scale: {min: 2, max: 6}`)
	load(t, busy, "textbook-scaling", "scaling")
	until(t, func() (bool, string) { return wants(t, w) >= 6, "the textbook's app is not scaled up" })
	until(t, func() (bool, string) { return wants(t, p.workload()) == 6, "our app is not scaled up" })

	if _, err := world.client.Force(t.Context(), w); err != nil {
		t.Fatal(err)
	}
	live, err := world.client.Force(t.Context(), p.workload())
	if err != nil {
		t.Fatal(err)
	}
	if got := number(live, "spec", "replicas"); got != 6 {
		t.Errorf("applying again left %d of 6 pods", got)
	}
	return "yes: it falls back to the 3 pods of the manifest", "no: 6 pods stay 6"
}

func wants(t *testing.T, w *unstructured.Unstructured) int64 {
	t.Helper()
	live, err := world.client.Get(t.Context(), w)
	if err != nil {
		t.Fatal(err)
	}
	return number(live, "spec", "replicas")
}

// podMetrics stands in for the metrics server: its API, without a server of its own. The annotation is what the API server
// wants of a kind in a group of Kubernetes' own.
var podMetrics = &apiextensions.CustomResourceDefinition{
	ObjectMeta: metav1.ObjectMeta{
		Name:        "pods.metrics.k8s.io",
		Annotations: map[string]string{"api-approved.kubernetes.io": "unapproved, a stand-in for tests"},
	},
	Spec: apiextensions.CustomResourceDefinitionSpec{
		Group: "metrics.k8s.io",
		Names: apiextensions.CustomResourceDefinitionNames{Plural: "pods", Kind: "PodMetrics", ListKind: "PodMetricsList"},
		Scope: apiextensions.NamespaceScoped,
		Versions: []apiextensions.CustomResourceDefinitionVersion{{
			Name: "v1beta1", Served: true, Storage: true,
			Schema: &apiextensions.CustomResourceValidation{OpenAPIV3Schema: &apiextensions.JSONSchemaProps{
				Type: "object", XPreserveUnknownFields: new(true),
			}},
		}},
	},
}

// usage is what a container uses of CPU and memory.
type usage func(corev1.Container) map[string]any

// busy uses more CPU than it requests.
func busy(c corev1.Container) map[string]any {
	return map[string]any{"cpu": fmt.Sprintf("%dm", 2*c.Resources.Requests.Cpu().MilliValue()), "memory": "64Mi"}
}

// load makes every pod of the namespaces report what it uses, until the test ends.
func load(t *testing.T, uses usage, namespaces ...string) {
	t.Helper()
	if err := world.client.Define(t.Context(), []*apiextensions.CustomResourceDefinition{podMetrics}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			for _, namespace := range namespaces {
				if err := report(ctx, uses, namespace); err != nil && ctx.Err() == nil {
					t.Error(err)
				}
			}
			time.Sleep(300 * time.Millisecond)
		}
	}()
	t.Cleanup(func() { cancel(); <-done })
}

func report(ctx context.Context, uses usage, namespace string) error {
	list, err := world.client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	for _, p := range list.Items {
		var containers []any
		for _, c := range p.Spec.Containers {
			containers = append(containers, map[string]any{"name": c.Name, "usage": uses(c)})
		}
		m := &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": "metrics.k8s.io/v1beta1", "kind": "PodMetrics", "window": "1s", "containers": containers,
			"timestamp": time.Now().UTC().Format(time.RFC3339),
		}}
		m.SetName(p.Name)
		m.SetNamespace(p.Namespace)
		m.SetLabels(p.Labels)
		if _, err := world.client.Force(ctx, m); err != nil && !apierrors.IsNotFound(err) {
			return err
		}
	}
	return nil
}
