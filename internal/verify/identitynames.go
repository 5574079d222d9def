package verify

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/validate/content"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/scantling/scantling/internal/inventory"
)

// The longest names that leave room for what a controller adds, in characters.
const (
	longestCronJob     = 52 // 11 are added for each run, https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/
	longestStatefulSet = 52 // the label controller-revision-hash is the name and 11 more, https://github.com/kubernetes/kubernetes/issues/64023
	longestJob         = 63 // the name is a label of its pods
)

// naming is a check of names. Labels repeat, and each is looked at once.
type naming struct {
	*checker
	keys, values map[string]string // what is wrong with them; empty: nothing
}

func nameIsValid(checks *checker) {
	c := naming{checks, map[string]string{}, map[string]string{}}
	for _, o := range c.Objects {
		before := len(c.results)
		if o.Name != "" {
			c.objectName(o)
		}
		c.labels(o, "metadata.labels", o.Labels)
		c.annotations(o, "metadata.annotations", o.Annotations)
		if w := c.Workload(o); w != nil {
			c.podNames(w)
		}
		if o.Kind == "Service" && o.Group == "" {
			c.servicePortNames(c.Service(o.Namespace, o.Name))
		}
		if len(c.results) == before {
			c.proved(o, "its name of %d characters and its %d labels are legal", len(o.Name), len(o.Labels))
		}
	}
}

// nameRule returns the rule for names of a kind, and the most characters that there may be; 0: what the rule says.
func nameRule(o *inventory.Object) (rule func(string) []string, longest int) {
	switch {
	case o.Group == "rbac.authorization.k8s.io":
		return content.IsPathSegmentName, 0
	case o.Group == "" && (o.Kind == "Namespace" || o.Kind == "Service"):
		return validation.IsDNS1123Label, 0
	case o.Group == "batch" && o.Kind == "CronJob":
		return validation.IsDNS1123Subdomain, longestCronJob
	case o.Group == "batch" && o.Kind == "Job":
		return validation.IsDNS1123Subdomain, longestJob
	case o.Group == "apps" && o.Kind == "StatefulSet":
		return validation.IsDNS1123Subdomain, longestStatefulSet
	}
	return validation.IsDNS1123Subdomain, 0
}

// objectName looks at the name of an object.
func (c naming) objectName(o *inventory.Object) {
	if strings.Contains(o.Name, "${") && !o.Ours() { // envsubst and Flux fill it in
		c.unknown(o, "what %s is replaced by before it is applied", o.Name)
		return
	}
	rule, longest := nameRule(o)
	if problems := rule(o.Name); len(problems) > 0 {
		c.violated(o, "metadata.name", "apply it: the API server refuses the name %q: %s", o.Name, firstClause(problems))
		return
	}
	if longest > 0 && len(o.Name) > longest {
		c.violated(o, "metadata.name", "apply it: its %d characters leave no room for what a controller adds to them for pods: %d fit", len(o.Name), longest)
	}
	if o.Group != "" || o.Kind != "Service" || len(validation.IsDNS1035Label(o.Name)) == 0 {
		return
	}
	if c.Facts.Kubernetes > 0 && c.Facts.Kubernetes < relaxedServiceNames {
		c.violated(o, "metadata.name", "apply it to Kubernetes 1.%d: a Service's name must begin with a letter", c.Facts.Kubernetes)
		return
	}
	c.unknown(o, "whether the API server takes a Service's name that begins with a digit: none before 1.%d does", relaxedServiceNames)
}

// relaxedServiceNames is the first minor version that can take a Service whose name begins with a digit: https://kep.k8s.io/5311.
const relaxedServiceNames = 34

// firstClause is the first thing that is wrong, in one line that does not end in examples.
func firstClause(problems []string) string {
	text, _, _ := strings.Cut(problems[0], " (e.g. ")
	return strings.TrimSuffix(text, ".")
}

