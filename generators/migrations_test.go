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

// TestE42NothingTakesAMigrationForItsApp wants no Service to send it requests, no budget to count it (the eviction API then fails for
// every pod), and of all policies just its own, which lets nobody in.
func TestE42NothingTakesAMigrationForItsApp(t *testing.T) {
	jobs := 0
	for _, a := range corpus(t) {
		r := render(a)
		for _, job := range all[*batchv1.Job](r) {
			jobs++
			labels := job.Spec.Template.Labels
			for _, s := range all[*corev1.Service](r) {
				if selects(s.Spec.Selector, labels) {
					t.Errorf("%s: Service %s sends requests to the migration", a.Name, s.Name)
				}
			}
			for _, b := range all[*policyv1.PodDisruptionBudget](r) {
				if selects(b.Spec.Selector.MatchLabels, labels) {
					t.Errorf("%s: the budget %s counts the migration", a.Name, b.Name)
				}
			}
			var policies []string
			for _, p := range all[*networkingv1.NetworkPolicy](r) {
				if !selects(p.Spec.PodSelector.MatchLabels, labels) {
					continue
				}
				policies = append(policies, p.Name)
				if len(p.Spec.Ingress) > 0 {
					t.Errorf("%s: %s lets somebody call the migration", a.Name, p.Name)
				}
			}
			if len(policies) != 1 || policies[0] != kube.MigrationName(a) {
				t.Errorf("%s: the migration has the policies %v", a.Name, policies)
			}
			if job.Spec.TTLSecondsAfterFinished != nil {
				t.Errorf("%s: a Job that goes by itself is applied, and runs, again", a.Name)
			}
		}
	}
	if jobs < 2 {
		t.Errorf("the corpus has only %d migrations", jobs)
	}
}

// TestMigrationTouchesNothingElse wants an app's other objects to be the same with and without a migration.
func TestMigrationTouchesNothingElse(t *testing.T) {
	for _, a := range corpus(t) {
		if a.Migration == nil {
			continue
		}
		with := flatten(t, slices.DeleteFunc(render(a).objects, func(o generator.Object) bool {
			typed, ok := o.(metav1.Object)
			return ok && typed.GetLabels()[kube.LabelComponent] == kube.ComponentMigration
		}))
		a.Migration = nil
		without := flatten(t, render(a).objects)
		if len(with) != len(without) {
			t.Errorf("%s: %d values with a migration, %d without", a.Name, len(with), len(without))
		}
		for path, value := range without {
			if with[path] != value {
				t.Errorf("%s: %s is %q with a migration, %q without", a.Name, path, with[path], value)
			}
		}
	}
}
