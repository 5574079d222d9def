package suite

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
)

// backup makes one as the Schedule would have.
func (d drilling) backup(t *testing.T, phase string, age time.Duration, namespace string) string {
	t.Helper()
	began := time.Now().UTC().Add(-age)
	name := d.schedule + "-" + began.Format("20060102150405")
	d.make(t, backupKind, "velero", map[string]any{
		"apiVersion": "velero.io/v1", "kind": "Backup", "metadata": map[string]any{"name": name, "labels": map[string]any{"velero.io/schedule-name": d.schedule}},
		"spec":   map[string]any{"includedNamespaces": []any{namespace}},
		"status": map[string]any{"phase": phase, "startTimestamp": began.Format(time.RFC3339)},
	})
	return name
}

// gone wants nothing of a drill to be left, and the app's own volumes to be as they were.
func (d drilling) gone(t *testing.T) {
	t.Helper()
	until(t, func() (bool, string) {
		var left []string
		left = append(left, d.names(t, claimKind, d.drill)...)
		for _, p := range pods(t, d.drill) {
			left = append(left, p.Name)
		}
		own := 0
		for _, v := range d.list(t, volumeKind, "") {
			switch field(v, "spec", "claimRef", "namespace") {
			case d.drill:
				left = append(left, v.GetName())
			case d.name:
				if field(v, "spec", "persistentVolumeReclaimPolicy") == "Retain" {
					own++
				}
			}
		}
		return len(left) == 0 && own == 2, fmt.Sprintf("left are %v, and %d of the app's 2 volumes", left, own)
	})
}

// drillFault is a drill that must fail, and what it says.
type drillFault struct {
	name    string
	phase   string // of the only backup; empty: none
	age     time.Duration
	of      string // namespace
	how     restoring
	changed map[string]string
	words   []string
}

func drillFaults(schedule, restore string) []drillFault {
	return []drillFault{
		{name: "no backup", words: []string{"schedule " + schedule + " has no completed backup: nothing could be restored"}},
		{name: "no whole backup", phase: "PartiallyFailed", age: recent, words: []string{"has no completed backup (" + schedule, "is PartiallyFailed)"}},
		{name: "stale backup", phase: "Completed", age: 25 * time.Hour, words: []string{"s old, and at most 86400 s of data may be lost"}},
		{name: "a schedule of somebody else", phase: "Completed", age: recent, of: "others", words: []string{`is of the namespaces ["others"], not of vaulted`}},
		{name: "nothing in it", phase: "Completed", age: recent, how: restoring{misses: []string{"data-vaulted-0", "data-vaulted-1"}}, words: []string{"holds no volume of app vaulted"}},
		{name: "a volume is missing", phase: "Completed", age: -time.Minute, how: restoring{misses: []string{"data-vaulted-1"}}, words: []string{"has no volume of claim data-vaulted-1, which is older"}},
		{name: "an empty volume", phase: "Completed", age: recent, changed: map[string]string{"IMAGE": "registry.acme.io/kubectl:1.34-crashes"}, words: []string{"was restored, but its volumes cannot be read"}},
		{name: "partly failed", phase: "Completed", age: recent, how: restoring{ends: "PartiallyFailed", status: `,"errors":2`}, words: []string{"is PartiallyFailed, 2 errors; ask velero restore describe " + restore}},
		{name: "failed", phase: "Completed", age: recent, how: restoring{ends: "Failed", status: `,"failureReason":"the bucket is\ngone"`}, words: []string{"is Failed, 0 errors: the bucket is"}},
		{name: "refused by Velero", phase: "Completed", age: recent, how: restoring{ends: "FailedValidation", status: `,"validationErrors":["the BSL default is unavailable"]`}, words: []string{`is FailedValidation, 0 errors: ["the BSL default is unavailable"]`}},
		{name: "Velero does not run", phase: "Completed", age: recent, how: restoring{stays: "New"}, changed: map[string]string{"WAIT_SECONDS": "2"}, words: []string{"after 2 s the restore is not begun (does Velero run?)"}},
		{name: "hangs", phase: "Completed", age: recent, how: restoring{stays: "InProgress"}, changed: map[string]string{"WAIT_SECONDS": "4"}, words: []string{"after 4 s the restore is InProgress, and the pod that looks at the copies not made"}},
		{name: "data never comes", phase: "Completed", age: recent, how: restoring{stays: "WaitingForPluginOperations"}, changed: map[string]string{"WAIT_SECONDS": "9"}, words: []string{"after 9 s the restore is WaitingForPluginOperations, and the pod that looks at the copies Succeeded"}},
	}
}

