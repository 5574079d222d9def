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

// selectors can never change, so they hold nothing that may: no version, tier or owner. No two select the same pod.
func selectors(r rendered) string {
	fixed := []string{kube.LabelName, kube.LabelInstance, kube.LabelComponent, kube.LabelTrack, kube.LabelColor}
	for _, p := range r.pods {
		for key := range p.selector {
			if !slices.Contains(fixed, key) {
				return "the selector holds " + key
			}
		}
		for _, other := range r.pods {
			if p.selector != nil && selects(p.selector, other.Labels) != (p.name == other.name) {
				return fmt.Sprintf("%s %v and the pods of %s %v", p.name, p.selector, other.name, other.Labels)
			}
		}
	}
	return ""
}

// services wants each Service to lead to the pods that it promises and to no other, under ports that these have; and one for the
// names of a StatefulSet's pods.
func services(r rendered) string {
	for _, set := range all[*appsv1.StatefulSet](r) {
		if !slices.ContainsFunc(all[*corev1.Service](r), func(s *corev1.Service) bool {
			return s.Name == set.Spec.ServiceName && s.Spec.ClusterIP == corev1.ClusterIPNone
		}) {
			return "no headless Service " + set.Spec.ServiceName + " names the pods"
		}
	}
	for _, s := range all[*corev1.Service](r) {
		promised := 0
		for i := range r.pods {
			p := &r.pods[i]
			v, stays := r.staying()[p]
			want := stays && promises(r.app, s, v.Role)
			if got := selects(s.Spec.Selector, p.Labels); got != want {
				return fmt.Sprintf("Service %s leads to %s: %t, want %t", s.Name, p.name, got, want)
			} else if !got {
				continue
			}
			promised++
			for _, port := range s.Spec.Ports {
				if !slices.ContainsFunc(p.Spec.Containers[0].Ports, func(c corev1.ContainerPort) bool {
					return c.Name == port.TargetPort.StrVal && c.Protocol == port.Protocol
				}) {
					return fmt.Sprintf("Service %s leads to %s/%s, which no container has", s.Name, port.TargetPort.StrVal, port.Protocol)
				}
			}
		}
		if promised == 0 {
			return "Service " + s.Name + " finds no pod that stays"
		}
	}
	return ""
}

// promises reports whether a Service is there for the pods of a role.
func promises(a app.App, s *corev1.Service, role app.Role) bool {
	switch s.Labels[kube.LabelComponent] {
	case kube.ComponentPreview, kube.ComponentCanary:
		return role != a.Role
	case kube.ComponentHeadless:
		return true
	}
	return role == a.Role || role == app.RoleBase || a.Rollout.Strategy != app.BlueGreen && !a.CanaryBy(app.ByGateway)
}

// monitors wants every pod that stays to be read by one monitor through one Service. Flagger's Services are not in the set: it makes
// one for each Deployment, with labels that we ask for, and one more, without them, that leads to the same pods again.
func monitors(r rendered) string {
	list := all[*kube.ServiceMonitor](r)
	if len(list) == 0 {
		return ""
	}
	if r.app.CanaryBy(app.ByFlagger) {
		own := map[string]string{kube.LabelName: kube.PrimaryName(r.app), kube.LabelInstance: r.app.Name, kube.LabelComponent: kube.ComponentApp}
		selector := list[0].Spec.Selector.MatchLabels
		if len(list) > 1 || !selects(selector, own) || selects(selector, map[string]string{kube.LabelName: r.app.Name}) {
			return fmt.Sprintf("%d monitors, the first of %v", len(list), selector)
		}
		return ""
	}
	for p := range r.staying() {
		var ways []string
		for _, s := range all[*corev1.Service](r) {
			for _, m := range list {
				if selects(s.Spec.Selector, p.Labels) && labelled(s, &m.Spec.Selector) {
					ways = append(ways, m.Name+" by "+s.Name)
				}
			}
		}
		if len(ways) != 1 {
			return fmt.Sprintf("%s is read through %v, want one way", p.name, ways)
		}
	}
	return ""
}

// budgets wants one for every version that may lose a pod, that lets at least one go when the fewest run, rounded as the disruption
// controller does; two on one pod would make every eviction fail. What Flagger clones needs one of its own. A base needs
// that of the others: a drain that may take one pod of each takes two of the app's.
func budgets(r rendered) string {
	of := func(labels map[string]string) (found []*policyv1.PodDisruptionBudget) {
		for _, b := range all[*policyv1.PodDisruptionBudget](r) {
			if selects(b.Spec.Selector.MatchLabels, labels) {
				found = append(found, b)
			}
		}
		return found
	}
	seen := map[*policyv1.PodDisruptionBudget]bool{}
	for p, v := range r.staying() {
		low := v.Replicas.Min
		if v.Base != nil {
			low = r.app.Replicas.Min
		}
		pods := []map[string]string{p.Labels}
		if r.app.CanaryBy(app.ByFlagger) {
			pods = append(pods, kube.Merge(p.Labels, map[string]string{kube.LabelName: kube.PrimaryName(v)}))
		}
		for _, labels := range pods {
			found := of(labels)
			if len(found) > 1 || (len(found) == 1) != (v.Disruption != nil) {
				return fmt.Sprintf("the pods %s have %d budgets", labels[kube.LabelName], len(found))
			}
			for _, b := range found {
				seen[b] = true
				allowed, err := intstr.GetScaledValueFromIntOrPercent(b.Spec.MaxUnavailable, int(low), true)
				if low > 0 && (err != nil || allowed < 1) {
					return fmt.Sprintf("of %d pods %d may go (%v)", low, allowed, err)
				}
			}
		}
	}
	if r.app.Base != nil && len(seen) != 1 {
		return fmt.Sprintf("%d budgets are of the app and its base", len(seen))
	}
	want := len(seen)
	for _, c := range r.app.Clusters {
		if c.Pooler != nil && c.Pooler.Instances > 1 {
			want++ // the operator makes those pods
		}
	}
	if got := len(all[*policyv1.PodDisruptionBudget](r)); got != want {
		return fmt.Sprintf("%d budgets, want %d: the budget is not of pods that stay", got, want)
	}
	return ""
}

