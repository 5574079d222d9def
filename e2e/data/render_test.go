package data

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/scantling/scantling/e2e/render"
)

// A project has one need: of a kind, with what it says beside its recovery, and the version of its server.
type project struct{ kind, options, version string }

var projects = map[string]project{
	"postgres": {"postgres", `database: "shop"`, "17"},
	"mysql":    {"mysql", `database: "shop"`, "8.4"},
	"mongodb":  {"mongodb", `database: "shop"`, "7"},
	"redis":    {"redis", `purpose: "store"`, "7"},
	"queue":    {"redis", `purpose: "queue"`, "7"},
}

// renderJobs has the compiler render the jobs that back up the need of each project, and rehearse its restore.
func renderJobs(ctx context.Context) (map[string]job, error) {
	compiler, err := render.Build(ctx, world.dir)
	if err != nil {
		return nil, err
	}
	all := map[string]job{}
	for name, p := range projects {
		dir := filepath.Join(world.dir, "project-"+name)
		if err := os.Mkdir(dir, 0o755); err != nil {
			return nil, err
		}
		for _, file := range []string{"app.cue", "platform.cue"} {
			text, err := os.ReadFile(filepath.Join("testdata", "project", file))
			if err != nil {
				return nil, err
			}
			filled := strings.NewReplacer("KIND", p.kind, "OPTIONS", p.options, "VERSION", p.version).Replace(string(text))
			if err := os.WriteFile(filepath.Join(dir, file), []byte(filled), 0o644); err != nil {
				return nil, err
			}
		}
		objects, err := compiler.Objects(ctx, dir, "live")
		if err != nil {
			return nil, err
		}
		jobs, err := jobsOf(objects)
		if err != nil {
			return nil, err
		}
		for _, component := range []string{"backup", "drill"} {
			found, ok := jobs[component]
			if !ok {
				return nil, fmt.Errorf("no %s of %s is rendered", component, name)
			}
			all[name+"/"+component] = found
		}
	}
	return all, nil
}

// jobsOf finds the CronJobs of recovery among objects, by component, each with the ConfigMap that its pod mounts.
func jobsOf(objects []*unstructured.Unstructured) (map[string]job, error) {
	files, jobs := map[string]map[string]string{}, map[string]job{}
	for _, o := range objects {
		if o.GetKind() == "ConfigMap" {
			files[o.GetName()], _, _ = unstructured.NestedStringMap(o.Object, "data")
		}
	}
	for _, o := range objects {
		component := o.GetLabels()["app.kubernetes.io/component"]
		if o.GetKind() != "CronJob" || component == "" {
			continue
		}
		var c batchv1.CronJob
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(o.Object, &c); err != nil {
			return nil, err
		}
		j := job{pod: c.Spec.JobTemplate.Spec.Template.Spec}
		for _, v := range j.pod.Volumes {
			if v.ConfigMap != nil {
				j.files = maps.Clone(files[v.ConfigMap.Name])
			}
		}
		jobs[component] = j
	}
	return jobs, nil
}

// expecting is a drill with expectations: queries, each with the smallest right answer before it.
func expecting(drill job, lines ...string) job {
	files := maps.Clone(drill.files)
	for i, line := range lines {
		min, query, _ := strings.Cut(line, " ")
		file := fmt.Sprintf("expect-%d", i+1)
		files[file] = query + "\n"
		files["expect"] += min + " " + file + "\n"
	}
	return job{pod: drill.pod, files: files}
}

// main is a job's main container alone.
func (j job) main() job {
	return job{pod: corev1.PodSpec{Containers: j.pod.Containers, Volumes: j.pod.Volumes}, files: j.files}
}
