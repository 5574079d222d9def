package suite

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/scantling/scantling/e2e/nodes"
)

const migrationStage = "scantling.dev/stage" // the label by which kubectl applies a migration before the rest

// migrate applies the stage of the migration and waits for its end, as the docs tell who uses kubectl. It reports whether the
// migration did its work.
func (p *project) migrate(t *testing.T) bool {
	t.Helper()
	var done bool
	for _, o := range p.objects {
		if o.GetKind() != "Namespace" && o.GetLabels()[migrationStage] != "migration" {
			continue
		}
		if _, err := world.client.Force(t.Context(), o); err != nil {
			t.Fatalf("%s: %v", describe(o), err)
		}
		if o.GetKind() != "Job" {
			continue
		}
		until(t, func() (bool, string) {
			job, err := world.client.BatchV1().Jobs(o.GetNamespace()).Get(t.Context(), o.GetName(), metav1.GetOptions{})
			if err != nil {
				return false, err.Error()
			}
			done = finished(job, batchv1.JobComplete)
			return done || finished(job, batchv1.JobFailed), "the migration does not end"
		})
	}
	return done
}

func finished(job *batchv1.Job, how batchv1.JobConditionType) bool {
	return slices.ContainsFunc(job.Status.Conditions, func(c batchv1.JobCondition) bool { return c.Type == how && c.Status == "True" })
}

// migrations are the names of the Jobs of a namespace, each with how many of its pods have succeeded.
func migrations(t *testing.T, namespace string) string {
	t.Helper()
	list, err := world.client.BatchV1().Jobs(namespace).List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, job := range list.Items {
		all = append(all, fmt.Sprintf("%s %s: %d", job.Name, job.UID, job.Status.Succeeded))
	}
	slices.Sort(all)
	return strings.Join(all, "\n")
}

// migration runs once for each image, before the pods of that image; one that fails lets none of them start.
func migration(t *testing.T) string {
	const name = "migrated"
	version := func(v string) string { return strings.Replace(image, ":1.0", ":"+v, 1) }
	p := newProject(t, withDatabase, name, `tier: "standard", image: "`+image+`", replicas: 3, needs: orders: postgres: {managed: true}, migrate: command: ["/app/migrate", "up"]`)
	if !p.migrate(t) {
		t.Error("the first migration fails")
	}
	p.apply(t)
	p.runs(t)
	r := p.recorded(t, track)
	first := migrations(t, name)
	r.migrate(t)
	r.ship(t)
	r.stands(t)
	if now := migrations(t, name); now != first || strings.Contains(now, "\n") {
		t.Errorf("when the same is applied again, the migrations are\n%s\nnot\n%s", now, first)
	}

	r.command(t, "set", name, "image="+version("2.0"))
	if done := r.migrate(t); !done || !slices.Equal(serving(t, name, name), slices.Repeat([]string{image}, 3)) {
		t.Errorf("the migration to 2.0 has ended well: %t; meanwhile traffic goes to %q", done, serving(t, name, name))
	}
	r.ship(t)
	r.stands(t)
	until(t, func() (bool, string) {
		now := migrations(t, name)
		return !strings.Contains(now, first) && !strings.Contains(now, "\n"), "the migrations of 2.0 are\n" + now + "\nafter\n" + first
	})

	r.command(t, "set", name, "image="+version("3.0"+nodes.CrashingTag))
	if r.migrate(t) {
		t.Error("a migration that fails counts as done")
	}
	if got := serving(t, name, name); !slices.Equal(got, slices.Repeat([]string{version("2.0")}, 3)) {
		t.Errorf("after a migration that failed traffic goes to %q", got)
	}
	if h := r.stop(t); h.least() < 3 {
		t.Errorf("want never fewer than 3 ready: %s", h)
	}
	return "once for each image, before its first pod; not again when the same is applied again; and when it fails, the 3 old pods stay"
}

var withDatabase = strings.Replace(platform, "platform: {", `platform: {
	databases: orders: {kind: "postgres", host: "orders.db", cidrs: ["10.20.0.0/24"]}`, 1)
