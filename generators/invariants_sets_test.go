package generators_test

import (
	"fmt"
	"maps"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/kube"
)

// selectors can never change, so they hold nothing that may: no version, tier or owner.
func selectors(r rendered) string {
	for _, p := range r.pods {
		if p.selector == nil {
			continue
		}
		if !selects(p.selector, p.Labels) {
			return fmt.Sprintf("%v does not select %v", p.selector, p.Labels)
		}
		for key := range p.selector {
			if !slices.Contains([]string{kube.LabelName, kube.LabelInstance, kube.LabelComponent}, key) {
				return "the selector holds " + key
			}
		}
	}
	return ""
}

// services wants each Service to find pods that stay, under ports that these have; one for the names of a StatefulSet's pods; and
// one that a monitor finds.
func services(r rendered) string {
	for _, set := range all[*appsv1.StatefulSet](r) {
		if !slices.ContainsFunc(all[*corev1.Service](r), func(s *corev1.Service) bool {
			return s.Name == set.Spec.ServiceName && s.Spec.ClusterIP == corev1.ClusterIPNone
		}) {
			return "no headless Service " + set.Spec.ServiceName + " names the pods"
		}
	}
	for _, s := range all[*corev1.Service](r) {
		for _, p := range r.pods {
			if p.owner == "CronJob" || !selects(s.Spec.Selector, p.Labels) {
				return "Service " + s.Name + " finds no pod that stays"
			}
			for _, port := range s.Spec.Ports {
				if !slices.ContainsFunc(p.Spec.Containers[0].Ports, func(c corev1.ContainerPort) bool {
					return c.Name == port.TargetPort.StrVal && c.Protocol == port.Protocol
				}) {
					return fmt.Sprintf("Service %s leads to %s/%s, which no container has", s.Name, port.TargetPort.StrVal, port.Protocol)
				}
			}
		}
	}
	for _, m := range all[*kube.ServiceMonitor](r) {
		var found []string
		for _, s := range all[*corev1.Service](r) {
			if labelled(s, &m.Spec.Selector) {
				found = append(found, s.Name)
			}
		}
		if len(found) != 1 {
			return fmt.Sprintf("the monitor finds the Services %v, want one", found)
		}
	}
	return ""
}

// budgets wants one at most for a pod, that lets at least one go when the fewest run, rounded as the disruption controller does.
func budgets(r rendered) string {
	list := all[*policyv1.PodDisruptionBudget](r)
	if len(list) > 1 {
		return "two budgets: every eviction fails"
	}
	for _, b := range list {
		for _, p := range r.pods {
			if p.owner == "CronJob" || !selects(b.Spec.Selector.MatchLabels, p.Labels) {
				return "the budget is not of pods that stay"
			}
		}
		allowed, err := intstr.GetScaledValueFromIntOrPercent(b.Spec.MaxUnavailable, int(r.app.Replicas.Min), true)
		if r.app.Replicas.Min > 0 && (err != nil || allowed < 1) {
			return fmt.Sprintf("of %d pods %d may go (%v)", r.app.Replicas.Min, allowed, err)
		}
	}
	return ""
}

// autoscaled wants one autoscaler at most, of a workload that is there, and no number of replicas beside it.
func autoscaled(r rendered) string {
	var targets []string
	for _, h := range all[*autoscalingv2.HorizontalPodAutoscaler](r) {
		targets = append(targets, h.Spec.ScaleTargetRef.Kind+" "+h.Spec.ScaleTargetRef.Name)
	}
	for _, s := range all[*kube.ScaledObject](r) {
		targets = append(targets, s.Spec.ScaleTargetRef.Kind+" "+s.Spec.ScaleTargetRef.Name)
	}
	for _, p := range r.pods {
		switch owner := p.owner + " " + r.app.Name; {
		case len(targets) > 1:
			return fmt.Sprintf("%v scale at once", targets)
		case len(targets) == 1 && targets[0] != owner:
			return targets[0] + " is scaled, and is not there"
		case len(targets) == 1 && p.replicas != nil:
			return "every apply would undo the scaling"
		case len(targets) == 0 && p.replicas == nil && p.owner != "CronJob":
			return "nobody says how many pods run"
		}
	}
	return ""
}