// autoscaled wants one autoscaler at most of a workload, which is there, and no number of replicas beside it.
func autoscaled(r rendered) string {
	targets := map[string]int{}
	for _, h := range all[*autoscalingv2.HorizontalPodAutoscaler](r) {
		t := h.Spec.ScaleTargetRef
		targets[t.APIVersion+" "+t.Kind+" "+t.Name]++
	}
	for _, s := range all[*kube.ScaledObject](r) {
		t := s.Spec.ScaleTargetRef
		targets[t.APIVersion+" "+t.Kind+" "+t.Name]++
	}
	for p, v := range r.staying() {
		id := kube.WorkloadVersion(v) + " " + p.owner + " " + p.name
		switch {
		case targets[id] > 1:
			return fmt.Sprintf("%d scale %s at once", targets[id], id)
		case targets[id] == 1 && p.replicas != nil:
			return "every apply would undo the scaling of " + id
		case targets[id] == 0 && p.replicas == nil:
			return "nobody says how many pods run of " + id
		}
		delete(targets, id)
	}
	if len(targets) > 0 {
		return fmt.Sprintf("scaled, and not there: %v", targets)
	}
	return ""
}

// measures wants a recommendation for the pods of every workload that serves, be it made by Flagger.
func measures(r rendered) string {
	var got, want []string
	for _, v := range all[*kube.VerticalPodAutoscaler](r) {
		got = append(got, v.Spec.TargetRef.Kind+" "+v.Spec.TargetRef.Name)
	}
	if len(got) == 0 {
		return ""
	}
	for p, v := range r.staying() {
		name := p.name
		if r.app.CanaryBy(app.ByFlagger) {
			name = kube.PrimaryName(v)
		}
		want = append(want, p.owner+" "+name)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		return fmt.Sprintf("measured are %v, want %v", got, want)
	}
	return ""
}

// tokens wants a mounted token and a role to come together, for an identity that is of the app, its migration or a Job alone.
func tokens(r rendered) string {
	accounts, roles, may := all[*corev1.ServiceAccount](r), map[string]bool{}, map[string]bool{}
	if slices.ContainsFunc(accounts, func(sa *corev1.ServiceAccount) bool { return *sa.AutomountServiceAccountToken }) {
		return "the identity hands out tokens"
	}
	for _, role := range all[*rbacv1.Role](r) {
		roles[role.Namespace+"/"+role.Name] = true
	}
	for _, b := range all[*rbacv1.RoleBinding](r) {
		if !roles[b.Namespace+"/"+b.RoleRef.Name] || len(b.Subjects) != 1 || b.Subjects[0].Namespace != r.app.Namespace {
			return fmt.Sprintf("the binding gives %v to %v", b.RoleRef, b.Subjects)
		}
		delete(roles, b.Namespace+"/"+b.RoleRef.Name)
		may[b.Subjects[0].Name] = true
	}
	if len(roles) > 0 {
		return fmt.Sprintf("nobody has %v", roles)
	}
	users := map[string]string{}
	for _, p := range r.pods {
		name := p.Spec.ServiceAccountName
		if !slices.ContainsFunc(accounts, func(sa *corev1.ServiceAccount) bool { return sa.Name == name }) {
			return "the pod is nobody we know: " + name
		}
		if *p.Spec.AutomountServiceAccountToken != may[name] {
			return fmt.Sprintf("the pod of %s has a token: %t, and rights: %t", p.name, *p.Spec.AutomountServiceAccountToken, may[name])
		}
		if as := p.Labels[kube.LabelComponent] + " " + p.Labels[kube.LabelName]; users[name] == "" {
			users[name] = as
		} else if users[name] != as {
			return fmt.Sprintf("%s and %s are both %s", users[name], as, name)
		}
	}
	for name := range may {
		if users[name] == "" {
			return "nobody runs as " + name + ", which has rights"
		}
	}
	return ""
}

// references wants every ConfigMap, claim, Secret and key that a pod names to be made, here or by whom the app says so.
func references(r rendered) string {
	configs, claims, keys := map[string]bool{}, map[string]bool{}, secretKeys(r)
	for _, c := range all[*corev1.ConfigMap](r) {
		configs[c.Name] = c.Immutable != nil && *c.Immutable
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
		known := r.app.Secrets
		if r.app.Migration != nil {
			known = slices.Concat(known, r.app.Migration.Secrets)
		}
		for _, j := range r.app.Jobs {
			known = slices.Concat(known, j.Secrets)
		}
		return slices.Contains(made[secret], key) || slices.ContainsFunc(known, func(s app.Secret) bool {
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
