package compile_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/scantling/scantling/internal/kube"
)

// selectedBy returns the Services that a monitor reads the pods behind.
func (w *watched) selectedBy(m *kube.ServiceMonitor) []*corev1.Service {
	return slices.DeleteFunc(slices.Clone(w.services), func(s *corev1.Service) bool {
		return s.Namespace != m.Namespace || !selects(&m.Spec.Selector, s.Labels)
	})
}

func hasPort(s *corev1.Service, name string) bool {
	return slices.ContainsFunc(s.Spec.Ports, func(p corev1.ServicePort) bool { return p.Name == name })
}

// thing is an object by the name that series have of it.
type thing struct{ namespace, app, name string }

func thingOf(m metav1.ObjectMeta) thing {
	return thing{m.Namespace, m.Labels[kube.LabelInstance], m.Name}
}

// things are the objects that a label of a series names; false: the label names none.
func (w *watched) things(metric, label string) (all []thing, ok bool) {
	switch label {
	case "job":
		for _, m := range w.monitors {
			for _, s := range w.selectedBy(m) {
				all = append(all, thing{s.Namespace, m.Labels[kube.LabelInstance], s.Name})
			}
		}
		for _, p := range w.probes {
			all = append(all, thing{p.Namespace, p.Labels[kube.LabelInstance], p.Spec.JobName})
		}
	case "deployment", "statefulset", "owner_name", "destination_workload":
		kind := map[string]string{"deployment": "Deployment", "statefulset": "StatefulSet", "owner_name": "Rollout"}[label]
		for _, x := range w.workloads() {
			if kind == "" || x.kind == kind {
				all = append(all, thing{x.meta.Namespace, x.meta.Labels[kube.LabelInstance], x.meta.Name})
			}
		}
	case "horizontalpodautoscaler":
		for _, h := range w.autoscalers {
			all = append(all, thingOf(h.ObjectMeta))
		}
		for _, s := range w.scaled {
			all = append(all, thing{s.Namespace, s.Labels[kube.LabelInstance], "keda-hpa-" + s.Name})
		}
	case "poddisruptionbudget":
		for _, b := range w.budgets {
			all = append(all, thingOf(b.ObjectMeta))
		}
	case "cronjob":
		for _, j := range w.cronJobs {
			all = append(all, thingOf(j.ObjectMeta))
		}
	case "scaledObject":
		for _, s := range w.scaled {
			all = append(all, thingOf(s.ObjectMeta))
		}
	case "resourcequota":
		for _, q := range w.quotas {
			all = append(all, thing{q.Namespace, "", q.Name})
		}
	case "ingress":
		for _, i := range w.ingresses {
			all = append(all, thingOf(i.ObjectMeta))
		}
	case "destination_service_name":
		for _, s := range w.services {
			all = append(all, thingOf(s.ObjectMeta))
		}
	case "schedule":
		for _, s := range w.schedules {
			all = append(all, thing{"", s.Labels[kube.LabelInstance], s.Name})
		}
	case "name":
		return w.known(metric), true
	default:
		return nil, false
	}
	return all, true
}

// known are the objects that an operator measures under the label name.
func (w *watched) known(metric string) (all []thing) {
	switch {
	case strings.HasPrefix(metric, "externalsecret_"):
		for _, s := range w.external {
			all = append(all, thingOf(s.ObjectMeta))
		}
	case strings.HasPrefix(metric, "certmanager_"):
		for _, i := range w.ingresses {
			for _, tls := range i.Spec.TLS {
				all = append(all, thing{i.Namespace, i.Labels[kube.LabelInstance], tls.SecretName})
			}
		}
	case strings.HasPrefix(metric, "rollout_"):
		for _, x := range w.rollouts {
			all = append(all, thingOf(x.ObjectMeta))
		}
	case strings.HasPrefix(metric, "flagger_"):
		for _, c := range w.canaries {
			all = append(all, thingOf(c.ObjectMeta))
		}
	}
	return all
}

