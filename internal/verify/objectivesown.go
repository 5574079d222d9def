package verify

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/scantling/scantling/internal/inventory"
	"github.com/scantling/scantling/internal/manifest"
)

// ownedName is an object by the name that series have of it. An app that is empty owns none in particular.
type ownedName struct{ namespace, name string }

// ownedNames are the objects of the set by the label that names them in series, each with its app.
type ownedNames struct {
	byLabel map[string]map[ownedName]string
	pods    map[string][]podOf // by namespace, in the order of names
	asked   map[podQuestion][]string
}

// podQuestion is what strangePods was asked. The rules of an app ask the same many times.
type podQuestion struct{ namespace, app, pattern string }

// podOf is a pod as one of a workload's is called.
type podOf struct{ pod, app string }

// namedInSeries are the labels by which kube-state-metrics, KEDA, Istio and Velero call objects, and the beginnings of metrics of
// operators.
var namedInSeries = map[string][]string{
	"deployment": {"apps/Deployment"}, "statefulset": {"apps/StatefulSet"}, "cronjob": {"batch/CronJob"},
	"owner_name": {"argoproj.io/Rollout"}, "poddisruptionbudget": {"policy/PodDisruptionBudget"}, "resourcequota": {"/ResourceQuota"},
	"scaledObject": {"keda.sh/ScaledObject"}, "ingress": {"networking.k8s.io/Ingress"}, "destination_service_name": {"/Service"},
	"destination_workload": {"apps/Deployment", "apps/StatefulSet", "argoproj.io/Rollout"}, "schedule": {"velero.io/Schedule"},
	"job": {"/Service"}, "horizontalpodautoscaler": {"autoscaling/HorizontalPodAutoscaler"},
	"externalsecret_": {"external-secrets.io/ExternalSecret"}, "rollout_": {"argoproj.io/Rollout"}, "flagger_": {"flagger.app/Canary"},
	"certmanager_": {"cert-manager.io/Certificate"},
}

// namedBy is the entry of namedInSeries that a label of a metric is about: operators call all of their own objects by the label name.
func namedBy(metric, label string) string {
	if label == "name" {
		operator, _, _ := strings.Cut(metric, "_")
		return operator + "_"
	}
	return label
}

// names collects what series may be about.
func (c *checker) names() *ownedNames {
	n := &ownedNames{byLabel: map[string]map[ownedName]string{}, pods: map[string][]podOf{}, asked: map[podQuestion][]string{}}
	add := func(label, namespace, name string, o *inventory.Object) {
		if n.byLabel[label] == nil {
			n.byLabel[label] = map[ownedName]string{}
		}
		n.byLabel[label][ownedName{namespace, name}] = o.Labels[labelInstance]
	}
	for label, kinds := range namedInSeries {
		for _, kind := range kinds {
			group, kind, _ := strings.Cut(kind, "/")
			for _, o := range c.Of(group, kind) {
				namespace := o.Namespace
				if label == "schedule" {
					namespace = "" // Velero's, wherever what it backs up is
				}
				add(label, namespace, o.Name, o)
			}
		}
	}
	for _, o := range c.Of("keda.sh", "ScaledObject") {
		add("horizontalpodautoscaler", o.Namespace, "keda-hpa-"+o.Name, o)
	}
	for _, in := range c.Ingresses {
		for _, tls := range in.Spec.TLS {
			add("certmanager_", in.Namespace, tls.SecretName, in.Object)
		}
	}
	for _, o := range c.Of("monitoring.coreos.com", "Probe") {
		add("job", o.Namespace, manifest.String(o.Fields, "spec", "jobName"), o)
	}
	for _, o := range c.Of("flagger.app", "Canary") { // whose two sides Flagger makes
		for _, side := range []string{"-primary", "-canary"} {
			for _, label := range []string{"job", "deployment", "horizontalpodautoscaler", "destination_workload", "destination_service_name"} {
				add(label, o.Namespace, o.Name+side, o)
			}
		}
		n.pods[o.Namespace] = append(n.pods[o.Namespace], podOf{o.Name + "-primary-7d4b9c8f6d-x2x4z", App(o)})
	}
	suffix := map[string]string{
		"Deployment": "-7d4b9c8f6d-x2x4z", "Rollout": "-7d4b9c8f6d-x2x4z", "ReplicaSet": "-x2x4z", "StatefulSet": "-0", "DaemonSet": "-x2x4z",
		"CronJob": "-29183340-x2x4z", "Job": "-x2x4z", "Cluster": "-1", "Pooler": "-7d4b9c8f6d-x2x4z",
	}
	pod := func(o *inventory.Object) {
		n.pods[o.Namespace] = append(n.pods[o.Namespace], podOf{o.Name + suffix[o.Kind], App(o)})
	}
	for _, w := range c.Workloads {
		if w.MadeBy == nil {
			pod(w.Object)
		}
	}
	for _, kind := range []string{"Cluster", "Pooler"} {
		for _, o := range c.Of("postgresql.cnpg.io", kind) {
			pod(o)
		}
	}
	for namespace := range n.pods {
		slices.SortFunc(n.pods[namespace], func(a, b podOf) int { return strings.Compare(a.pod, b.pod) })
	}
	return n
}

