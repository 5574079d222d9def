package generators_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/yaml"

	"github.com/scantling/scantling/generators"
	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/emit"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

// rendered is all objects of one app.
type rendered struct {
	app     app.App
	objects []generator.Object
	pods    []pod
}

// pod is the pod template of one object.
type pod struct {
	corev1.PodTemplateSpec
	owner    string            // kind
	name     string            // of the owner
	selector map[string]string // of the owner; nil: a Job's, which Kubernetes makes
	replicas *int32
	claims   []corev1.PersistentVolumeClaim
}

func render(a app.App) rendered {
	r := rendered{app: a}
	for _, g := range generators.All {
		if g.Run != nil {
			r.objects = append(r.objects, g.Run(a)...)
		}
	}
	for _, o := range r.objects {
		switch o := o.(type) {
		case *appsv1.Deployment:
			r.pods = append(r.pods, pod{o.Spec.Template, "Deployment", o.Name, o.Spec.Selector.MatchLabels, o.Spec.Replicas, nil})
		case *kube.Rollout:
			r.pods = append(r.pods, pod{o.Spec.Template, "Rollout", o.Name, o.Spec.Selector.MatchLabels, o.Spec.Replicas, nil})
		case *appsv1.StatefulSet:
			r.pods = append(r.pods, pod{o.Spec.Template, "StatefulSet", o.Name, o.Spec.Selector.MatchLabels, o.Spec.Replicas, o.Spec.VolumeClaimTemplates})
		case *batchv1.CronJob:
			r.pods = append(r.pods, pod{o.Spec.JobTemplate.Spec.Template, "CronJob", o.Name, nil, nil, nil})
		case *batchv1.Job:
			r.pods = append(r.pods, pod{o.Spec.Template, "Job", o.Name, nil, nil, nil})
		}
	}
	return r
}

// staying returns the pods that run all the time, each with the workload that runs them.
func (r rendered) staying() map[*pod]app.App {
	out := map[*pod]app.App{}
	for i, p := range r.pods {
		for _, v := range r.app.Workloads() {
			if p.owner != "CronJob" && p.owner != "Job" && p.name == kube.WorkloadName(v) {
				out[&r.pods[i]] = v
			}
		}
	}
	return out
}

// all returns the objects of one type.
func all[T generator.Object](r rendered) []T {
	var out []T
	for _, o := range r.objects {
		if o, ok := o.(T); ok {
			out = append(out, o)
		}
	}
	return out
}

// An invariant is what must hold of every app's objects; check returns "" where it does, else a counterexample.
type invariant struct {
	name  string
	check func(r rendered) string
}

var invariants = []invariant{
	{"one-workload-for-each-version", workloads},
	{"names-are-valid-and-unique", validNames},
	{"pods-are-restricted", restricted},
	{"selectors-match-their-own-pods", selectors},
	{"services-find-pods-and-ports", services},
	{"monitors-read-every-pod-once", monitors},
	{"budgets-allow-an-eviction", budgets},
	{"spread-counts-the-own-pods", spreads},
	{"mounts-have-volumes", mounts},
	{"containers-are-told-apart", containers},
	{"probes-ask-open-ports", probes},
	{"containers-state-their-resources", resources},
	{"pods-may-end-in-peace", graceful},
	{"autoscalers-own-the-replicas", autoscaled},
	{"recommendations-are-of-pods-that-serve", measures},
	{"tokens-need-a-role", tokens},
	{"references-resolve", references},
	{"storage-stays", storage},
}

// TestInvariants holds the invariants against every combination of kind, tier, version of Kubernetes and features, and the corpus.
func TestInvariants(t *testing.T) {
	broken := map[string]bool{}
	hold := func(name string, a app.App) {
		r := render(a)
		for _, inv := range invariants {
			if problem := inv.check(r); problem != "" && !broken[inv.name] {
				broken[inv.name] = true // one counterexample each is enough to read
				t.Errorf("%s: %s: %s", inv.name, name, problem)
			}
		}
	}
	for name, a := range combinations() {
		hold(name, a)
	}
	for name, a := range onTheWay {
		hold(name, a)
	}
	for _, a := range corpus(t) {
		hold(a.Name, a)
	}
}

// TestReadsBackTheSame wants every object to decode strictly into its type, and to be the same afterwards: what the API server
// would write in another way is a difference for ever.
func TestReadsBackTheSame(t *testing.T) {
	for _, a := range corpus(t) {
		for _, o := range render(a).objects {
			text, err := emit.AppendYAML(nil, o)
			if err != nil {
				t.Fatal(err)
			}
			back := reflect.New(reflect.Indirect(reflect.ValueOf(o)).Type())
			if err := yaml.UnmarshalStrict(text, back.Interface()); err != nil {
				t.Errorf("%s: %T %s: %v", a.Name, o, o.GetName(), err)
				continue
			}
			again, err := emit.AppendYAML(nil, back.Interface())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(text), string(again)); diff != "" {
				t.Errorf("%s: %T %s is read back otherwise (- written, + read):\n%s", a.Name, o, o.GetName(), diff)
			}
			if strings.Contains(string(text), ": null\n") {
				t.Errorf("%s: %T %s says null:\n%s", a.Name, o, o.GetName(), text)
			}
		}
	}
}

func workloads(r rendered) string {
	kind := map[app.Kind]string{app.Service: "Deployment", app.Worker: "Deployment", app.Cron: "CronJob", app.Stateful: "StatefulSet"}[r.app.Kind]
	if r.app.CanaryBy(app.ByArgo) {
		kind = "Rollout"
	}
	var want, got []string
	for _, v := range r.app.Workloads() {
		want = append(want, fmt.Sprintf("%s %s of %s", kind, kube.WorkloadName(v), v.Image))
	}
	for _, p := range r.pods {
		if p.owner != "Job" && !isJob(&p) {
			got = append(got, fmt.Sprintf("%s %s of %s", p.owner, p.name, p.Spec.Containers[0].Image))
		}
	}
	if !slices.Equal(want, got) {
		return fmt.Sprintf("the workloads are %q, want %q", got, want)
	}
	return ""
}

// validNames checks the shortest of the limits that Kubernetes has for each kind.
func validNames(r rendered) string {
	seen := map[string]bool{}
	for _, o := range r.objects {
		limit, namespace := 63, r.app.Namespace // a DNS label
		switch o.(type) {
		case *appsv1.StatefulSet, *batchv1.CronJob:
			limit = 52 // room for what the controller appends
		case *kube.Cluster:
			limit = 50 // the operator's own
		case *kube.Schedule:
			namespace = r.app.Env.Velero
		case *rbacv1.ClusterRole, *rbacv1.ClusterRoleBinding, *admissionv1.ValidatingAdmissionPolicy, *admissionv1.ValidatingAdmissionPolicyBinding:
			namespace = ""
		}
		if slices.Contains(granted(r.app), o.GetNamespace()) {
			namespace = o.GetNamespace() // where a Job has rights
		}
		id := fmt.Sprintf("%T %s", o, o.GetName())
		switch {
		case seen[id]:
			return id + " is there twice"
		case o.GetNamespace() != namespace:
			return id + " is in namespace " + o.GetNamespace()
		case len(o.GetName()) > limit || o.GetName() == "":
			return id + " has a name too long"
		}
		seen[id] = true
	}
	return ""
}

// granted returns the namespaces in which an app's Jobs may do something.
func granted(a app.App) []string {
	var out []string
	for _, j := range a.Jobs {
		for _, g := range j.Grants {
			out = append(out, g.Namespace)
		}
	}
	return out
}