// tokens wants a mounted token and a role to come together, for an identity that is the app's own.
func tokens(r rendered) string {
	accounts, roles, bindings := all[*corev1.ServiceAccount](r), all[*rbacv1.Role](r), all[*rbacv1.RoleBinding](r)
	if len(accounts) != 1 || *accounts[0].AutomountServiceAccountToken {
		return "the identity hands out tokens"
	}
	for _, p := range r.pods {
		if p.Spec.ServiceAccountName != accounts[0].Name {
			return "the pod is nobody we know: " + p.Spec.ServiceAccountName
		}
		if *p.Spec.AutomountServiceAccountToken != (len(roles) == 1) {
			return fmt.Sprintf("the pod has a token: %t, and %d roles", *p.Spec.AutomountServiceAccountToken, len(roles))
		}
	}
	if len(bindings) != len(roles) {
		return fmt.Sprintf("%d bindings of %d roles", len(bindings), len(roles))
	}
	for _, b := range bindings {
		if b.RoleRef.Name != roles[0].Name || b.Subjects[0].Name != accounts[0].Name || b.Subjects[0].Namespace != r.app.Namespace {
			return fmt.Sprintf("the binding gives %v to %v", b.RoleRef, b.Subjects)
		}
	}
	return ""
}

// references wants every ConfigMap, claim, Secret and key that a pod names to be made, here or by whom the app says so.
func references(r rendered) string {
	configs, claims, keys := map[string]bool{}, map[string]bool{}, secretKeys(r)
	for _, c := range all[*corev1.ConfigMap](r) {
		configs[c.Name] = *c.Immutable
	}
	for _, c := range all[*corev1.PersistentVolumeClaim](r) {
		claims[c.Name] = true
	}
	for _, p := range r.pods {
		for _, v := range p.Spec.Volumes {
			switch {
			case v.ConfigMap != nil && !configs[v.ConfigMap.Name]:
				return "nobody makes the ConfigMap " + v.ConfigMap.Name
			case v.PersistentVolumeClaim != nil && !claims[v.PersistentVolumeClaim.ClaimName]:
				return "nobody makes the claim " + v.PersistentVolumeClaim.ClaimName
			case v.Secret != nil:
				for _, item := range v.Secret.Items {
					if !keys(v.Secret.SecretName, item.Key) {
						return fmt.Sprintf("nobody makes %s of Secret %s", item.Key, v.Secret.SecretName)
					}
				}
			}
		}
		for _, c := range every(p) {
			for _, e := range c.Env {
				if e.ValueFrom == nil || e.ValueFrom.SecretKeyRef == nil {
					continue
				}
				if ref := e.ValueFrom.SecretKeyRef; !keys(ref.Name, ref.Key) {
					return fmt.Sprintf("nobody makes %s of Secret %s", ref.Key, ref.Name)
				}
			}
		}
	}
	if len(all[*corev1.Secret](r)) > 0 {
		return "a Secret is written in the clear"
	}
	return ""
}

// secretKeys returns whether a key of a Secret is made: by an ExternalSecret, or where nobody can look inside.
func secretKeys(r rendered) func(secret, key string) bool {
	made := map[string][]string{}
	for _, e := range all[*kube.ExternalSecret](r) {
		for _, d := range e.Spec.Data {
			made[e.Spec.Target.Name] = append(made[e.Spec.Target.Name], d.SecretKey)
		}
		if template := e.Spec.Target.Template; len(template.Data) > 0 {
			if template.MergePolicy != "Merge" {
				made[e.Spec.Target.Name] = nil
			}
			made[e.Spec.Target.Name] = slices.AppendSeq(made[e.Spec.Target.Name], maps.Keys(template.Data))
		}
	}
	return func(secret, key string) bool {
		return slices.Contains(made[secret], key) || slices.ContainsFunc(r.app.Secrets, func(s app.Secret) bool {
			return s.Name == secret && (s.Existing || s.Sealed != nil)
		})
	}
}

// storage that must stay is not deleted by the controller that made it.
func storage(r rendered) string {
	keep := slices.ContainsFunc(r.app.Volumes, func(v app.Volume) bool { return v.Retain })
	for _, s := range all[*appsv1.StatefulSet](r) {
		policy := s.Spec.PersistentVolumeClaimRetentionPolicy
		if keep && (policy == nil || policy.WhenDeleted != "Retain" || policy.WhenScaled != "Retain") {
			return fmt.Sprintf("the claims go with the pods: %v", policy)
		}
	}
	return ""
}
