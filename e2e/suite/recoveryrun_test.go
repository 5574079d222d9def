package suite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	authenticationv1 "k8s.io/api/authentication/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"

	"github.com/scantling/scantling/e2e/judge/crds"
)

// What volumes are backed up with has these kinds.
var (
	claimKind    = schema.GroupVersionResource{Version: "v1", Resource: "persistentvolumeclaims"}
	volumeKind   = schema.GroupVersionResource{Version: "v1", Resource: "persistentvolumes"}
	snapshotKind = schema.GroupVersionResource{Group: "snapshot.storage.k8s.io", Version: "v1", Resource: "volumesnapshots"}
	contentKind  = schema.GroupVersionResource{Group: "snapshot.storage.k8s.io", Version: "v1", Resource: "volumesnapshotcontents"}
	backupKind   = schema.GroupVersionResource{Group: "velero.io", Version: "v1", Resource: "backups"}
	restoreKind  = schema.GroupVersionResource{Group: "velero.io", Version: "v1", Resource: "restores"}
)

// keeping is a stateful app under test whose volumes are backed up, and the rendered Job that does so.
type keeping struct {
	*project
	cron   *batchv1.CronJob
	task   corev1.Container // its only one
	script string           // path of a copy
	config string           // path of a kubeconfig with the Job's own token
	client dynamic.Interface
	job    dynamic.Interface // the same as the Job
}

// keepingPlatform is one that can back volumes up, by the capability that is filled in.
const keepingPlatform = `package e2e
platform: {
	images: kubectl: "registry.acme.io/kubectl:1.34"
	environments: prod: {
		kubernetes: "1.34"
		zones: ["zone-a", "zone-b", "zone-c"]
		nodeAutoscaling: true
		capabilities: ["externalsecrets", %q]
		secretStore: {name: "vault", kind: "ClusterSecretStore"}
		pullSecret: "registry"
		tolerations: [{key: "dedicated", value: "apps", effect: "NoSchedule"}]
		apiServerCIDRs: ["10.0.0.1/32"]
		storageClasses: {retain: "ssd-retain", delete: "ssd", snapshot: "csi-snap"}
		backups: {bucket: "acme", endpoint: "s3.eu-2.acme.io", region: "eu-2", secret: "platform/backups", cidrs: ["10.30.0.0/24"]}
	}
	tiers: standard: minReadySeconds: 1
}
`

