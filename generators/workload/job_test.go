package workload_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/scantling/scantling/generators/workload"
	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/golden"
)

// task is a task of a Job with a secret of its own.
func task(name, secret string, keys ...string) app.Task {
	t := app.Task{
		Name: name, Image: "registry.acme.io/" + name + ":1.0", Command: []string{"/bin/sh", "/recovery/" + name + ".sh"},
		Variables: []app.Variable{{Name: "NAME", Value: "checkout-orders"}, {Name: "WORK", Value: "/work"}},
		Resources: app.Resources{CPUMilli: 250, MemoryBytes: 256 << 20, MemoryLimitBytes: 256 << 20, EphemeralBytes: 320 << 20, EphemeralLimitBytes: 11 << 30},
	}
	if secret != "" {
		t.Secrets = []app.Secret{{Name: secret, Path: app.SecretsPath}}
		for _, key := range keys {
			t.Secrets[0].Items = append(t.Secrets[0].Items, app.SecretItem{Key: key, File: key})
		}
	}
	return t
}

// backup dumps a database every eight hours.
func backup() app.Job {
	return app.Job{
		Name: "checkout-orders-backup", Component: "backup", For: "orders",
		Schedule: "17 2,10,18 * * *", StartDeadlineSeconds: 3600, DeadlineSeconds: 3600, Retries: 2,
		Tasks:  []app.Task{task("dump", "checkout-orders-backup", "password", "username"), task("upload", "checkout-orders-backup-bucket", "accessKey", "secretKey")},
		Config: "checkout-orders-backup-0a1b2c3d", Files: map[string]string{"dump.sh": "echo \"${NAME}\"\n", "upload.sh": "exit 1\n"},
		WorkBytes: 10 << 30,
	}
}

// drill restores into a scratch server, on a volume of its own.
func drill() app.Job {
	server := task("server", "")
	server.Beside = true
	return app.Job{
		Name: "checkout-orders-drill", Component: "drill", For: "orders",
		Schedule: "40 4 * * 1", StartDeadlineSeconds: 3600, DeadlineSeconds: 14400, Retries: 1,
		Tasks:  []app.Task{task("fetch", "checkout-orders-drill-bucket", "accessKey"), server, task("restore", "")},
		Config: "checkout-orders-drill-4d3c2b1a", Files: map[string]string{"expect": "1 expect-1\n"},
		WorkBytes: 100 << 30, WorkClass: "ssd-delete",
	}
}

// recoverable is an app that uses nearly everything, with a backup and a drill.
func recoverable() app.App {
	a := largest()
	a.Jobs = []app.Job{backup(), drill()}
	return a
}

func jobPods(a app.App) []corev1.PodTemplateSpec {
	var out []corev1.PodTemplateSpec
	for _, o := range workload.JobCronJob.Run(a) {
		out = append(out, o.(*batchv1.CronJob).Spec.JobTemplate.Spec.Template)
	}
	return out
}

func TestJobObjects(t *testing.T) {
	golden.ObjectsFile(t, slices.Concat(workload.JobConfig.Run(recoverable()), workload.JobCronJob.Run(recoverable())), "testdata/jobs.yaml")
}

func TestJobsOnlyWhereThereAreSome(t *testing.T) {
	if made := slices.Concat(workload.JobConfig.Run(largest()), workload.JobCronJob.Run(largest())); len(made) > 0 {
		t.Errorf("an app without Jobs has %v", made)
	}
}

// TestE25JobsAreHardenedLikeTheirApp wants the security of pods and containers, and their place, to be the app's.
func TestE25JobsAreHardenedLikeTheirApp(t *testing.T) {
	a := recoverable()
	own := deployment(t, a).Template.Spec
	for _, pod := range jobPods(a) {
		if got, want := pod.Spec.SecurityContext.String(), own.SecurityContext.String(); got != want {
			t.Errorf("the pod's security is\n%s\nthe app's\n%s", got, want)
		}
		for _, c := range containers(pod.Spec) {
			if got, want := c.SecurityContext.String(), own.Containers[0].SecurityContext.String(); got != want {
				t.Errorf("the security of %s is\n%s\nthe app's\n%s", c.Name, got, want)
			}
		}
		if pod.Spec.PriorityClassName != own.PriorityClassName || len(pod.Spec.Tolerations) != len(own.Tolerations) || len(pod.Spec.NodeSelector) != len(own.NodeSelector) {
			t.Errorf("the pod lives elsewhere than its app: %v", pod.Spec)
		}
	}
}

