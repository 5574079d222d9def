package suite

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
)

// skew: a spread that counts old pods beside new ones is even while both are there, and no longer when the old ones are gone.
func skew(t *testing.T) (theirs, ours string) {
	even, six := []int{2, 2, 2}, 6
	r := accepted(t, "spread.yaml", "textbook-skew")
	waitReady(t, "textbook-skew", six)
	w := r.find("Deployment", "myapp")
	release := 1
	until(t, func() (bool, string) { // how uneven it becomes is chance: one of the first few releases does
		release++
		setImage(t, w, fmt.Sprintf("myapp:1.%d", release))
		until(t, func() (bool, string) { return allReady(t.Context(), w) })
		waitReady(t, "textbook-skew", six)
		return !slices.Equal(perZone(t, "textbook-skew"), even), "every release of the textbook's app ends even"
	})
	p := deploy(t, "skew", critical)
	for i := range 2 {
		p.release(t, fmt.Sprintf(":%d.0", 1+i), fmt.Sprintf(":%d.0", 2+i))
		until(t, func() (bool, string) { return allReady(t.Context(), p.workload()) })
		until(t, func() (bool, string) {
			got := perZone(t, "skew")
			return slices.Equal(got, even), fmt.Sprintf("after a release %s", zoned(got))
		})
	}
	return "no: old pods count as new ones, so that some releases end with 3 pods in a zone and 1 in another", "yes, after each: " + zoned(even)
}

// zonesAtMinimum: two pods are in two zones at most.
func zonesAtMinimum(t *testing.T) (theirs, ours string) {
	empty := func(namespace string) bool { return slices.Contains(perZone(t, namespace), 0) }
	accepted(t, "budget.yaml", "textbook-minimum")
	waitReady(t, "textbook-minimum", 2)
	if !empty("textbook-minimum") {
		t.Error("the textbook's app has a pod in each zone")
	}
	p := deploy(t, "minimum", `tier: "critical", image: "`+image+digest+`", scale: max: 10`)
	settled(t, p)
	if empty("minimum") {
		t.Errorf("our app's pods: %s", zoned(perZone(t, "minimum")))
	}
	return "no: its minimum is 2", "yes: the critical tier's is 3"
}

// fullCaches: memory rarely falls after load, and pods that are added do not make it fall in the others.
func fullCaches(t *testing.T) (theirs, ours string) {
	full := func(c corev1.Container) map[string]any {
		return map[string]any{"cpu": "1m", "memory": c.Resources.Requests.Memory().String()}
	}
	r := accepted(t, "budget.yaml", "textbook-caches")
	waitReady(t, "textbook-caches", 2)
	p := deploy(t, "caches", `tier: "standard", image: "`+image+`", scale: {min: 2, max: 10}`)
	settled(t, p)
	load(t, full, "textbook-caches", "caches")
	until(t, func() (bool, string) {
		return wants(t, r.find("Deployment", "myapp")) >= 4, "the textbook's app does not grow"
	})
	if got := wants(t, p.workload()); got != 2 {
		t.Errorf("our app grew to %d pods", got)
	}
	return "yes: from 2 pods to 4 within seconds, and on to its maximum", "no: 2 pods stay 2"
}

// visit asks whether a pod may start that the restricted standard lets in; change makes it another.
func visit(t *testing.T, namespace string, change func(*corev1.PodSpec)) (*corev1.Pod, error) {
	t.Helper()
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "visitor"},
		Spec: corev1.PodSpec{
			SecurityContext: &corev1.PodSecurityContext{RunAsNonRoot: new(true), SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault}},
			Containers: []corev1.Container{{Name: "visitor", Image: "registry.acme.io/visitor:1.0", SecurityContext: &corev1.SecurityContext{
				AllowPrivilegeEscalation: new(false), Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
			}}},
		},
	}
	change(&pod.Spec)
	return world.client.CoreV1().Pods(namespace).Create(t.Context(), pod, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
}

// pinnedStandard: a standard without a version is that of whatever the cluster is upgraded to.
func pinnedStandard(t *testing.T) (theirs, ours string) {
	since137 := func(pod *corev1.PodSpec) {
		pod.SecurityContext.Sysctls = []corev1.Sysctl{{Name: "net.ipv4.tcp_notsent_lowat", Value: "131072"}}
	}
	accepted(t, "backup.yaml", "textbook-pinned")
	if _, err := visit(t, "textbook-pinned", since137); err != nil {
		t.Errorf("the textbook's namespace refuses it: %v", err)
	}
	deploy(t, "pinned", `tier: "standard", image: "`+image+`"`)
	if _, err := visit(t, "pinned", since137); !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), `"restricted:v1.34"`) {
		t.Errorf("our namespace does not refuse it by the standard of 1.34: %v", err)
	}
	return "yes: a sysctl that Kubernetes 1.37 began to allow is let in", "no: the platform's Kubernetes 1.34 decides, until somebody writes another"
}

