package delivery_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/scantling/scantling/generators"
	"github.com/scantling/scantling/generators/platform"
	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/delivery"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

// checkout is a service that migrates its database, and has nearly every kind of object.
func checkout(tool string) app.App {
	http := app.Port{Name: "http", Number: 8080, Protocol: "TCP", App: "http"}
	medium := app.Resources{CPUMilli: 250, MemoryBytes: 256 << 20, MemoryLimitBytes: 256 << 20, EphemeralBytes: 320 << 20, EphemeralLimitBytes: 1 << 30}
	orders := app.Secret{Name: "checkout-orders", Path: "/var/run/secrets/orders", Items: []app.SecretItem{{Key: "password", File: "password"}},
		Store: &app.StoreSecret{StoreName: "vault", StoreKind: "ClusterSecretStore", RefreshSeconds: 3600, Data: []app.RemoteKey{{Key: "password", Remote: "orders"}}}}
	own := orders
	own.Name = "checkout-migrate-orders"
	postgres := app.Edge{Name: "orders", Peer: app.Peer{CIDRs: []string{"10.20.0.0/24"}}, Ports: []app.Port{{Number: 5432, Protocol: "TCP"}}}
	return app.App{
		Env:  &app.Environment{Name: "prod", Minor: 34, Delivery: tool, Capabilities: []string{"cilium", "gateway", "prometheus"}},
		Name: "checkout", Namespace: "shop", Team: "payments", Tier: app.Critical, Kind: app.Service, Role: app.RoleStable,
		Image: "registry.acme.io/checkout:1.4.2", Version: "1.4.2", User: 10001, FSGroup: true, Ports: []app.Port{http}, Resources: medium,
		EmptyDirs: []app.EmptyDir{{Name: "tmp", Path: "/tmp", SizeBytes: 64 << 20}},
		Volumes:   []app.Volume{{Name: "data", Path: "/data", SizeBytes: 1 << 30, Access: "ReadWriteMany", Retain: true}},
		Config:    &app.Config{Name: "checkout-config-0a1b2c3d", Path: "/etc/checkout", Files: map[string]string{"app.yaml": "home: ${HOME}\n"}},
		Secrets: []app.Secret{orders, {Name: "proxy", Sealed: map[string]any{"apiVersion": "bitnami.com/v1alpha1", "kind": "SealedSecret",
			"metadata": map[string]any{"name": "proxy", "namespace": "shop"}}}},
		Replicas:   app.Replicas{Min: 3, Max: 9},
		Scaling:    &app.Scaling{CPUPercent: 60, UpPercent: 100, UpPods: 4, UpPeriodSeconds: 15, DownPercent: 10, DownPeriodSeconds: 60},
		Rollout:    app.Rollout{Strategy: app.Rolling, MaxSurge: "25%", MaxUnavailable: "0", ProgressDeadlineSeconds: 600},
		Disruption: &app.Disruption{MaxUnavailable: "1"},
		Egress:     []app.Edge{postgres},
		Metrics:    &app.Metrics{Port: http, Path: "/metrics", IntervalSeconds: 30},
		Expose:     &app.Expose{Via: "gateway", Hosts: []string{"checkout.acme.io"}, Path: "/", Port: http, Gateway: app.Gateway{Name: "public", Namespace: "edge"}},
		Migration: &app.Migration{
			Image: "registry.acme.io/migrate:1.4.2", Version: "1.4.2", Command: []string{"/migrate", "up"}, DeadlineSeconds: 600, Retries: 1,
			Egress:  []app.Edge{postgres, {Name: "audit", Peer: app.Peer{Host: "audit.acme.io"}, Ports: []app.Port{{Number: 443, Protocol: "TCP"}}}},
			Secrets: []app.Secret{own},
		},
	}
}

// render returns an app's objects, marked, by kind and name.
func render(a app.App) map[string]generator.Object {
	out := map[string]generator.Object{}
	for _, g := range generators.All {
		if g.Run != nil {
			for _, o := range delivery.Mark(a.Env, &a, g.Run(a)) {
				out[kube.Kind(o)+"/"+o.GetName()] = o
			}
		}
	}
	return out
}

