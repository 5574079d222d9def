package generators_test

import (
	"slices"
	"testing"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

// TestE24NothingTakesAJobForItsApp wants no Service to send a backup requests, no budget to count it, and of all policies just its own,
// which lets nobody in.
func TestE24NothingTakesAJobForItsApp(t *testing.T) {
	jobs := 0
	for _, a := range corpus(t) {
		r := render(a)
		for _, job := range all[*batchv1.CronJob](r) {
			if !isJob(job) {
				continue
			}
			jobs++
			labels := job.Spec.JobTemplate.Spec.Template.Labels
			for _, s := range all[*corev1.Service](r) {
				if selects(s.Spec.Selector, labels) {
					t.Errorf("%s: Service %s sends requests to %s", a.Name, s.Name, job.Name)
				}
			}
			for _, b := range all[*policyv1.PodDisruptionBudget](r) {
				if selects(b.Spec.Selector.MatchLabels, labels) {
					t.Errorf("%s: the budget %s counts %s", a.Name, b.Name, job.Name)
				}
			}
			var policies []string
			for _, p := range all[*networkingv1.NetworkPolicy](r) {
				if selects(p.Spec.PodSelector.MatchLabels, labels) {
					policies = append(policies, p.Name)
					if len(p.Spec.Ingress) > 0 {
						t.Errorf("%s: %s lets somebody call %s", a.Name, p.Name, job.Name)
					}
				}
			}
			if !slices.Equal(policies, []string{job.Name}) {
				t.Errorf("%s: %s has the policies %v", a.Name, job.Name, policies)
			}
			if job.Spec.JobTemplate.Spec.TTLSecondsAfterFinished != nil {
				t.Errorf("%s: nobody reads why a run of %s failed that is gone", a.Name, job.Name)
			}
		}
	}
	if jobs < 3 {
		t.Errorf("the corpus has only %d Jobs", jobs)
	}
}

// TestJobsTouchNothingElse wants an app's other objects to be the same with and without Jobs.
func TestJobsTouchNothingElse(t *testing.T) {
	for _, a := range corpus(t) {
		if a.Jobs == nil {
			continue
		}
		with := flatten(t, slices.DeleteFunc(render(a).objects, isJob))
		a.Jobs = nil
		without := flatten(t, slices.DeleteFunc(render(a).objects, isJob)) // alerts stay: they are about the plan
		if len(with) != len(without) {
			t.Errorf("%s: %d values with Jobs, %d without", a.Name, len(with), len(without))
		}
		for path, value := range without {
			if with[path] != value {
				t.Errorf("%s: %s is %q with Jobs, %q without", a.Name, path, with[path], value)
			}
		}
	}
}

// isJob reports whether an object is a Job's beside an app, or what only it needs.
func isJob(o generator.Object) bool {
	typed, ok := o.(metav1.Object)
	return ok && slices.Contains([]string{kube.ComponentBackup, kube.ComponentDrill}, typed.GetLabels()[kube.LabelComponent])
}