// keep renders and applies a stateful app of two pods, waits until it runs, and finds its Job.
func keep(t *testing.T, capability, name, job, fields string) *keeping {
	t.Helper()
	for group, kinds := range map[string][]string{"snapshot.storage.k8s.io": {"VolumeSnapshot", "VolumeSnapshotContent"}, "velero.io": {"Backup", "Restore", "Schedule"}} {
		found, err := crds.Read(group, kinds...)
		if err != nil {
			t.Fatal(err)
		}
		if err := world.client.Define(t.Context(), found); err != nil {
			t.Fatal(err)
		}
	}
	k := &keeping{project: newProject(t, fmt.Sprintf(keepingPlatform, capability), name, `tier: "standard", kind: "stateful", replicas: 2, image: "`+image+`"
		storage: {data: {size: "1Gi", mount: "/data"}}
		`+fields)}
	if err := errors.Join(provide(t.Context(), k.rendered), foreignNamespaces(t.Context(), k.rendered)); err != nil {
		t.Fatal(err)
	}
	k.apply(t)
	k.runs(t)
	var err error
	k.cron, err = world.client.BatchV1().CronJobs(name).Get(t.Context(), job, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	k.task = k.cron.Spec.JobTemplate.Spec.Template.Spec.Containers[0]
	k.unpack(t)
	k.logIn(t)
	return k
}

// unpack writes the script that the Job mounts.
func (k *keeping) unpack(t *testing.T) {
	t.Helper()
	volumes := k.cron.Spec.JobTemplate.Spec.Template.Spec.Volumes
	i := slices.IndexFunc(volumes, func(v corev1.Volume) bool { return v.ConfigMap != nil })
	files, err := world.client.CoreV1().ConfigMaps(k.name).Get(t.Context(), volumes[i].ConfigMap.Name, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, text := range files.Data {
		write(t, filepath.Join(dir, name), text)
	}
	k.script = filepath.Join(dir, filepath.Base(k.task.Command[len(k.task.Command)-1]))
}

// logIn gets a token of the Job's service account: what runs below may do what its Roles grant, and nothing else.
func (k *keeping) logIn(t *testing.T) {
	t.Helper()
	account := k.cron.Spec.JobTemplate.Spec.Template.Spec.ServiceAccountName
	token, err := world.client.CoreV1().ServiceAccounts(k.name).CreateToken(t.Context(), account, &authenticationv1.TokenRequest{}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	as := rest.AnonymousClientConfig(world.cluster.Config)
	as.BearerToken = token.Status.Token
	if k.job, err = dynamic.NewForConfig(as); err != nil {
		t.Fatal(err)
	}
	if k.client, err = dynamic.NewForConfig(world.cluster.Config); err != nil {
		t.Fatal(err)
	}
	k.config = filepath.Join(t.TempDir(), "kubeconfig")
	write(t, k.config, fmt.Sprintf(`{"apiVersion": "v1", "kind": "Config", "current-context": "job",
"clusters": [{"name": "job", "cluster": {"server": %q, "certificate-authority": %q}}],
"users": [{"name": "job", "user": {"token": %q}}],
"contexts": [{"name": "job", "context": {"cluster": "job", "user": "job"}}]}`, as.Host, as.CAFile, as.BearerToken))
}

// shells are those that images of kubectl have, each with the one kubectl.
var shells = []string{"dash", "bash", "busybox sh"}

// run runs the Job's program with the environment that it is rendered with but for some variables, and returns what it says.
func (k *keeping) run(t *testing.T, changed map[string]string) (said string, ok bool) {
	t.Helper()
	env := map[string]string{"POLL_SECONDS": "1", "KUBECONFIG": k.config, "SCRIPT": k.script, "BIN": t.TempDir()}
	for _, v := range k.task.Env {
		env[v.Name] = v.Value
	}
	env["HOME"] = t.TempDir()
	maps.Copy(env, changed)
	shell := shells[len(t.Name())%len(shells)] // each of them has its turn
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	sh := world.cluster.Shell(ctx, `printf '#!/bin/sh\nexec %s kubectl "$@"\n' "$0" >"$BIN/kubectl" && chmod +x "$BIN/kubectl" && PATH="$BIN:$PATH" && exec ${UNDER-} `+shell+` "$SCRIPT"`)
	for name, value := range env {
		sh.Env = append(sh.Env, name+"="+value)
	}
	var out bytes.Buffer
	sh.Stdout, sh.Stderr = &out, &out
	err := sh.Run()
	if _, exited := err.(*exec.ExitError); err != nil && !exited || ctx.Err() != nil {
		t.Fatalf("%v %v\n%s", err, ctx.Err(), out.String())
	}
	t.Logf("%s: %s", shell, out.String())
	return out.String(), err == nil
}

// red runs the Job's program and wants it to fail with these words.
func (k *keeping) red(t *testing.T, changed map[string]string, words ...string) {
	t.Helper()
	said, ok := k.run(t, changed)
	if ok {
		t.Errorf("it succeeds:\n%s", said)
	}
	for _, w := range words {
		if !strings.Contains(said, w) {
			t.Errorf("it does not say %q:\n%s", w, said)
		}
	}
}

// green runs the Job's program and wants it to succeed.
func (k *keeping) green(t *testing.T, changed map[string]string) {
	t.Helper()
	if said, ok := k.run(t, changed); !ok {
		t.Errorf("it fails:\n%s", said)
	}
}

// list returns the objects of a kind in a namespace; empty: all.
func (k *keeping) list(t *testing.T, kind schema.GroupVersionResource, namespace string) []unstructured.Unstructured {
	t.Helper()
	list, err := k.client.Resource(kind).Namespace(namespace).List(context.WithoutCancel(t.Context()), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return list.Items
}

// names lists the objects of a kind in a namespace.
func (k *keeping) names(t *testing.T, kind schema.GroupVersionResource, namespace string) []string {
	t.Helper()
	var names []string
	for _, o := range k.list(t, kind, namespace) {
		names = append(names, o.GetName())
	}
	slices.Sort(names)
	return names
}

// make makes an object as an administrator.
func (k *keeping) make(t *testing.T, kind schema.GroupVersionResource, namespace string, o map[string]any) *unstructured.Unstructured {
	t.Helper()
	made, err := k.client.Resource(kind).Namespace(namespace).Create(t.Context(), &unstructured.Unstructured{Object: o}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// clear removes all objects of a kind in a namespace.
func (k *keeping) clear(t *testing.T, kind schema.GroupVersionResource, namespace string) {
	t.Helper()
	if err := k.client.Resource(kind).Namespace(namespace).DeleteCollection(context.WithoutCancel(t.Context()), metav1.DeleteOptions{}, metav1.ListOptions{}); err != nil {
		t.Fatal(err)
	}
}

// field reads a text field of an object.
func field(o unstructured.Unstructured, fields ...string) string {
	value, _, _ := unstructured.NestedFieldNoCopy(o.Object, fields...)
	if value == nil {
		return ""
	}
	return fmt.Sprint(value)
}

// without removes an object for as long as a test runs.
func (k *keeping) without(t *testing.T, o *unstructured.Unstructured) {
	t.Helper()
	if err := world.client.Delete(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, _, err := world.client.Apply(context.Background(), o); err != nil {
			t.Error(err)
		}
	})
}