// marksOf returns an object's labels and annotations that a delivery reads, as "key=value" without the domain, sorted.
func marksOf(o generator.Object) string {
	all := map[string]string{}
	switch o := o.(type) {
	case metav1.Object:
		all = kube.Merge(o.GetLabels(), o.GetAnnotations())
	case kube.Passthrough:
		meta := o["metadata"].(map[string]any)
		for _, field := range []string{"labels", "annotations"} {
			values, _ := meta[field].(map[string]any)
			for key, value := range values {
				all[key] = value.(string)
			}
		}
	}
	var out []string
	for _, key := range slices.Sorted(maps.Keys(all)) {
		domain, name, _ := strings.Cut(key, "/")
		if slices.Contains([]string{"argocd.argoproj.io", "kustomize.toolkit.fluxcd.io", "helm.sh"}, domain) || key == delivery.LabelStage {
			out = append(out, name+"="+all[key])
		}
	}
	return strings.Join(out, " ")
}

const hook = "hook=pre-install,pre-upgrade hook-delete-policy=before-hook-creation hook-weight="

// wanted is the marks of every object of checkout by delivery, with JOB for the name of the migration's Job; those that are not here
// have none.
var wanted = map[string]map[string]string{
	"argocd": {
		"ServiceAccount/checkout":                   "sync-wave=-4",
		"ServiceAccount/checkout-migrate":           "sync-wave=-4",
		"NetworkPolicy/checkout":                    "sync-wave=-4",
		"NetworkPolicy/checkout-migrate":            "sync-wave=-4",
		"CiliumNetworkPolicy/checkout-migrate-fqdn": "sync-wave=-4",
		"ExternalSecret/checkout-orders":            "sync-options=PruneLast=true sync-wave=-3",
		"ExternalSecret/checkout-migrate-orders":    "sync-options=PruneLast=true sync-wave=-3",
		"SealedSecret/proxy":                        "sync-options=PruneLast=true sync-wave=-3",
		"ConfigMap/checkout-config-0a1b2c3d":        "sync-options=PruneLast=true sync-wave=-3",
		"Job/JOB":                                   "hook=Sync hook-delete-policy=BeforeHookCreation sync-wave=-2",
		"PersistentVolumeClaim/checkout-data":       "sync-options=Prune=false,Delete=false",
		"Service/checkout":                          "sync-options=PruneLast=true",
		"Deployment/checkout":                       "sync-options=PruneLast=true",
		"PodDisruptionBudget/checkout":              "sync-wave=1",
		"PrometheusRule/checkout":                   "sync-wave=3",
		"HorizontalPodAutoscaler/checkout":          "sync-wave=1",
		"ServiceMonitor/checkout":                   "sync-wave=3",
	},
	"flux": {
		"ServiceAccount/checkout-migrate":            "stage=migration",
		"NetworkPolicy/checkout-migrate":             "stage=migration",
		"CiliumNetworkPolicy/checkout-migrate-fqdn":  "stage=migration",
		"ExternalSecret/checkout-orders":             "stage=migration",
		"ExternalSecret/checkout-migrate-orders":     "stage=migration",
		"SealedSecret/proxy":                         "stage=migration",
		"ConfigMap/checkout-config-0a1b2c3d":         "substitute=disabled",
		"ConfigMap/checkout-migrate-config-0a1b2c3d": "substitute=disabled stage=migration",
		"Job/JOB":                             "force=enabled stage=migration",
		"PersistentVolumeClaim/checkout-data": "prune=disabled",
	},
	"helm": {
		"ServiceAccount/checkout-migrate":            hook + "-4",
		"NetworkPolicy/checkout-migrate":             hook + "-4",
		"CiliumNetworkPolicy/checkout-migrate-fqdn":  hook + "-4",
		"ExternalSecret/checkout-migrate-orders":     hook + "-3",
		"ConfigMap/checkout-migrate-config-0a1b2c3d": hook + "-3",
		"Job/JOB":                             "hook=pre-install,pre-upgrade hook-delete-policy=before-hook-creation,hook-succeeded hook-output-log-policy=hook-succeeded,hook-failed hook-weight=-2",
		"PersistentVolumeClaim/checkout-data": "resource-policy=keep",
	},
	"kubectl": {
		"ServiceAccount/checkout-migrate":            "stage=migration",
		"NetworkPolicy/checkout-migrate":             "stage=migration",
		"CiliumNetworkPolicy/checkout-migrate-fqdn":  "stage=migration",
		"ExternalSecret/checkout-orders":             "stage=migration",
		"ExternalSecret/checkout-migrate-orders":     "stage=migration",
		"SealedSecret/proxy":                         "stage=migration",
		"ConfigMap/checkout-migrate-config-0a1b2c3d": "stage=migration",
		"Job/JOB": "stage=migration",
	},
	"": {},
}

