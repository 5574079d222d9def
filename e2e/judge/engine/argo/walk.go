package main

import (
	"encoding/json"
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
		a.add("mesh", nameOf(r), fmt.Errorf("labels of the subsets: %w", err))
		return
	}
	s.subsets(r, client, a)
	for i, step := range r.Spec.Strategy.Canary.Steps {
		if step.SetHeaderRoute != nil {
			if err := router.SetHeaderRoute(step.SetHeaderRoute); err != nil {
				a.add("mesh", nameOf(r), fmt.Errorf("step %d: %w", i, err))
				continue
			}
			s.header(r, step.SetHeaderRoute.Name, client, a)
		}
		if step.SetWeight != nil {
			if err := router.SetWeight(*step.SetWeight); err != nil {
				a.add("mesh", nameOf(r), fmt.Errorf("step %d: %w", i, err))
				continue
			}
			s.weights(r, *step.SetWeight, client, a)
		}
	}
	if err := router.RemoveManagedRoutes(); err != nil {
		a.add("mesh", nameOf(r), fmt.Errorf("end: %w", err))
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
		a.add("mesh", nameOf(r), err)
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
			a.add("mesh", nameOf(r), fmt.Errorf("DestinationRule %s: subset %s selects no version", wanted.Name, subset))
		}
	}
}

// weights wants every named route to send the share of a step to the new version.
func (s set) weights(r *v1alpha1.Rollout, want int32, client *fake.FakeDynamicClient, a *answer) {
	router := r.Spec.Strategy.Canary.TrafficRouting.Istio
	if router.DestinationRule == nil {
		return
	}
	routes := routes(r, client)
	for _, name := range router.VirtualService.Routes {
		var got int64
		for _, d := range routes[name].Route {
			if d.Destination.Subset == router.DestinationRule.CanarySubsetName {
				got += d.Weight
			}
		}
		if got != int64(want) {
			a.add("mesh", nameOf(r), fmt.Errorf("route %s sends %d %% to the new version, not %d %%", name, got, want))
		}
	}
}

// header wants the route that the controller puts before the others to take nothing that none of them would: it looks at the
// header alone, and sends all that has it to one port.
func (s set) header(r *v1alpha1.Rollout, name string, client *fake.FakeDynamicClient, a *answer) {
	routes := routes(r, client)
	made := routes[name]
	for _, weighted := range r.Spec.Strategy.Canary.TrafficRouting.Istio.VirtualService.Routes {
		if from, to := routes[weighted].port(), made.port(); from != to {
			a.add("mesh", nameOf(r), fmt.Errorf("header route %s sends what route %s sends to port %d to port %d", name, weighted, from, to))
		}
		for _, match := range routes[weighted].Match {
			if uri := match["uri"]; uri != nil && fmt.Sprint(uri) != "map[prefix:/]" {
				a.add("mesh", nameOf(r), fmt.Errorf("header route %s takes every path, and route %s only %v", name, weighted, uri))
			}
		}
	}
}

// A route is what the two look at in one of a VirtualService.
type route struct {
	Name  string
	Match []map[string]any
	Route []struct {
		Weight      int64
		Destination struct {
			Subset string
			Port   struct{ Number int64 }
		}
	}
}

func (r route) port() int64 {
	if len(r.Route) == 0 {
		return 0
	}
	return r.Route[0].Destination.Port.Number
}

// routes are those of a Rollout's VirtualService as it is now, by name.
func routes(r *v1alpha1.Rollout, client *fake.FakeDynamicClient) map[string]route {
	named := map[string]route{}
	o, err := client.Tracker().Get(istioutil.GetIstioVirtualServiceGVR(), r.Namespace, r.Spec.Strategy.Canary.TrafficRouting.Istio.VirtualService.Name)
	if err != nil {
		return named // validate has said so
	}
	var service struct{ Spec struct{ HTTP []route } }
	text, err := json.Marshal(o)
	if err != nil || json.Unmarshal(text, &service) != nil {
		return named
	}
	for _, r := range service.Spec.HTTP {
		named[r.Name] = r
	}
	return named
}
