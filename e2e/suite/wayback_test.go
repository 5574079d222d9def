package suite

import (
	"fmt"
	"slices"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// cutOverStays: what is patched in the cluster is not in the manifests, and whoever applies them next takes it back.
func cutOverStays(t *testing.T) (theirs, ours string) {
	const textbook, name = "textbook-cutover", "cutover"
	twoColours(t, textbook, 3, "myapp:1.1")
	point(t, textbook, `{"version":"green"}`)
	until(t, func() (bool, string) { return leads(t, textbook, "myapp", "myapp:1.1", 3) })
	service := written(t, "blue.yaml", textbook).find("Service", "myapp")
	if _, err := world.client.Force(t.Context(), service); err != nil {
		t.Fatal(err)
	}
	until(t, func() (bool, string) { return leads(t, textbook, "myapp", "myapp:1.0", 3) })

	r := releasing(t, name, color, blueGreenApp(`active: "blue"`))
	r.step(t, "set", name, "idle="+reference("2.0"))
	r.step(t, "promote", name)
	r.step(t, "promote", name)
	before := resourceVersion(t, r.find("Service", name))
	r.ship(t)
	if after := resourceVersion(t, r.find("Service", name)); after != before {
		t.Error("applied again, the Service is another")
	}
	if h := r.stop(t); h.traffic() != "blue green" {
		t.Errorf("want blue, then green: %s", h)
	}
	return "no: the patch is not in them, so that all traffic goes back to the old version", "yes: the colour is in the spec"
}

// wayBack: the textbook's last step deletes the version that worked.
func wayBack(t *testing.T) (theirs, ours string) {
	const textbook, name = "textbook-wayback", "wayback"
	twoColours(t, textbook, 3, "myapp:1.1")
	point(t, textbook, `{"version":"green"}`)
	blue := written(t, "blue.yaml", textbook).find("Deployment", "myapp-blue")
	if err := world.client.Delete(t.Context(), blue); err != nil {
		t.Fatal(err)
	}
	until(t, func() (bool, string) { return len(living(t, textbook, "version", "blue")) == 0, "blue is there" })
	point(t, textbook, `{"version":"blue"}`)
	until(t, func() (bool, string) { return leads(t, textbook, "myapp", "", 0) })

	r := releasing(t, name, color, blueGreenApp(`active: "blue"`))
	r.step(t, "set", name, "idle="+reference("2.0"))
	r.step(t, "promote", name)
	r.step(t, "promote", name)
	old := living(t, name, color, "blue")
	r.step(t, "rollback", name)
	if now := living(t, name, color, "blue"); !slices.Equal(now, old) {
		t.Errorf("the pods of the old version are others: %q, then %q", old, now)
	}
	if h := r.stop(t); h.traffic() != "blue green blue" || h.least() < activePods {
		t.Errorf("want blue, green and blue, never fewer than %d ready: %s", activePods, h)
	}
	return "no: the old version is deleted, and the Service leads to nobody", "yes: its pods run until the release is finished, and have the traffic with one commit"
}

// leads reports whether a Service leads to so many pods, all of one image.
func leads(t *testing.T, namespace, service, image string, count int) (bool, string) {
	t.Helper()
	got := serving(t, namespace, service)
	return slices.Equal(got, slices.Repeat([]string{image}, count)), fmt.Sprintf("traffic goes to %q", got)
}

func resourceVersion(t *testing.T, o *unstructured.Unstructured) string {
	t.Helper()
	live, err := world.client.Get(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return live.GetResourceVersion()
}