// named are the values that a matcher of plain names allows.
func (m matcher) named() []string {
	if m.op == "=~" {
		return strings.Split(m.value, "|")
	}
	return []string{m.value}
}

// podsOf are names that pods of the workloads here may have, as Kubernetes and the operators make them.
func (w *watched) podsOf() (all []thing) {
	const set, pod = "-7d4b9c8f6d", "-x2x4z"
	suffix := map[string]string{"Deployment": set + pod, "Rollout": set + pod, "StatefulSet": "-0", "CronJob": "-29183340" + pod, "Job": pod}
	for _, p := range w.pods {
		part := strings.Split(p.id, "/")
		all = append(all, thing{part[1], p.meta.Labels[kube.LabelInstance], part[2] + suffix[part[0]]})
	}
	for _, c := range w.clusters {
		all = append(all, thing{c.Namespace, c.Labels[kube.LabelInstance], c.Name + "-1"})
	}
	for _, p := range w.poolers {
		all = append(all, thing{p.Namespace, p.Labels[kube.LabelInstance], p.Name + set + pod})
	}
	return all
}

// strangers says which names in an expression of an app are of no object here, or of another app's.
func (w *watched) strangers(namespace, app string, x *term) (found []string) {
	for _, s := range x.series() {
		for _, m := range s.match {
			if m.label == "pod" && m.op == "=~" {
				found = append(found, w.strangePods(namespace, app, s.name, m.value)...)
				continue
			}
			all, ok := w.things(s.name, m.label)
			if !ok || m.op != "=" && m.op != "=~" {
				continue
			}
			is := func(name string) bool {
				return slices.ContainsFunc(all, func(o thing) bool {
					return o.name == name && (o.namespace == namespace || o.namespace == "") && (o.app == app || app == "")
				})
			}
			for _, name := range m.named() {
				if !is(name) && !(slices.ContainsFunc(m.named(), is) && ofRelease(app, name)) {
					found = append(found, fmt.Sprintf("%s: %s %q is none of %s's", s.name, m.label, name, app))
				}
			}
		}
	}
	return found
}

// ofRelease reports whether a name is one that an app's second version has while there is one: a step of a release changes no rule.
func ofRelease(app, name string) bool {
	suffix, ok := strings.CutPrefix(strings.TrimPrefix(name, "keda-hpa-"), app)
	return ok && slices.Contains([]string{"-canary", "-blue", "-green", "-preview"}, suffix)
}

func (w *watched) strangePods(namespace, app, metric, pattern string) (found []string) {
	re, err := regexp.Compile("^(?:" + pattern + ")$")
	if err != nil {
		return []string{err.Error()}
	}
	own := false
	for _, p := range w.podsOf() {
		switch {
		case p.namespace != namespace || !re.MatchString(p.name):
		case p.app == app:
			own = true
		default:
			found = append(found, fmt.Sprintf("%s: %s finds pods of %s", metric, pattern, p.app))
		}
	}
	if !own {
		found = append(found, fmt.Sprintf("%s: %s finds no pod of %s", metric, pattern, app))
	}
	return found
}

// about reports whether an alert of a namespace reads series that have a name in a label.
func (w *watched) about(alert, namespace, label, name string) bool {
	return slices.ContainsFunc(w.alerts(), func(a place) bool {
		return a.Alert == alert && a.object.Namespace == namespace && slices.ContainsFunc(a.expr.series(), func(s *term) bool {
			m, ok := s.get(label)
			return ok && slices.Contains(m.named(), name)
		})
	})
}

