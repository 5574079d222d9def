package main

import (
	"fmt"

	"github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
	"github.com/argoproj/argo-rollouts/rollout/trafficrouting/istio"
	istioutil "github.com/argoproj/argo-rollouts/utils/istio"
	"github.com/argoproj/argo-rollouts/utils/record"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic/fake"
)

// walk takes a Rollout through its steps at the VirtualService and DestinationRule that it names, with the controller's own
// reconciler, and looks at the weights after each.
func (s set) walk(r *v1alpha1.Rollout, a *answer) {
	if !byIstio(r) {
		return
	}
	var objects []runtime.Object
	for _, o := range s.mesh {
		objects = append(objects, o.DeepCopy())
	}
	kinds := map[schema.GroupVersionResource]string{istioutil.GetIstioVirtualServiceGVR(): "VirtualServiceList", istioutil.GetIstioDestinationRuleGVR(): "DestinationRuleList"}
	for _, o := range objects { // the controller asks for a version of its own choice, and the server converts
		o := o.(*unstructured.Unstructured)
		version := istioutil.GetIstioVirtualServiceGVR().GroupVersion()
		if o.GetKind() == "DestinationRule" {
			version = istioutil.GetIstioDestinationRuleGVR().GroupVersion()
		}
		o.SetAPIVersion(version.String())
	}
	client := fake.NewSimpleDynamicClientWithCustomListKinds(runtime.NewScheme(), kinds, objects...)
	router := istio.NewReconciler(r, client, record.NewFakeEventRecorder(), nil, nil, nil)

	if err := router.UpdateHash(newHash(r), stableHash); err != nil {
		a.add("mesh", name(r), fmt.Errorf("labels of the subsets: %w", err))
		return
	}
	s.subsets(r, client, a)
	for i, step := range r.Spec.Strategy.Canary.Steps {
		if step.SetHeaderRoute != nil {
			if err := router.SetHeaderRoute(step.SetHeaderRoute); err != nil {
				a.add("mesh", name(r), fmt.Errorf("step %d: %w", i, err))
			}
		}
		if step.SetWeight != nil {
			if err := router.SetWeight(*step.SetWeight); err != nil {
				a.add("mesh", name(r), fmt.Errorf("step %d: %w", i, err))
				continue
			}
			s.weights(r, *step.SetWeight, client, a)
		}
	}
	if err := router.RemoveManagedRoutes(); err != nil {
		a.add("mesh", name(r), fmt.Errorf("end: %w", err))
	}
}

// subsets wants each of the two to select the pods of its version.
func (s set) subsets(r *v1alpha1.Rollout, client *fake.FakeDynamicClient, a *answer) {
	wanted := r.Spec.Strategy.Canary.TrafficRouting.Istio.DestinationRule
	if wanted == nil {
		return
	}
	o, err := client.Tracker().Get(istioutil.GetIstioDestinationRuleGVR(), r.Namespace, wanted.Name)
	if err != nil {
		a.add("mesh", name(r), err)
		return
	}
	subsets, _, _ := unstructured.NestedSlice(o.(*unstructured.Unstructured).Object, "spec", "subsets")
	hashes := map[string]string{}
	for _, subset := range subsets {
		subset := subset.(map[string]any)
		hashes[fmt.Sprint(subset["name"])], _, _ = unstructured.NestedString(subset, "labels", v1alpha1.DefaultRolloutUniqueLabelKey)
	}
	for subset, hash := range map[string]string{wanted.StableSubsetName: stableHash, wanted.CanarySubsetName: newHash(r)} {
		if hashes[subset] != hash {
			a.add("mesh", name(r), fmt.Errorf("DestinationRule %s: subset %s selects no version", wanted.Name, subset))
		}
	}
}

// weights wants every named route to send the share of a step to the new version.
func (s set) weights(r *v1alpha1.Rollout, want int32, client *fake.FakeDynamicClient, a *answer) {
	router := r.Spec.Strategy.Canary.TrafficRouting.Istio
	o, err := client.Tracker().Get(istioutil.GetIstioVirtualServiceGVR(), r.Namespace, router.VirtualService.Name)
	if err != nil {
		a.add("mesh", name(r), err)
		return
	}
	routes, _, _ := unstructured.NestedSlice(o.(*unstructured.Unstructured).Object, "spec", "http")
	got := map[string]int64{}
	for _, route := range routes {
		route := route.(map[string]any)
		destinations, _, _ := unstructured.NestedSlice(route, "route")
		for _, d := range destinations {
			d := d.(map[string]any)
			if subset, _, _ := unstructured.NestedString(d, "destination", "subset"); router.DestinationRule != nil && subset == router.DestinationRule.CanarySubsetName {
				switch w := d["weight"].(type) {
				case int64:
					got[fmt.Sprint(route["name"])] += w
				case float64:
					got[fmt.Sprint(route["name"])] += int64(w)
				}
			}
		}
	}
	for _, route := range router.VirtualService.Routes {
		if router.DestinationRule != nil && got[route] != int64(want) {
			a.add("mesh", name(r), fmt.Errorf("route %s sends %d %% to the new version, not %d %%", route, got[route], want))
		}
	}
}