// TestTasksSeeTheirOwnSecretsOnly wants no task to read what another one logs in with, and each to have a /tmp of its own.
func TestTasksSeeTheirOwnSecretsOnly(t *testing.T) {
	for _, pod := range jobPods(recoverable()) {
		mounted := map[string]string{} // by volume
		for _, c := range containers(pod.Spec) {
			for _, m := range c.VolumeMounts {
				if shared := m.Name == "work" || m.Name == "files"; shared {
					continue
				}
				if other, ok := mounted[m.Name]; ok {
					t.Errorf("%s and %s share %s", c.Name, other, m.Name)
				}
				mounted[m.Name] = c.Name
			}
		}
	}
}

// TestTasksHaveATmpOfALimitedSize wants the size of the app's own, or a limit at least where the app keeps data at /tmp.
func TestTasksHaveATmpOfALimitedSize(t *testing.T) {
	a := recoverable()
	for _, want := range []string{"64Mi", "11Gi"} {
		for _, v := range jobPods(a)[1].Spec.Volumes {
			if size := v.EmptyDir; size != nil && size.SizeLimit.String() != want {
				t.Errorf("%s has %s, want %s", v.Name, size.SizeLimit, want)
			}
		}
		a.EmptyDirs = nil
	}
}

// TestTaskVolumesHaveValidNames makes names of the longest tasks and Secrets, which differ at their ends only.
func TestTaskVolumesHaveValidNames(t *testing.T) {
	a := recoverable()
	long := strings.Repeat("x", 60)
	a.Jobs = a.Jobs[:1]
	a.Jobs[0].Tasks = []app.Task{task(long+"1", long+".a", "k"), task(long+"2", long+".b", "k")}
	names := map[string]bool{}
	for _, v := range jobPods(a)[0].Spec.Volumes {
		if len(v.Name) > 63 || strings.Contains(v.Name, ".") || names[v.Name] {
			t.Errorf("a volume is called %q", v.Name)
		}
		names[v.Name] = true
	}
	if len(names) != 6 {
		t.Errorf("the volumes are %v", names)
	}
}

func TestJobsHaveATokenOnlyWithRights(t *testing.T) {
	a := recoverable()
	a.Access = []app.AccessRule{{Resource: "configmaps", Verbs: []string{"get"}}} // the app's rights are not the Job's
	a.Jobs[1].Grants = []app.Grant{{Namespace: "velero", Rules: []app.AccessRule{{Group: "velero.io", Resource: "restores", Verbs: []string{"create"}}}}}
	for i, pod := range jobPods(a) {
		if got, want := *pod.Spec.AutomountServiceAccountToken, i == 1; got != want {
			t.Errorf("%s has a token: %t", a.Jobs[i].Name, got)
		}
		if pod.Spec.ServiceAccountName != a.Jobs[i].Name {
			t.Errorf("%s runs as %s", a.Jobs[i].Name, pod.Spec.ServiceAccountName)
		}
	}
}

// TestJobsOutliveReleases wants a Job to be the same whatever version of the app runs, and however it is released.
func TestJobsOutliveReleases(t *testing.T) {
	want := workload.JobCronJob.Run(recoverable())
	for what, change := range map[string]func(*app.App){
		"another image":     func(a *app.App) { a.Image, a.Version = "registry.acme.io/shop/checkout:2.0.0", "2.0.0" },
		"the other colour":  func(a *app.App) { a.Rollout.Strategy, a.Role = app.BlueGreen, app.RoleGreen },
		"a sidecar":         func(a *app.App) { a.Sidecars = nil },
		"a probe":           func(a *app.App) { a.Health = app.Health{GraceSeconds: 300} },
		"a command":         func(a *app.App) { a.Command, a.Args = nil, nil },
		"the spread":        func(a *app.App) { a.Spread = app.Spread{Zones: app.Hard} },
		"spot":              func(a *app.App) { a.Placement.Spot = app.SpotRequire },
		"secrets and files": func(a *app.App) { a.Secrets, a.Config, a.Variables, a.FSGroup = nil, nil, nil, false },
	} {
		a := recoverable()
		change(&a)
		if diff := cmp.Diff(want, workload.JobCronJob.Run(a)); diff != "" {
			t.Errorf("%s changes the Jobs (- before, + after):\n%s", what, diff)
		}
	}
}
