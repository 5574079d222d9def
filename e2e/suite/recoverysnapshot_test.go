package suite

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
)

// snapshotting is what the snapshot controller and its driver do with snapshots that are asked for.
type snapshotting func(claim string) (ready bool, problem string)

func soonReady(string) (bool, string) { return true, "" }

// snapshotController stands in for the controller until the test ends: it gives each snapshot a content and a status, and erases
// the content of one that is gone, if that is what becomes of it.
func (k *keeping) snapshotController(t *testing.T, driver snapshotting) {
	t.Helper()
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for ctx.Err() == nil {
			k.reconcile(ctx, t, driver)
			time.Sleep(100 * time.Millisecond)
		}
	}()
	t.Cleanup(func() { stop(); <-ended })
}

func (k *keeping) reconcile(ctx context.Context, t *testing.T, driver snapshotting) {
	there := map[string]bool{}
	list, err := k.client.Resource(snapshotKind).Namespace(k.name).List(ctx, metav1.ListOptions{})
	if err != nil {
		return
	}
	for _, s := range list.Items {
		there[s.GetName()] = true
		if s.Object["status"] != nil {
			continue
		}
		if ready, problem := driver(field(s, "spec", "source", "persistentVolumeClaimName")); ready || problem != "" {
			if err := k.took(ctx, s.GetName(), ready, problem); err != nil && ctx.Err() == nil && !apierrors.IsNotFound(err) {
				t.Error(err)
			}
		}
	}
	contents, err := k.client.Resource(contentKind).List(ctx, metav1.ListOptions{})
	if err != nil {
		return
	}
	for _, c := range contents.Items {
		if field(c, "spec", "volumeSnapshotRef", "namespace") == k.name && !there[field(c, "spec", "volumeSnapshotRef", "name")] && field(c, "spec", "deletionPolicy") == "Delete" {
			_ = k.client.Resource(contentKind).Delete(ctx, c.GetName(), metav1.DeleteOptions{}) // or the next time
		}
	}
}

// took makes the content of a snapshot, of a class that retains, and says how it went.
func (k *keeping) took(ctx context.Context, name string, ready bool, problem string) error {
	content := "snapcontent-" + k.name + "-" + name
	_, err := k.client.Resource(contentKind).Create(ctx, &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "snapshot.storage.k8s.io/v1", "kind": "VolumeSnapshotContent", "metadata": map[string]any{"name": content},
		"spec": map[string]any{"deletionPolicy": "Retain", "driver": "disks", "source": map[string]any{"volumeHandle": name},
			"volumeSnapshotRef": map[string]any{"namespace": k.name, "name": name}},
	}}, metav1.CreateOptions{})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		return err
	}
	status := fmt.Sprintf(`{"status":{"readyToUse":%t,"boundVolumeSnapshotContentName":%q}}`, ready, content)
	if problem != "" {
		status = fmt.Sprintf(`{"status":{"readyToUse":%t,"boundVolumeSnapshotContentName":%q,"error":{"message":%q}}}`, ready, content, problem)
	}
	_, err = k.client.Resource(snapshotKind).Namespace(k.name).Patch(ctx, name, types.MergePatchType, []byte(status), metav1.PatchOptions{}, "status")
	return err
}

// older makes a snapshot of an earlier run.
func (k *keeping) older(t *testing.T, claim, name string, age time.Duration, ready bool) {
	t.Helper()
	k.make(t, snapshotKind, k.name, map[string]any{
		"apiVersion": "snapshot.storage.k8s.io/v1", "kind": "VolumeSnapshot",
		"metadata": map[string]any{"name": name, "labels": map[string]any{
			"app.kubernetes.io/name": k.cron.Name, "app.kubernetes.io/instance": k.name, "app.kubernetes.io/component": "backup",
			"scantling.dev/taken": strconv.FormatInt(noon().Add(-age).Unix(), 10),
		}},
		"spec": map[string]any{"source": map[string]any{"persistentVolumeClaimName": claim}},
	})
	if err := k.took(t.Context(), name, ready, ""); err != nil {
		t.Fatal(err)
	}
}

// noon is the last one: hours before and after it are of its own day, whenever the test runs.
func noon() time.Time {
	return time.Now().UTC().Add(-12 * time.Hour).Truncate(24 * time.Hour).Add(12 * time.Hour)
}

