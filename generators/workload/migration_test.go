package workload_test

import (
	"regexp"
	"strings"
	"testing"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/scantling/scantling/generators/workload"
	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/golden"
)

// migrating is a service that uses nearly everything, and whose database changes with it.
func migrating() app.App {
	a := largest()
	a.Migration = &app.Migration{
		Image: "registry.acme.io/shop/migrate:1.5.0", Version: "1.5.0", Command: []string{"/migrate", "up"}, DeadlineSeconds: 900, Retries: 1,
		Egress:  []app.Edge{{Name: "orders", Peer: app.Peer{CIDRs: []string{"10.20.0.0/24"}}, Ports: []app.Port{{Number: 5432, Protocol: "TCP"}}}},
		Secrets: a.Secrets[:1],
		Variables: []app.Variable{
			{Name: "ORDERS_HOST", Value: "orders.db.acme.io"},
			{Name: "ORDERS_USER", Secret: "checkout-orders", Key: "username"},
		},
	}
	return a
}

// plain is the least that a migration can be.
func plain() app.App {
	a := smallest()
	a.Migration = &app.Migration{Image: a.Image, Version: a.Version, Command: []string{"/migrate"}, DeadlineSeconds: 600}
	return a
}

func job(a app.App) *batchv1.Job { return workload.Migration.Run(a)[0].(*batchv1.Job) }

func TestMigrationObjects(t *testing.T) {
	for file, a := range map[string]app.App{"migration": migrating(), "migration-plain": plain()} {
		t.Run(file, func(t *testing.T) { golden.ObjectsFile(t, workload.Migration.Run(a), "testdata/"+file+".yaml") })
	}
}

func TestMigrationOnlyWhereAsked(t *testing.T) {
	for _, g := range []int{len(workload.Migration.Run(largest())), len(workload.MigrationConfig.Run(largest()))} {
		if g != 0 {
			t.Error("an app without a migration has one")
		}
	}
}

// TestE42MigrationRunsOncePerVersion wants a Job's name to change with everything that its pod is, which Kubernetes lets nobody
// change, and with nothing else: a step of a release must not migrate again.
func TestE42MigrationRunsOncePerVersion(t *testing.T) {
	name := job(migrating()).Name
	for what, change := range map[string]func(*app.App){
		"image":     func(a *app.App) { a.Migration.Image += "1" },
		"command":   func(a *app.App) { a.Migration.Command = []string{"/migrate", "up", "--all"} },
		"variable":  func(a *app.App) { a.Migration.Variables[0].Value = "orders.db.acme.com" },
		"secret":    func(a *app.App) { a.Migration.Secrets = nil },
		"config":    func(a *app.App) { a.Config.Name = "checkout-config-ffffffff" },
		"resources": func(a *app.App) { a.Resources.MemoryBytes *= 2 },
		"user":      func(a *app.App) { a.User++ },
		"team":      func(a *app.App) { a.Team = "orders" }, // a label of the pod
	} {
		a := migrating()
		change(&a)
		if job(a).Name == name {
			t.Errorf("another %s is a Job of the same name, which the API server refuses", what)
		}
	}
	for what, change := range map[string]func(*app.App){
		"the app's own image": func(a *app.App) { a.Image, a.Version = "registry.acme.io/shop/checkout:1.5.0", "1.5.0" },
		"a weight": func(a *app.App) {
			a.Rollout.Strategy, a.Rollout.Split = app.Canary, &app.Split{Engine: app.ByIstio, Weight: 5}
		},
		"a canary":         func(a *app.App) { a.Other = &app.Side{Role: app.RoleCanary, Image: a.Image} },
		"the other colour": func(a *app.App) { a.Rollout.Strategy, a.Role = app.BlueGreen, app.RoleGreen },
		"more pods":        func(a *app.App) { a.Replicas.Max = 100 },
		"a probe":          func(a *app.App) { a.Health.Ready = nil },
		"a sidecar":        func(a *app.App) { a.Sidecars = nil },
		"a port":           func(a *app.App) { a.Ports = a.Ports[:1] },
		"the deadline":     func(a *app.App) { a.Migration.DeadlineSeconds = 60 },
	} {
		a := migrating()
		change(&a)
		if job(a).Name != name {
			t.Errorf("%s makes the migration run again", what)
		}
	}
}

func TestMigrationNamesFit(t *testing.T) {
	short := job(migrating()).Name
	if !regexp.MustCompile(`^checkout-migrate-[0-9a-f]{8}$`).MatchString(short) {
		t.Errorf("the Job is called %q", short)
	}
	a := plain()
	a.Name = strings.Repeat("a", 38) // the longest that an app's name may be
	long := job(a).Name
	if len(long) > 52 {
		t.Errorf("%q has %d characters", long, len(long))
	}
	a.Migration.Command = []string{"/migrate", "up"}
	if job(a).Name == long {
		t.Error("two migrations of a long name are called the same")
	}
}

// TestMigrationIsNoVersionOfTheApp wants none of the labels by which Services, budgets, policies and Flagger find an app's pods.
func TestMigrationIsNoVersionOfTheApp(t *testing.T) {
	labels := job(migrating()).Spec.Template.Labels
	for key, not := range map[string]string{"app.kubernetes.io/name": "checkout", "app.kubernetes.io/component": "app", "scantling.dev/track": "stable"} {
		if labels[key] == not {
			t.Errorf("the pod has the app's own %s", key)
		}
	}
	if labels["app.kubernetes.io/instance"] != "checkout" {
		t.Errorf("nobody finds the migration of an app: %v", labels)
	}
}

// TestMigrationHasItsOwnFiles wants a copy of the config files where the app's own come later than the migration.
func TestMigrationHasItsOwnFiles(t *testing.T) {
	for tool, want := range map[string]string{
		"argocd": "checkout-config-0a1b2c3d", "flux": "checkout-migrate-config-0a1b2c3d",
		"helm": "checkout-migrate-config-0a1b2c3d", "kubectl": "checkout-migrate-config-0a1b2c3d",
	} {
		a := migrating()
		a.Env.Delivery = tool
		var mounted string
		for _, v := range job(a).Spec.Template.Spec.Volumes {
			if v.ConfigMap != nil {
				mounted = v.ConfigMap.Name
			}
		}
		if mounted != want {
			t.Errorf("%s: the migration mounts %s, want %s", tool, mounted, want)
		}
		copies := workload.MigrationConfig.Run(a)
		if want == a.Config.Name {
			if len(copies) > 0 {
				t.Errorf("%s: there is a copy that nobody mounts", tool)
			}
			continue
		}
		if len(copies) != 1 || copies[0].GetName() != want || copies[0].(*corev1.ConfigMap).Data["app.yaml"] == "" {
			t.Errorf("%s: the copy is %v", tool, copies)
		}
	}
}