func TestMarks(t *testing.T) {
	for tool, want := range wanted {
		got := map[string]string{}
		for id, o := range render(checkout(tool)) {
			if strings.HasPrefix(id, "Job/") {
				id = "Job/JOB"
			}
			if marks := marksOf(o); marks != "" {
				got[id] = marks
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("delivery %q (- wanted, + got):\n%s", tool, diff)
		}
	}
}

// TestE42NewVersionWaitsForItsMigration wants, under every delivery that knows an order or can be given one, the migration and all it
// needs before what runs the new version.
func TestE42NewVersionWaitsForItsMigration(t *testing.T) {
	before := map[string]func(o generator.Object) bool{
		"argocd":  func(o generator.Object) bool { return strings.Contains(marksOf(o), "sync-wave=-") },
		"flux":    func(o generator.Object) bool { return strings.Contains(marksOf(o), "stage=migration") },
		"kubectl": func(o generator.Object) bool { return strings.Contains(marksOf(o), "stage=migration") },
		"helm":    func(o generator.Object) bool { return strings.Contains(marksOf(o), "hook=pre-install,pre-upgrade") },
	}
	for tool, early := range before {
		a := checkout(tool)
		objects := render(a)
		var job *batchv1.Job
		for _, o := range objects {
			if j, ok := o.(*batchv1.Job); ok {
				job = j
			}
		}
		needs := []string{"Job/" + job.Name, "ServiceAccount/" + job.Spec.Template.Spec.ServiceAccountName, "NetworkPolicy/checkout-migrate", "CiliumNetworkPolicy/checkout-migrate-fqdn"}
		for _, v := range job.Spec.Template.Spec.Volumes {
			switch {
			case v.ConfigMap != nil:
				needs = append(needs, "ConfigMap/"+v.ConfigMap.Name)
			case v.Secret != nil:
				needs = append(needs, "ExternalSecret/"+v.Secret.SecretName)
			}
		}
		if len(needs) != 6 {
			t.Fatalf("the migration mounts not both a Secret and a ConfigMap: %v", needs)
		}
		for _, id := range needs {
			if o := objects[id]; o == nil || !early(o) {
				t.Errorf("%s: the migration needs %s, which is not before it", tool, id)
			}
		}
		if early(objects["Deployment/checkout"]) {
			t.Errorf("%s: the new version does not wait", tool)
		}
	}
}

// TestHooksAreNobodyElses wants every hook of Helm to be of the migration alone: hooks are replaced at each upgrade, and an
// ExternalSecret takes its Secret along.
func TestHooksAreNobodyElses(t *testing.T) {
	a := checkout("helm")
	with := render(a)
	a.Migration = nil
	without := render(a)
	for id, o := range with {
		if hooked, own := strings.Contains(marksOf(o), "hook="), without[id] == nil; hooked != own {
			t.Errorf("%s: a hook: %v, the migration's own: %v", id, hooked, own)
		}
	}
}

// TestControllersAreNotWaitedFor wants no wave after the workload where a controller takes hours to move the traffic.
func TestControllersAreNotWaitedFor(t *testing.T) {
	for _, engine := range []app.Engine{app.ByArgo, app.ByFlagger} {
		a := checkout("argocd")
		a.Rollout.Strategy, a.Rollout.Split = app.Canary, &app.Split{Engine: engine}
		hpa := &autoscalingv2.HorizontalPodAutoscaler{TypeMeta: kube.Type("autoscaling/v2", "HorizontalPodAutoscaler")}
		if marks := marksOf(delivery.Mark(a.Env, &a, []generator.Object{hpa})[0]); marks != "" {
			t.Errorf("%s: the autoscaler waits for the last step: %s", engine, marks)
		}
	}
}

func TestMarksYieldToTheirOwners(t *testing.T) {
	sealed := kube.Passthrough{"kind": "SealedSecret", "metadata": map[string]any{"name": "proxy", "annotations": map[string]any{"argocd.argoproj.io/sync-wave": "7"}}}
	before := fmt.Sprint(sealed)
	a := checkout("argocd")
	marked := delivery.Mark(a.Env, &a, []generator.Object{sealed})[0]
	if got, want := marksOf(marked), "sync-options=PruneLast=true sync-wave=7"; got != want {
		t.Errorf("the marks are %q, want %q", got, want)
	}
	if fmt.Sprint(sealed) != before {
		t.Errorf("the document of the model was changed: %v", sealed)
	}
}

// TestFluxLeavesVariablesAlone puts a variable of a shell into every text of the app, and wants each object that shows one to be
// excepted from Flux's own variables.
func TestFluxLeavesVariablesAlone(t *testing.T) {
	const text = "echo ${HOME}"
	a := checkout("flux")
	a.Command, a.Args, a.Migration.Command = []string{text}, []string{text}, []string{text}
	a.Variables = []app.Variable{{Name: "X", Value: text}}
	a.Migration.Variables = a.Variables
	a.Sidecars = []app.Sidecar{{Name: "log", Image: "registry.acme.io/log:1", Args: []string{text}, Variables: a.Variables}}
	a.Health.Live = &app.Probe{Exec: []string{text}}
	a.Placement.Annotations = map[string]string{"acme.io/note": text}
	a.Secrets[0].Store.Template = map[string]string{"url": text}
	a.Migration.Secrets[0].Store = a.Secrets[0].Store
	a.Jobs, a.Runbooks = []app.Job{backup()}, "https://runbooks.acme.io/${TEAM}"
	a.Recovery = []app.Recovery{{Name: "orders", Method: app.ByDump, RPOSeconds: 86400}}
	seen := map[string]bool{}
	argo := a
	argo.Rollout.Strategy, argo.Rollout.Split = app.Canary, &app.Split{Engine: app.ByArgo}
	stateful, cron := a, a
	stateful.Kind, cron.Kind = app.Stateful, app.Cron
	cron.Cron = &app.CronJob{Schedule: "17 3 * * *", DeadlineSeconds: 60}
	for _, a := range []app.App{a, argo, stateful, cron} {
		for id, o := range render(a) {
			raw, err := json.Marshal(o)
			if err != nil {
				t.Fatal(err)
			}
			holds, excepted := strings.Contains(string(raw), "${"), strings.Contains(marksOf(o), "substitute=disabled")
			if holds != excepted {
				t.Errorf("%s: holds a variable: %v, is excepted: %v", id, holds, excepted)
			}
			seen[kube.Kind(o)] = seen[kube.Kind(o)] || holds
		}
	}
	for _, kind := range []string{"ConfigMap", "ExternalSecret", "Deployment", "Rollout", "StatefulSet", "CronJob", "Job"} {
		if !seen[kind] {
			t.Errorf("no %s shows the variable", kind)
		}
	}
}

// TestFluxLeavesParametersAlone wants what a driver fills in to reach it, also in the platform's own objects.
func TestFluxLeavesParametersAlone(t *testing.T) {
	env := &app.Environment{Name: "prod", Delivery: "flux", StorageClasses: app.StorageClasses{Retain: "ssd", Provisioner: "csi.acme.io"}}
	for value, want := range map[string]string{"gp3": "", "${pvc.namespace}": "substitute=disabled"} {
		env.StorageClasses.Parameters = map[string]string{"csi.storage.k8s.io/node-stage-secret-namespace": value}
		for _, o := range delivery.Mark(env, nil, platform.StorageClass.RunPlatform(app.Fleet{Env: env})) {
			if got := marksOf(o); got != want {
				t.Errorf("%s: the marks are %q, want %q", value, got, want)
			}
		}
	}
}

// backup is a Job beside checkout, whose script has variables of its own.
func backup() app.Job {
	return app.Job{
		Name: "checkout-orders-backup", Component: "backup", For: "orders", Schedule: "17 2 * * *",
		Tasks:  []app.Task{{Name: "dump", Image: "registry.acme.io/postgres:17.6", Command: []string{"/bin/sh", "/recovery/dump.sh"}}},
		Config: "checkout-orders-backup-0a1b2c3d", Files: map[string]string{"dump.sh": "pg_dump --file=\"${WORK}/out\"\n"},
		Secrets: []app.Secret{{Name: "checkout-orders-backup", Store: &app.StoreSecret{StoreName: "vault", StoreKind: "ClusterSecretStore"}}},
		Grants:  []app.Grant{{Namespace: "shop", Rules: []app.AccessRule{{Resource: "pods", Verbs: []string{"get"}}}}},
	}
}

// TestJobsComeWithTheirApp wants no hook of what a backup needs, which would be replaced while it runs, and its parts in the waves of
// the app's own.
func TestJobsComeWithTheirApp(t *testing.T) {
	a := checkout("helm")
	a.Jobs = []app.Job{backup()}
	got := map[string]map[string]string{}
	for _, tool := range []string{"argocd", "flux", "helm", "kubectl"} {
		env := *a.Env
		env.Delivery = tool
		a.Env, got[tool] = &env, map[string]string{}
		for id, o := range render(a) {
			if marks := marksOf(o); marks != "" && strings.Contains(id, "/checkout-orders-backup") {
				got[tool][id] = marks
			}
		}
	}
	want := map[string]map[string]string{
		"argocd": {
			"ServiceAccount/checkout-orders-backup":                "sync-wave=-4",
			"Role/checkout-orders-backup":                          "sync-wave=-4",
			"RoleBinding/checkout-orders-backup":                   "sync-wave=-4",
			"NetworkPolicy/checkout-orders-backup":                 "sync-wave=-4",
			"ExternalSecret/checkout-orders-backup":                "sync-options=PruneLast=true sync-wave=-3",
			"ConfigMap/checkout-orders-backup-0a1b2c3d":            "sync-options=PruneLast=true sync-wave=-3",
			"CronJob/checkout-orders-backup":                       "sync-options=PruneLast=true",
			"CiliumNetworkPolicy/checkout-orders-backup-apiserver": "sync-wave=-4",
		},
		"flux": {
			"ExternalSecret/checkout-orders-backup":     "stage=migration", // as every Secret that a migration may share
			"ConfigMap/checkout-orders-backup-0a1b2c3d": "substitute=disabled",
		},
		"helm":    {},
		"kubectl": {"ExternalSecret/checkout-orders-backup": "stage=migration"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the marks of a Job beside an app (- wanted, + got):\n%s", diff)
	}
}

// TestMarksAreStable wants the same marks for the same input, whoever asks and how often.
func TestMarksAreStable(t *testing.T) {
	for tool := range wanted {
		if diff := cmp.Diff(render(checkout(tool)), render(checkout(tool))); diff != "" {
			t.Errorf("delivery %q: a second run differs:\n%s", tool, diff)
		}
		a := checkout(tool)
		once := render(a)
		for id, o := range once {
			first := marksOf(o)
			if again := marksOf(delivery.Mark(a.Env, &a, []generator.Object{o})[0]); again != first {
				t.Errorf("delivery %q: %s is marked again: %q, then %q", tool, id, first, again)
			}
		}
	}
}

func TestNamespacesComeFirst(t *testing.T) {
	env := &app.Environment{Delivery: "argocd", Minor: 34}
	ns := app.Namespace{Env: env, Name: "shop"}
	got := map[string]string{}
	for _, g := range generators.All {
		if g.RunNamespace != nil {
			for _, o := range delivery.Mark(env, nil, g.RunNamespace(ns)) {
				got[kube.Kind(o)] = marksOf(o)
			}
		}
	}
	want := map[string]string{"Namespace": "sync-options=Prune=false,Delete=false sync-wave=-5", "ResourceQuota": "sync-wave=-4", "LimitRange": "sync-wave=-4", "NetworkPolicy": "sync-wave=-4"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the objects of a namespace (- wanted, + got):\n%s", diff)
	}
}
