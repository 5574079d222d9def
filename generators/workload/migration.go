package workload

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

// Migration is the Job that changes the database's schema before a new version of the app starts. A Job's pod can never change, so
// the name stands for it: another image or command is another Job, and the same one never runs twice by being applied again.
var Migration = generator.Generator{
	Name: "migration",
	Reasons: migrationReasons(reasons("Job", "spec.template.spec", generator.Reasons{
		"spec.podFailurePolicy":                           drainReason,
		"spec.template.spec.restartPolicy":                restartReason,
		"spec.template.spec.automountServiceAccountToken": "a migration talks to a database, not to the Kubernetes API",
		"spec.template.spec.affinity.nodeAffinity":        "never on nodes that the cloud may take back: half a migration can leave a table locked",
	}, podReasons)),
	Run: func(a app.App) []generator.Object {
		if a.Migration == nil {
			return nil
		}
		pod := migrationPod(a)
		return []generator.Object{&batchv1.Job{
			TypeMeta:   kube.Type(batchv1.SchemeGroupVersion.String(), "Job"),
			ObjectMeta: kube.MigrationMeta(a, kube.Name(kube.MigrationName(a), digest(pod))),
			Spec:       jobSpec(pod, a.Migration.DeadlineSeconds, a.Migration.Retries),
		}}
	},
}

// MigrationConfig is a copy of the app's config files where the migration is delivered before anything of the app: as a hook, or in
// a stage of its own. Argo CD's waves bring the app's own in time.
var MigrationConfig = generator.Generator{
	Name: "migration-config",
	Reasons: generator.Reasons{
		"ConfigMap immutable": "its name stands for its content",
	},
	Run: func(a app.App) []generator.Object {
		config := migrationConfig(a)
		if config == nil || config.Name == a.Config.Name {
			return nil
		}
		return []generator.Object{&corev1.ConfigMap{
			TypeMeta:   kube.Type("v1", "ConfigMap"),
			ObjectMeta: kube.MigrationMeta(a, config.Name),
			Immutable:  new(true),
			Data:       config.Files,
		}}
	},
}

// migrationConfig returns the config files as the migration mounts them; nil: there are none.
func migrationConfig(a app.App) *app.Config {
	if a.Migration == nil || a.Config == nil || a.Env.Delivery == "argocd" {
		return a.Config
	}
	config := *a.Config
	config.Name = kube.Name(kube.MigrationName(a), strings.TrimPrefix(a.Config.Name, a.Name+"-"))
	return &config
}

// migrationPod returns the pod of a migration: the app's, with another program.
func migrationPod(a app.App) corev1.PodTemplateSpec {
	m, run := a.Migration, beside(a, kube.MigrationName(a))
	run.Image, run.Version, run.Command, run.Args = m.Image, m.Version, m.Command, nil
	run.Variables, run.Secrets, run.Config = m.Variables, m.Secrets, migrationConfig(a)
	run.FSGroup = slices.ContainsFunc(m.Secrets, func(s app.Secret) bool { return s.Path != "" })
	pod := podTemplate(run)
	pod.Labels = kube.MigrationMeta(a, "").Labels
	return pod
}

// migrationReasons leaves out what the pod of a migration has not: sidecars, and ports below 1024.
func migrationReasons(all generator.Reasons) generator.Reasons {
	maps.DeleteFunc(all, func(path, _ string) bool {
		return strings.Contains(path, ".initContainers[]") || strings.Contains(path, ".sysctls")
	})
	return all
}

// digest returns eight hex digits that change with anything in a pod.
func digest(pod corev1.PodTemplateSpec) string {
	text, err := json.Marshal(pod) // maps by key: the same text for the same pod
	if err != nil {
		panic(err) // cannot be: the API server reads and writes this type as JSON
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:4])
}
