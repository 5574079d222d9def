package main

import (
	"fmt"

	"github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
	"github.com/argoproj/argo-rollouts/pkg/apis/rollouts/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// validate asks what the controller asks before it touches a Rollout: is the spec right, is everything there that it names, and do
// the two fit together.
func (s set) validate(r *v1alpha1.Rollout, a *answer) {
	for _, err := range validation.ValidateRollout(r) {
		a.add("spec", nameOf(r), err)
	}
	if len(a.Findings) > 0 {
		return
	}
	resources, errs := s.references(r)
	if err := validation.ValidateRolloutVirtualServicesConfig(r); err != nil {
		errs = append(errs, err)
	} else {
		errs = append(errs, s.virtualServices(r, &resources)...)
	}
	for _, err := range errs {
		a.add("reference", nameOf(r), err)
	}
	for _, err := range validation.ValidateRolloutReferencedResources(r, resources) {
		a.add("reference", nameOf(r), err)
	}
}

// references finds the Services and templates that a Rollout names.
func (s set) references(r *v1alpha1.Rollout) (resources validation.ReferencedResources, errs []error) {
	for _, reference := range services(r) {
		if reference.name == "" {
			continue
		}
		service, ok := s.services[r.Namespace+"/"+reference.name]
		if !ok {
			errs = append(errs, field.NotFound(validation.GetServiceWithTypeFieldPath(reference.role), reference.name))
			continue
		}
		resources.ServiceWithType = append(resources.ServiceWithType, validation.ServiceWithType{Service: service.DeepCopy(), Type: reference.role})
	}
	for _, analysis := range analyses(r) {
		found := validation.AnalysisTemplatesWithType{TemplateType: analysis.kind, CanaryStepIndex: analysis.step, Args: analysis.Args}
		for _, t := range analysis.Templates {
			template, ok := s.templates[r.Namespace+"/"+t.TemplateName]
			if !ok {
				errs = append(errs, field.NotFound(validation.GetAnalysisTemplateWithTypeFieldPath(analysis.kind, analysis.step), t.TemplateName))
				continue
			}
			found.AnalysisTemplates = append(found.AnalysisTemplates, template.DeepCopy())
		}
		resources.AnalysisTemplatesWithType = append(resources.AnalysisTemplatesWithType, found)
	}
	return resources, errs
}

func (s set) virtualServices(r *v1alpha1.Rollout, resources *validation.ReferencedResources) (errs []error) {
	if !byIstio(r) {
		return nil
	}
	wanted := r.Spec.Strategy.Canary.TrafficRouting.Istio
	for _, v := range append(wanted.VirtualServices, *wanted.VirtualService) {
		found := false
		for _, o := range s.mesh {
			if o.GetKind() == "VirtualService" && o.GetNamespace() == r.Namespace && o.GetName() == v.Name {
				resources.VirtualServices = append(resources.VirtualServices, *o)
				found = true
			}
		}
		if !found {
			errs = append(errs, fmt.Errorf("no VirtualService %q", v.Name))
		}
	}
	return errs
}

func byIstio(r *v1alpha1.Rollout) bool {
	canary := r.Spec.Strategy.Canary
	return canary != nil && canary.TrafficRouting != nil && canary.TrafficRouting.Istio != nil && canary.TrafficRouting.Istio.VirtualService != nil
}

// A service is a Service's name as a Rollout has it, and what it is for.
type service struct {
	name string
	role validation.ServiceType
}

func services(r *v1alpha1.Rollout) []service {
	if c := r.Spec.Strategy.Canary; c != nil {
		return []service{{c.StableService, validation.StableService}, {c.CanaryService, validation.CanaryService}}
	}
	b := r.Spec.Strategy.BlueGreen
	return []service{{b.ActiveService, validation.ActiveService}, {b.PreviewService, validation.PreviewService}}
}

// An analysis is one that a Rollout starts, and when.
type analysis struct {
	*v1alpha1.RolloutAnalysis
	kind validation.AnalysisTemplateType
	step int
}

func analyses(r *v1alpha1.Rollout) (all []analysis) {
	if b := r.Spec.Strategy.BlueGreen; b != nil {
		if b.PrePromotionAnalysis != nil {
			all = append(all, analysis{b.PrePromotionAnalysis, validation.PrePromotionAnalysis, 0})
		}
		if b.PostPromotionAnalysis != nil {
			all = append(all, analysis{b.PostPromotionAnalysis, validation.PostPromotionAnalysis, 0})
		}
		return all
	}
	canary := r.Spec.Strategy.Canary
	for i, step := range canary.Steps {
		if step.Analysis != nil {
			all = append(all, analysis{step.Analysis, validation.InlineAnalysis, i})
		}
	}
	if canary.Analysis != nil {
		all = append(all, analysis{&canary.Analysis.RolloutAnalysis, validation.BackgroundAnalysis, 0})
	}
	return all
}