func rulesReadTheirOwn(c *checker) {
	var names *ownedNames
	series := map[*inventory.Rules]int{}
	for _, r := range c.told().all {
		if r.expr == nil || !r.object.Ours() {
			continue // others may watch whom they like
		}
		if names == nil {
			names = c.names()
		}
		for _, s := range r.expr.series() {
			series[r.object]++
			for _, text := range slices.Concat(strayNamespace(r, s), names.strangers(r, s)) {
				c.violated(r.object.Object, r.path(), "%s %s", r.name(), text)
			}
		}
	}
	for _, o := range c.Rules {
		if n := series[o]; n > 0 {
			c.proved(o.Object, "%d selectors are of namespace %s, and of objects that there are", n, o.Namespace)
		}
	}
}

// strayNamespace says why a selector reads series of others.
func strayNamespace(r *toldRule, s *promExpr) []string {
	ns := namespaceRead(s)
	switch {
	case ns == "":
		return []string{fmt.Sprintf("reads %s of all namespaces", s.name)}
	case ns != r.object.Namespace:
		return []string{fmt.Sprintf("reads %s of namespace %s, and is a rule of %s", s.name, ns, r.object.Namespace)}
	case isRecord(s.name) && (s.equal("service") != r.Labels["service"] || s.equal("slo") != r.Labels["slo"]):
		return []string{fmt.Sprintf("reads %s of %s %s, and is about %s %s", s.name, s.equal("service"), s.equal("slo"), r.Labels["service"], r.Labels["slo"])}
	}
	return nil
}

// envoyRoute is how Envoy Gateway calls the cluster of a route.
var envoyRoute = regexp.MustCompile(`^\(http\|grpc\)route/([a-z0-9-]+)/([a-z0-9-]+)/rule/\.\+$`)

// namespaceRead is the namespace whose series a selector reads; empty: any.
func namespaceRead(s *promExpr) string {
	for _, label := range []string{"exported_namespace", "destination_workload_namespace", "destination_service_namespace", "namespace"} {
		if ns := s.equal(label); ns != "" {
			return ns
		}
	}
	if m, ok := s.matcher("envoy_cluster_name"); ok && m.op == "=~" {
		if route := envoyRoute.FindStringSubmatch(m.value); route != nil {
			return route[1]
		}
	}
	if strings.HasPrefix(s.name, "velero_") { // the Schedule is called NAMESPACE-APP, in Velero's own namespace
		ns, _, _ := strings.Cut(s.equal("schedule"), "-")
		return ns
	}
	return ""
}

// strangers says which names in a selector are of no object, or of another app's.
func (n *ownedNames) strangers(r *toldRule, s *promExpr) (found []string) {
	app := r.object.Labels[labelInstance]
	for _, m := range s.match {
		if m.label == "pod" && m.op == "=~" {
			question := podQuestion{r.object.Namespace, app, m.value}
			answer, known := n.asked[question]
			if !known {
				answer = n.strangePods(question)
				n.asked[question] = answer
			}
			found = append(found, answer...)
			continue
		}
		by := namedBy(s.name, m.label)
		known := n.byLabel[by]
		if namedInSeries[by] == nil || m.op != "=" && m.op != "=~" || m.label == "job" && strings.HasPrefix(s.name, "kube_") {
			continue
		}
		owns := func(name string) bool {
			for _, namespace := range []string{r.object.Namespace, ""} {
				if of, ok := known[ownedName{namespace, name}]; ok && (app == "" || of == app || of == "") {
					return true
				}
			}
			return false
		}
		for _, name := range m.names() {
			if !owns(name) && !(slices.ContainsFunc(m.names(), owns) && ofRelease(app, name)) {
				found = append(found, fmt.Sprintf("asks about the %s %s, which is none of %s's: it never has a value", m.label, name, app))
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

// strangePods says whose pods a pattern finds.
func (n *ownedNames) strangePods(q podQuestion) (found []string) {
	app, pattern, own := q.app, q.pattern, false
	whole, err := regexp.Compile("^(?:" + pattern + ")$")
	if err != nil {
		return nil // rules-are-readable tells
	}
	prefix := pattern[:len(pattern)-len(strings.TrimLeft(pattern, "abcdefghijklmnopqrstuvwxyz0123456789-"))]
	if strings.Contains(pattern, "|") {
		prefix = ""
	}
	prefix = strings.TrimRight(prefix, "abcdefghijklmnopqrstuvwxyz0123456789") // the last one may be repeated, or left out
	all := n.pods[q.namespace]
	from, _ := slices.BinarySearchFunc(all, prefix, func(p podOf, prefix string) int { return strings.Compare(p.pod, prefix) })
	for _, p := range all[from:] {
		if !strings.HasPrefix(p.pod, prefix) {
			break
		}
		if !whole.MatchString(p.pod) {
			continue
		}
		if own = own || p.app == app; p.app != app {
			found = append(found, fmt.Sprintf("asks about pods %s, and finds those of %s", pattern, p.app))
		}
	}
	if !own && app != "" {
		found = append(found, fmt.Sprintf("asks about pods %s, and finds none of %s", pattern, app))
	}
	return found
}