// quota: without one, a wrong number takes everybody's room.
func quota(t *testing.T) (theirs, ours string) {
	const many = 40
	scale := func(namespace, name string) {
		patch := fmt.Appendf(nil, `{"spec":{"replicas":%d}}`, many)
		if _, err := world.client.AppsV1().Deployments(namespace).Patch(t.Context(), name, types.MergePatchType, patch, metav1.PatchOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	accepted(t, "blue.yaml", "textbook-quota")
	scale("textbook-quota", "myapp-blue")
	waitReady(t, "textbook-quota", many)
	deploy(t, "quota", `tier: "standard", image: "`+image+`", replicas: 2`)
	scale("quota", "quota")
	until(t, func() (bool, string) {
		said := refusals(t.Context(), "quota")
		return strings.Contains(said, "exceeded quota"), "no pod was refused:" + said
	})
	return fmt.Sprintf("yes: %d pods in place of 3 all run", many), "no: its namespace has a quota, computed from what its specs ask for"
}

// unsized: the first pods that a node gives up when its memory runs out are those that asked for none.
func unsized(t *testing.T) (theirs, ours string) {
	class := func(namespace string) corev1.PodQOSClass {
		pod, err := visit(t, namespace, func(*corev1.PodSpec) {})
		if err != nil {
			t.Fatal(err)
		}
		return pod.Status.QOSClass
	}
	accepted(t, "backup.yaml", "textbook-unsized")
	deploy(t, "unsized", `tier: "standard", image: "`+image+`"`)
	if theirs, ours := class("textbook-unsized"), class("unsized"); theirs != corev1.PodQOSBestEffort || ours != corev1.PodQOSBurstable {
		t.Errorf("the textbook's pod is %s, ours %s", theirs, ours)
	}
	return "nothing: its node evicts it first", "the requests and the memory limit of its namespace"
}

// secretKeys: the textbook's ExternalSecret makes a password; its backup reads the host.
func secretKeys(t *testing.T) (theirs, ours string) {
	r := written(t, "external-secret.yaml", "textbook-keys")
	r.objects = append(r.objects, written(t, "backup.yaml", "textbook-keys").objects...)
	if got := r.missingKeys(); len(got) != 1 || !strings.Contains(got[0], `Secret db-creds, key "host"`) {
		t.Errorf("of the textbook's keys these are missing: %q", got)
	}
	p := deploy(t, "keys", `tier: "standard", image: "`+image+`", secrets: db: {key: "prod/db", property: "password", env: "DB_PASSWORD"}`)
	if got := p.missingKeys(); len(got) > 0 {
		t.Errorf("of our keys these are missing: %q", got)
	}
	return "no: the password is made, and the host is read", "yes (read from the manifests: simulated machines mount nothing)"
}

// routes: the server takes a route to a subset that nothing defines; requests get 503.
func routes(t *testing.T) (theirs, ours string) {
	r := accepted(t, "canary.yaml", "textbook-routes")
	r.objects = append(r.objects, written(t, "blue.yaml", "textbook-routes").objects...)
	got := r.missingDestinations()
	if !slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, "subset v1 of myapp") }) {
		t.Errorf("of the textbook's destinations these are missing: %q", got)
	}
	for _, c := range world.cases {
		if got := c.missingDestinations(); len(got) > 0 {
			t.Errorf("%s: these destinations are missing: %q", c.name, got)
		}
	}
	return "no: to subsets that nothing defines, and the server does not mind", "yes (read from the manifests: nothing routes packets here)"
}

// volumes: what becomes of the data.
func volumes(t *testing.T) (theirs, ours string) {
	r := accepted(t, "storage.yaml", "textbook-volumes")
	waitReady(t, "textbook-volumes", 1)
	volume := claims(t, "textbook-volumes")[0].Spec.VolumeName
	for _, o := range r.objects {
		if err := world.client.Delete(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	until(t, func() (bool, string) {
		v, err := world.client.CoreV1().PersistentVolumes().Get(t.Context(), volume, metav1.GetOptions{})
		return apierrors.IsNotFound(err), fmt.Sprintf("its volume is %s (%v)", v.Status.Phase, err)
	})

	p := deploy(t, "volumes", `tier: "standard", kind: "stateful", replicas: 2, image: "`+image+`", storage: data: {size: "1Gi", mount: "/data"}`)
	w := p.find("StatefulSet", "volumes")
	shrink := []byte(`{"spec":{"replicas":1}}`)
	if _, err := world.client.AppsV1().StatefulSets("volumes").Patch(t.Context(), "volumes", types.MergePatchType, shrink, metav1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
	waitReady(t, "volumes", 1)
	remove := slices.DeleteFunc(slices.Clone(p.objects), func(o *unstructured.Unstructured) bool { return o.GetKind() == "Namespace" })
	for _, o := range remove {
		if err := world.client.Delete(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	until(t, func() (bool, string) {
		_, err := world.client.Get(t.Context(), w)
		return apierrors.IsNotFound(err) && len(pods(t, "volumes")) == 0, "it is not gone"
	})
	for _, claim := range claims(t, "volumes") {
		if claim.DeletionTimestamp != nil || claim.Status.Phase != corev1.ClaimBound {
			t.Errorf("claim %s is %s, deleted %v", claim.Name, claim.Status.Phase, claim.DeletionTimestamp)
		}
	}
	if got := len(claims(t, "volumes")); got != 2 {
		t.Errorf("%d of 2 claims are left", got)
	}
	return "no: claim, volume and data go with it", "yes: when it shrinks and when it is deleted"
}

func claims(t *testing.T, namespace string) []corev1.PersistentVolumeClaim {
	t.Helper()
	list, err := world.client.CoreV1().PersistentVolumeClaims(namespace).List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return list.Items
}