// forget removes all snapshots between two tests.
func (k *keeping) forget(t *testing.T) {
	t.Helper()
	k.clear(t, snapshotKind, k.name)
	k.clear(t, contentKind, "")
}

// TestVolumeSnapshots runs the rendered Job that takes snapshots, with its own rights.
func TestVolumeSnapshots(t *testing.T) {
	t.Parallel()
	const name = "snapped"
	k := keep(t, "snapshots", name, "snapped-data-backup", `recovery: {rpo: "24h", rto: "4h"}`)
	t.Cleanup(func() { k.forget(t) })
	claims := []string{"data-snapped-0", "data-snapped-1"}
	k.strangers(t)

	t.Run("each claim has one, of one moment", func(t *testing.T) {
		k.forget(t)
		k.snapshotController(t, soonReady)
		k.green(t, nil)
		var of, moments []string
		for _, s := range k.list(t, snapshotKind, name) {
			of = append(of, field(s, "spec", "source", "persistentVolumeClaimName"))
			moments = append(moments, s.GetLabels()["scantling.dev/taken"], strings.TrimPrefix(s.GetName(), of[len(of)-1]))
			if class := field(s, "spec", "volumeSnapshotClassName"); class != "csi-snap" {
				t.Errorf("%s is of class %q", s.GetName(), class)
			}
		}
		slices.Sort(of)
		if !slices.Equal(of, claims) || moments[0] != moments[2] || moments[1] != moments[3] {
			t.Errorf("snapshots of %v, at %v; want one of each of %v, at one moment", of, moments, claims)
		}
	})
	t.Run("never ready", func(t *testing.T) {
		k.forget(t)
		k.snapshotController(t, func(string) (bool, string) { return false, "" })
		k.red(t, map[string]string{"WAIT_SECONDS": "2"}, "after 2 s data-snapped-", "is not ready", "does it run, and is csi-snap the class")
	})
	t.Run("the driver says why", func(t *testing.T) {
		k.forget(t)
		k.older(t, claims[0], "old", 400*24*time.Hour, true)
		k.snapshotController(t, func(claim string) (bool, string) {
			return claim == claims[0], "the quota of\nsnapshots is used up"
		})
		k.red(t, map[string]string{"WAIT_SECONDS": "4"}, "data-snapped-1-", "the quota of")
		if !slices.Contains(k.names(t, snapshotKind, name), "old") {
			t.Error("a run that failed has deleted an old snapshot")
		}
	})
	t.Run("what is too old goes, with its storage", func(t *testing.T) { k.prunes(t, claims) })
	t.Run("the last one that can be restored stays", func(t *testing.T) {
		k.forget(t)
		k.older(t, "data-snapped-9", "of-a-claim-that-is-gone", 400*24*time.Hour, true)
		k.snapshotController(t, soonReady)
		k.green(t, nil)
		if got := k.names(t, snapshotKind, name); !slices.Contains(got, "of-a-claim-that-is-gone") {
			t.Errorf("left are %v", got)
		}
	})
	t.Run("no claim has a volume", func(t *testing.T) {
		k.forget(t)
		k.red(t, map[string]string{"CLAIM_NAME": "lost-snapped"}, "no claim lost-snapped of app snapped in namespace snapped has a volume: nothing is backed up")
	})
	t.Run("nobody may ask", func(t *testing.T) {
		k.without(t, k.find("RoleBinding", k.cron.Name))
		until(t, func() (bool, string) {
			_, err := k.job.Resource(claimKind).Namespace(name).List(t.Context(), metav1.ListOptions{})
			return apierrors.IsForbidden(err), "the right is not taken away"
		})
		k.red(t, nil, "forbidden", "the claims of namespace snapped cannot be listed")
	})
	t.Run("what belongs to others is out of reach", k.outOfReach)
}