// wrong returns what is wrong with a text by a rule, and remembers it.
func wrong(known map[string]string, text string, rule func(string) []string) string {
	problem, ok := known[text]
	if !ok {
		if problems := rule(text); len(problems) > 0 {
			problem = firstClause(problems)
		}
		known[text] = problem
	}
	return problem
}

// unlawful returns those keys, sorted, with which something is wrong: most objects have none.
func (c naming) unlawful(labels map[string]string, values bool) []string {
	var keys []string
	for key, value := range labels {
		if wrong(c.keys, strings.ToLower(key), content.IsLabelKey) != "" || values && wrong(c.values, value, content.IsLabelValue) != "" {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// labels looks at labels of an object or of its pods.
func (c naming) labels(o *inventory.Object, where string, labels map[string]string) {
	for _, key := range c.unlawful(labels, true) {
		value := labels[key]
		if problem := wrong(c.keys, strings.ToLower(key), content.IsLabelKey); problem != "" {
			c.violated(o, where, "apply it: the API server refuses the label %q: %s", key, problem)
		}
		if problem := wrong(c.values, value, content.IsLabelValue); problem != "" {
			c.violated(o, where, "apply it: the API server refuses %q as the value of label %s: %s", value, key, problem)
		}
	}
}

// annotations looks at the keys of annotations: their values are free.
func (c naming) annotations(o *inventory.Object, where string, annotations map[string]string) {
	for _, key := range c.unlawful(annotations, false) {
		if problem := wrong(c.keys, strings.ToLower(key), content.IsLabelKey); problem != "" {
			c.violated(o, where, "apply it: the API server refuses the annotation %q: %s", key, problem)
		}
	}
}

// podNames looks at what pods, their containers and ports are called.
func (c naming) podNames(w *inventory.Workload) {
	if w.Kind != "Pod" { // whose labels are its own
		c.labels(w.Object, "spec.template.metadata.labels", w.Template.Labels)
	}
	names := map[string]bool{}
	for _, container := range w.Containers() {
		if problems := validation.IsDNS1123Label(container.Name); len(problems) > 0 {
			c.violated(w.Object, "spec.containers", "apply it: the API server refuses a container named %q: %s", container.Name, firstClause(problems))
		} else if names[container.Name] {
			c.violated(w.Object, "spec.containers", "apply it: the API server refuses two containers named %s", container.Name)
		}
		names[container.Name] = true
		c.containerPorts(w, container.Ports)
	}
}

func (c naming) containerPorts(w *inventory.Workload, ports []corev1.ContainerPort) {
	names := map[string]bool{}
	for _, p := range ports {
		if p.Name == "" {
			continue
		}
		if problems := validation.IsValidPortName(p.Name); len(problems) > 0 {
			c.violated(w.Object, "spec.containers.ports", "apply it: the API server refuses a port named %q: %s", p.Name, firstClause(problems))
		} else if names[p.Name] {
			c.violated(w.Object, "spec.containers.ports", "apply it: the API server refuses two ports named %s in one container", p.Name)
		}
		names[p.Name] = true
	}
}

// servicePortNames looks at the ports of a Service: with several, each has a name.
func (c naming) servicePortNames(v *inventory.Service) {
	if v == nil {
		return
	}
	names := map[string]bool{}
	for _, p := range v.Spec.Ports {
		switch problems := validation.IsDNS1123Label(p.Name); {
		case p.Name == "" && len(v.Spec.Ports) > 1:
			c.violated(v.Object, "spec.ports", "apply it: the API server refuses port %d without a name, where there are %d", p.Port, len(v.Spec.Ports))
		case p.Name == "":
		case len(problems) > 0:
			c.violated(v.Object, "spec.ports", "apply it: the API server refuses a port named %q: %s", p.Name, firstClause(problems))
		case names[p.Name]:
			c.violated(v.Object, "spec.ports", "apply it: the API server refuses two ports named %s", p.Name)
		}
		names[p.Name] = true
	}
}
