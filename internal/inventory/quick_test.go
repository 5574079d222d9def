package inventory

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/google/go-cmp/cmp"

	"github.com/scantling/scantling/internal/manifest"
)

// alike fails when both ways to decode fields don't agree, and reports whether the quick one decoded them.
func alike[T any](t *testing.T, fields map[string]any) bool {
	t.Helper()
	got, want := new(T), new(T)
	if !quickly(fields, reflect.ValueOf(got).Elem()) {
		return false
	}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(fields, want); err != nil {
		t.Errorf("%v: decoded quickly, and not by the converter: %v", fields, err)
	} else if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	return true
}

// TestQuickDecodesBlueprints wants what we render to be decoded quickly, and as the converter decodes it.
func TestQuickDecodesBlueprints(t *testing.T) {
	kinds := map[string]func(*testing.T, map[string]any) bool{
		"Deployment": alike[appsv1.Deployment], "StatefulSet": alike[appsv1.StatefulSet], "CronJob": alike[batchv1.CronJob],
		"Job": alike[batchv1.Job], "Service": alike[corev1.Service], "ConfigMap": alike[corev1.ConfigMap],
		"ResourceQuota": alike[corev1.ResourceQuota], "LimitRange": alike[corev1.LimitRange],
		"HorizontalPodAutoscaler": alike[autoscalingv2.HorizontalPodAutoscaler], "NetworkPolicy": alike[networkingv1.NetworkPolicy],
		"PodDisruptionBudget": alike[policyv1.PodDisruptionBudget], "Ingress": alike[networkingv1.Ingress],
	}
	files, err := filepath.Glob("../../blueprints/*/want/*/*/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	seen := map[string]bool{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		objects, err := manifest.Parse(file, data)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range objects {
			if decode := kinds[o.Kind]; decode != nil {
				if seen[o.Kind] = true; !decode(t, o.Fields) {
					t.Errorf("%s of %s is not decoded quickly", o, file)
				}
			}
		}
	}
	if len(seen) < len(kinds)/2 {
		t.Errorf("only %v are tried", seen)
	}
}

// TestQuickDecoderGivesUp wants what is not plainly of its type to be left to the converter.
func TestQuickDecoderGivesUp(t *testing.T) {
	for _, spec := range []map[string]any{
		{"replicas": "3"}, {"replicas": 3.0}, {"replicas": int64(1 << 40)}, {"replicas": map[string]any{}}, {"selector": "a"}, {"selector": []any{}},
		{"paused": "true"}, {"template": map[string]any{"metadata": map[string]any{"creationTimestamp": "2026-01-01T00:00:00Z"}}},
		{"template": map[string]any{"metadata": map[string]any{"labels": map[string]any{"a": int64(1)}}}},
		{"strategy": map[string]any{"rollingUpdate": map[string]any{"maxSurge": int64(1 << 40)}}},
		{"strategy": map[string]any{"rollingUpdate": map[string]any{"maxSurge": true}}},
		{"template": map[string]any{"spec": map[string]any{"overhead": map[string]any{"cpu": "much"}}}},
		{"template": map[string]any{"spec": map[string]any{"overhead": map[string]any{"cpu": int64(1)}}}},
	} {
		if quickly(map[string]any{"spec": spec}, reflect.ValueOf(new(appsv1.Deployment)).Elem()) {
			t.Errorf("%v is decoded quickly", spec)
		}
	}
}

// TestQuickDecodesOdd wants what is odd, and yet of its type, to be as the converter has it.
func TestQuickDecodesOdd(t *testing.T) {
	for _, spec := range []map[string]any{
		nil, {"replicas": nil, "unknown": int64(1), "Replicas": int64(2)}, {"selector": map[string]any{}},
		{"selector": map[string]any{"matchLabels": map[string]any{}, "matchExpressions": []any{}}},
		{"selector": map[string]any{"matchExpressions": []any{nil, map[string]any{"key": "a", "values": []any{"b", nil}}}}},
		{"template": map[string]any{"spec": map[string]any{"overhead": map[string]any{"cpu": nil}, "volumes": []any{map[string]any{"emptyDir": map[string]any{}}}}}},
		{"strategy": map[string]any{"rollingUpdate": map[string]any{"maxSurge": "25%", "maxUnavailable": int64(0)}}},
	} {
		if !alike[appsv1.Deployment](t, map[string]any{"spec": spec}) {
			t.Errorf("%v is not decoded quickly", spec)
		}
	}
}