// strangers makes a claim of another app, and one whose name only begins like those of the volume.
func (k *keeping) strangers(t *testing.T) {
	t.Helper()
	k.without(t, k.find("ResourceQuota", "quota"))
	for claim, app := range map[string]string{"data-snapped-2": "other", "data-snapped-more": k.name} {
		o := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "v1", "kind": "PersistentVolumeClaim",
			"metadata": map[string]any{"name": claim, "labels": map[string]any{"app.kubernetes.io/instance": app, "app.kubernetes.io/component": "app"}},
			"spec":     map[string]any{"accessModes": []any{"ReadWriteOnce"}, "resources": map[string]any{"requests": map[string]any{"storage": "1Gi"}}},
		}}
		until(t, func() (bool, string) { // the server knows a moment later that there is no quota
			_, err := k.client.Resource(claimKind).Namespace(k.name).Create(t.Context(), o, metav1.CreateOptions{})
			return err == nil, fmt.Sprint(err)
		})
	}
}

// outOfReach wants the Job to be kept from the contents of other namespaces' snapshots.
func (k *keeping) outOfReach(t *testing.T) {
	k.refused(t, "volumesnapshotcontents of another namespace", func() error {
		_, err := k.client.Resource(contentKind).Create(t.Context(), &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": "snapshot.storage.k8s.io/v1", "kind": "VolumeSnapshotContent", "metadata": map[string]any{"name": "foreign"},
			"spec": map[string]any{"deletionPolicy": "Retain", "driver": "disks", "source": map[string]any{"volumeHandle": "x"},
				"volumeSnapshotRef": map[string]any{"namespace": "default", "name": "x"}},
		}}, metav1.CreateOptions{})
		if err != nil && !apierrors.IsAlreadyExists(err) {
			t.Fatal(err)
		}
		_, err = k.job.Resource(contentKind).Patch(t.Context(), "foreign", types.MergePatchType, []byte(`{"spec":{"deletionPolicy":"Delete"}}`), metav1.PatchOptions{})
		return err
	})
}

// prunes has snapshots of every age and kind, and wants only those gone that nobody needs.
func (k *keeping) prunes(t *testing.T, claims []string) {
	k.forget(t)
	const hour, day = time.Hour, 24 * time.Hour
	a, b := claims[0], claims[1]
	k.older(t, a, "fresh-1", 20*hour, true)
	k.older(t, a, "fresh-2", 21*hour, true)
	k.older(t, a, "fifth-day-late", 5*day, true)
	k.older(t, a, "fifth-day-early", 5*day+3*hour, true) // gone: of the same day as the one above
	k.older(t, a, "sixth-day", 6*day, true)
	k.older(t, a, "broken", 7*day, false) // gone: nobody can restore it
	k.older(t, a, "broken-just-now", 20*hour, false)
	k.older(t, a, "last-year", 400*day, true) // gone
	k.older(t, b, "other-sixth-day", 6*day, true)
	k.make(t, snapshotKind, k.name, map[string]any{"apiVersion": "snapshot.storage.k8s.io/v1", "kind": "VolumeSnapshot", "metadata": map[string]any{
		"name": "somebody-elses", "labels": map[string]any{"app.kubernetes.io/instance": k.name, "scantling.dev/taken": "1"},
	}, "spec": map[string]any{"source": map[string]any{"persistentVolumeClaimName": a}}})
	k.snapshotController(t, soonReady)
	k.green(t, nil)
	stay := []string{"broken-just-now", "fifth-day-late", "fresh-1", "fresh-2", "other-sixth-day", "sixth-day", "somebody-elses"}
	var got []string
	for _, name := range k.names(t, snapshotKind, k.name) {
		if !strings.HasPrefix(name, "data-") { // of this run
			got = append(got, name)
		}
	}
	if !slices.Equal(got, stay) {
		t.Errorf("left are %v\nwant %v", got, stay)
	}
	until(t, func() (bool, string) {
		left := len(k.list(t, snapshotKind, k.name))
		held := 0
		for _, c := range k.list(t, contentKind, "") {
			if field(c, "spec", "volumeSnapshotRef", "namespace") == k.name {
				held++
			}
		}
		return held == left, fmt.Sprintf("the storage system holds %d snapshots, and there are %d", held, left)
	})
}

// refused wants the API server to refuse the Job something: a policy is known to it a moment after it was made.
func (k *keeping) refused(t *testing.T, what string, try func() error) {
	t.Helper()
	until(t, func() (bool, string) {
		err := try()
		return err != nil && strings.Contains(err.Error(), "ValidatingAdmissionPolicy") && strings.Contains(err.Error(), "denied request"), fmt.Sprintf("%s: %v", what, err)
	})
}