const recent = time.Hour // ago: a backup that is new enough

// drilling is an app whose volumes Velero keeps, and the names of what a rehearsal of that uses.
type drilling struct {
	*keeping
	schedule, restore, drill string
}

// TestVeleroDrills runs the rendered Job that rehearses a restore, with its own rights.
func TestVeleroDrills(t *testing.T) {
	t.Parallel()
	d := drilling{keeping: keep(t, "velero", "vaulted", "vaulted-data-drill", `recovery: {rpo: "24h", rto: "1h"}`), drill: "vaulted-drill"}
	for _, v := range d.task.Env {
		switch v.Name {
		case "SCHEDULE":
			d.schedule = v.Value
		case "RESTORE":
			d.restore = v.Value
		}
	}
	for _, v := range d.list(t, volumeKind, "") { // as of a class that retains
		if field(v, "spec", "claimRef", "namespace") == d.name {
			if _, err := d.client.Resource(volumeKind).Patch(t.Context(), v.GetName(), types.MergePatchType, []byte(`{"spec":{"persistentVolumeReclaimPolicy":"Retain"}}`), metav1.PatchOptions{}); err != nil {
				t.Fatal(err)
			}
		}
	}
	t.Cleanup(func() { d.forget(t) })
	t.Run("a restore, and nothing is left", d.rehearses)
	t.Run("what an earlier drill left goes first", d.tidies)
	for _, c := range drillFaults(d.schedule, d.restore) {
		t.Run(c.name, func(t *testing.T) { d.fails(t, c) })
	}
	t.Run("the deadline ends it", func(t *testing.T) {
		d.fails(t, drillFault{phase: "Completed", age: recent, how: restoring{stays: "WaitingForPluginOperations"},
			changed: map[string]string{"UNDER": "timeout --foreground 12"}, words: []string{"pod/vaulted-data-drill created", `persistentvolumeclaim "data-vaulted-0" deleted`}})
	})
	t.Run("nobody may look for backups", func(t *testing.T) {
		d.without(t, d.one(t, "RoleBinding", "velero"))
		d.loses(t, func() error {
			_, err := d.job.Resource(backupKind).Namespace("velero").List(t.Context(), metav1.ListOptions{})
			return err
		})
		d.red(t, nil, "forbidden", "the backups in namespace velero cannot be listed")
	})
	t.Run("what belongs to others is out of reach", d.bounded)
	t.Run("nobody may free the volumes", func(t *testing.T) {
		d.forget(t)
		d.backup(t, "Completed", recent, d.name)
		d.without(t, d.one(t, "ClusterRoleBinding", ""))
		d.velero(t, restoring{})
		d.loses(t, func() error {
			_, err := d.job.Resource(volumeKind).Get(t.Context(), "any", metav1.GetOptions{})
			return err
		})
		d.red(t, nil, "forbidden", "the copies in namespace vaulted-drill cannot be removed")
	})
}

// forget removes all backups and Restores between two tests.
func (d drilling) forget(t *testing.T) {
	t.Helper()
	d.clear(t, backupKind, "velero")
	for _, r := range d.list(t, restoreKind, "velero") {
		if err := d.patchRestore(context.WithoutCancel(t.Context()), &r, `{"metadata":{"finalizers":null}}`); err != nil && !apierrors.IsNotFound(err) {
			t.Fatal(err)
		}
	}
	d.clear(t, restoreKind, "velero")
}

func (d drilling) rehearses(t *testing.T) {
	d.forget(t)
	d.backup(t, "Completed", 23*time.Hour, d.name)
	newest := d.backup(t, "Completed", recent, d.name)
	d.backup(t, "InProgress", 0, d.name)
	d.velero(t, restoring{})
	said, ok := d.run(t, nil)
	if want := "backup " + newest + " was restored, and no volume is empty: data-vaulted-0 data-vaulted-1"; !ok || !strings.Contains(said, want) {
		t.Errorf("it does not say %q:\n%s", want, said)
	}
	d.gone(t)
	if got := d.names(t, restoreKind, "velero"); len(got) > 0 {
		t.Errorf("left are %v", got)
	}
}

