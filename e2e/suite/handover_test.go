package suite

import (
	"fmt"
	"strings"
	"sync"
	"testing"
)

// hander is a way of applying manifests, and what check --against tells those to do first who apply that way.
type hander struct {
	name, apply string
	advised     func(namespace string) string // in the warning
	act         func(t *testing.T, namespace string)
}

const handedPods = 6 // that the manifest says, before the autoscaler's three

var handers = []hander{
	{"client", "kubectl apply -f -",
		func(ns string) string { return "kubectl apply edit-last-applied -n " + ns + " deployment/" + ns },
		func(t *testing.T, ns string) {
			shell(t, `KUBE_EDITOR="sed -i '/^  replicas: 6$/d'" kubectl apply edit-last-applied -n `+ns+` deployment/`+ns, "")
		}},
	{"server", "kubectl apply --server-side --force-conflicts --field-manager=kustomize-controller -f -",
		func(ns string) string {
			return fmt.Sprintf("kubectl apply --server-side --field-manager=autoscaler a Deployment/%s with nothing but its name and spec.replicas: %d", ns, handedPods)
		},
		func(t *testing.T, ns string) {
			shell(t, "kubectl apply --server-side --field-manager=autoscaler -f -",
				fmt.Sprintf("{apiVersion: apps/v1, kind: Deployment, metadata: {name: %s, namespace: %[1]s}, spec: {replicas: %d}}", ns, handedPods))
		}},
}

// handedOver takes replicas out of a manifest for an autoscaler, by kubectl itself: as it is, and with what check --against advises.
func handedOver(t *testing.T) string {
	var wg sync.WaitGroup
	for _, h := range handers {
		wg.Go(func() { t.Run(h.name+" at once", func(t *testing.T) { h.leaves(t, false) }) })
		wg.Go(func() { t.Run(h.name+" handed over", func(t *testing.T) { h.leaves(t, true) }) })
	}
	wg.Wait()
	return fmt.Sprintf("yes, with what `check --against` advises for client-side and for server-side apply: the %d pods stay. It warns because without that pods are taken away at once", handedPods)
}

// leaves makes the step, and wants the pods to stay if they are handed over, and to go if they are not.
func (h hander) leaves(t *testing.T, handed bool) {
	name := h.name + "once"
	if handed {
		name = h.name + "handed"
	}
	p := newProject(t, platform, name, fmt.Sprintf(`tier: "standard", image: %q, replicas: %d`, reference("1.0"), handedPods))
	h.applies(t, p)
	p.runs(t)
	r := p.recorded(t, track)
	before := t.TempDir()
	r.command(t, "generate", "-o", before)
	p.write(t, fmt.Sprintf(`tier: "standard", image: %q, scale: {min: 3, max: 9}`, reference("1.0")))
	p.render(t)
	if said := warnings(t, p, before); !strings.Contains(said, h.advised(name)) {
		t.Errorf("%q is not advised:\n%s", h.advised(name), said)
	}
	if handed {
		h.act(t, name)
	}
	h.applies(t, p)
	scaler := p.find("HorizontalPodAutoscaler", name)
	until(t, func() (bool, string) {
		live, err := world.client.Get(t.Context(), scaler)
		return err == nil && number(live, "status", "currentReplicas") > 0, "the autoscaler has not looked"
	})
	if !handed {
		until(t, func() (bool, string) { return r.history().least() < handedPods, "no pod is taken away" })
	}
	r.stands(t)
	if got := r.stop(t); handed && got.least() < handedPods {
		t.Errorf("want never fewer than %d ready: %s", handedPods, got)
	}
}

// applies ships everything.
func (h hander) applies(t *testing.T, p *project) {
	t.Helper()
	manifests, err := world.scantling.Command(t.Context(), p.dir, "generate", "-e", "prod")
	if err != nil {
		t.Fatal(err)
	}
	shell(t, h.apply, manifests)
}

// warnings are what check --against says of the way from the manifests of a directory to those of the spec.
func warnings(t *testing.T, p *project, before string) string {
	t.Helper()
	_, err := world.scantling.Command(t.Context(), p.dir, "check", "--fail-on", "warning", "--against", before)
	if err == nil {
		t.Fatal("nothing is said")
	}
	return err.Error()
}