// unwatched finds objects whose trouble nobody hears of.
func unwatched(w *watched) (found []string) {
	if len(w.monitors) == 0 && !w.watched() {
		return nil
	}
	want := func(alert, label string, m metav1.ObjectMeta, name string) {
		if !w.about(alert, m.Namespace, label, name) {
			found = append(found, fmt.Sprintf("%s %s/%s has no alert %s", label, m.Namespace, name, alert))
		}
	}
	for _, h := range w.autoscalers {
		if h.Spec.MaxReplicas > max(1, *h.Spec.MinReplicas) {
			want("AutoscalerAtMaximum", "horizontalpodautoscaler", h.ObjectMeta, h.Name)
		}
	}
	for _, s := range w.scaled {
		if s.Spec.MaxReplicaCount > max(1, s.Spec.MinReplicaCount) {
			want("AutoscalerAtMaximum", "horizontalpodautoscaler", s.ObjectMeta, "keda-hpa-"+s.Name)
		}
	}
	for _, b := range w.budgets {
		want("DisruptionBudgetExhausted", "poddisruptionbudget", b.ObjectMeta, b.Name)
	}
	for _, x := range w.workloads() {
		label := map[string]string{"Deployment": "deployment", "StatefulSet": "statefulset", "Rollout": "name"}[x.kind]
		if strings.HasSuffix(x.meta.Name, "-primary") && len(w.canaries) > 0 {
			continue // Flagger's copy: the Canary tells
		}
		want("RolloutStuck", label, x.meta, x.meta.Name)
	}
	for _, s := range w.external {
		if w.mounts(s.Namespace, s.Spec.Target.Name) {
			want("SecretNotSynced", "name", s.ObjectMeta, s.Name)
		}
	}
	for _, m := range w.monitors {
		for _, s := range w.selectedBy(m) {
			want("TargetDown", "job", m.ObjectMeta, s.Name)
		}
	}
	for _, i := range w.ingresses {
		for _, tls := range i.Spec.TLS {
			if i.Annotations["cert-manager.io/cluster-issuer"] != "" {
				want("CertificateExpires", "name", i.ObjectMeta, tls.SecretName)
			}
		}
	}
	return append(found, w.unwatchedPods()...)
}

// mounts reports whether a pod of an app reads a Secret, in its environment or as files. What backups and databases read has louder
// alerts: of the age of what could be restored.
func (w *watched) mounts(namespace, secret string) bool {
	return slices.ContainsFunc(w.pods, func(p podTemplate) bool {
		part := p.meta.Labels[kube.LabelComponent]
		spec, err := json.Marshal(p.spec)
		return err == nil && p.namespace == namespace && part != roleBackup && part != roleDrill && strings.Contains(string(spec), strconv.Quote(secret))
	})
}

// unwatchedPods finds pods that end again and again, wait for CPU, or are all gone, and nobody hears of it.
func (w *watched) unwatchedPods() (found []string) {
	finds := func(alert string, pod thing, container string) bool {
		return slices.ContainsFunc(w.alerts(), func(a place) bool {
			return a.Alert == alert && a.object.Namespace == pod.namespace && slices.ContainsFunc(a.expr.series(), func(s *term) bool {
				m, _ := s.get("pod")
				c, limited := s.get("container")
				re, err := regexp.Compile("^(?:" + m.value + ")$")
				return err == nil && re.MatchString(pod.name) && (!limited || slices.Contains(c.named(), container))
			})
		})
	}
	for i, p := range w.pods {
		pod := w.podsOf()[i]
		if strings.Contains(p.id, "Job/") {
			continue
		}
		if !finds("PodCrashLooping", pod, "") {
			found = append(found, p.id+": nobody hears that its pods crash")
		}
		for _, c := range p.spec.Containers {
			if _, limited := c.Resources.Limits[corev1.ResourceCPU]; limited && !finds("CPUThrottled", pod, c.Name) {
				found = append(found, p.id+": nobody hears that its limit holds it back")
			}
		}
	}
	for _, o := range w.pledges() {
		serves := slices.ContainsFunc(w.workloads(), func(x workload) bool {
			return x.meta.Namespace == o.namespace && x.meta.Labels[kube.LabelInstance] == o.service && w.fewest(o.namespace, x.meta.Name) > 0
		})
		if serves && !slices.ContainsFunc(w.alerts(), func(a place) bool {
			return a.Alert == "NoReadyPods" && a.Labels["service"] == o.service && a.Labels["namespace"] == o.namespace
		}) {
			found = append(found, o.id()+": nobody hears that no pod is ready")
		}
	}
	return found
}