func (d drilling) tidies(t *testing.T) {
	d.forget(t)
	d.backup(t, "Completed", recent, d.name)
	d.make(t, claimKind, d.drill, map[string]any{"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": map[string]any{
		"name": "data-vaulted-0", "labels": map[string]any{"app.kubernetes.io/instance": d.name, "app.kubernetes.io/component": "app"},
	}, "spec": map[string]any{"accessModes": []any{"ReadWriteOnce"}, "resources": map[string]any{"requests": map[string]any{"storage": "1Gi"}}}})
	d.make(t, restoreKind, "velero", map[string]any{"apiVersion": "velero.io/v1", "kind": "Restore",
		"metadata": map[string]any{"name": d.restore, "finalizers": []any{veleroFinalizer}}, "spec": map[string]any{"backupName": "x"}, "status": map[string]any{"phase": "PartiallyFailed"}})
	d.velero(t, restoring{})
	d.green(t, nil)
	d.gone(t)
}

func (d drilling) fails(t *testing.T, c drillFault) {
	d.forget(t)
	if c.phase != "" {
		d.backup(t, c.phase, c.age, cmp.Or(c.of, d.name))
	}
	d.velero(t, c.how)
	d.red(t, c.changed, c.words...)
	d.gone(t)
}

// loses waits until the server knows that a right is taken away.
func (d drilling) loses(t *testing.T, try func() error) {
	t.Helper()
	until(t, func() (bool, string) { return apierrors.IsForbidden(try()), "the right is not taken away" })
}

// one is the first rendered object of a kind in a namespace.
func (k *keeping) one(t *testing.T, kind, namespace string) *unstructured.Unstructured {
	t.Helper()
	i := slices.IndexFunc(k.objects, func(o *unstructured.Unstructured) bool { return o.GetKind() == kind && o.GetNamespace() == namespace })
	if i < 0 {
		t.Fatalf("there is no %s in %q", kind, namespace)
	}
	return k.objects[i]
}

// bounded tries as the Job what RBAC alone would allow.
func (d drilling) bounded(t *testing.T) {
	d.forget(t)
	rehearsal := func(changes map[string]any) *unstructured.Unstructured {
		spec := map[string]any{
			"backupName": d.schedule + "-20261123060000", "includedNamespaces": []any{d.name}, "namespaceMapping": map[string]any{d.name: d.drill},
			"includedResources": []any{"persistentvolumeclaims", "persistentvolumes"}, "existingResourcePolicy": "none",
		}
		name := d.restore
		for field, value := range changes {
			if field == "name" {
				name = value.(string)
			} else if value == nil {
				delete(spec, field)
			} else {
				spec[field] = value
			}
		}
		return &unstructured.Unstructured{Object: map[string]any{"apiVersion": "velero.io/v1", "kind": "Restore", "metadata": map[string]any{"name": name}, "spec": spec}}
	}
	create := func(changes map[string]any) error {
		_, err := d.job.Resource(restoreKind).Namespace("velero").Create(t.Context(), rehearsal(changes), metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		return err
	}
	for _, changes := range []map[string]any{
		{"name": "other"},
		{"backupName": "everything-20261123060000"},
		{"backupName": nil, "scheduleName": "everything"},
		{"includedNamespaces": []any{"payments"}},
		{"includedNamespaces": nil},
		{"namespaceMapping": map[string]any{d.name: d.name}},
		{"namespaceMapping": map[string]any{d.name: d.drill, "payments": d.drill}},
		{"namespaceMapping": nil},
		{"includedResources": []any{"persistentvolumeclaims", "persistentvolumes", "secrets"}},
		{"includedResources": nil},
		{"existingResourcePolicy": "update"},
		{"resourceModifier": map[string]any{"kind": "configmap", "name": "x"}},
	} {
		what, _ := json.Marshal(changes)
		d.refused(t, string(what), func() error { return create(changes) })
	}
	if err := create(nil); err != nil {
		t.Errorf("what a drill does is refused: %v", err)
	}
	for _, v := range d.list(t, volumeKind, "") {
		if field(v, "spec", "claimRef", "namespace") == d.name {
			d.refused(t, "a volume of the app", func() error {
				_, err := d.job.Resource(volumeKind).Patch(t.Context(), v.GetName(), types.MergePatchType, []byte(`{"spec":{"persistentVolumeReclaimPolicy":"Delete"}}`), metav1.PatchOptions{DryRun: []string{metav1.DryRunAll}})
				return err
			})
			return
		}
	}
	t.Error("the app has no volume")
}
