package compile_test

import (
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/scantling/scantling/internal/kube"
)

var probedProject = map[string]string{"platform.cue": `platform: {
	environments: prod: {
		kubernetes: "1.34", zones: ["a", "b", "c"], capabilities: ["cilium", "prometheus"]
		scrape: {namespace: "monitoring", labels: {app: "prometheus"}, prober: {url: "blackbox.probers.svc:9115", namespace: "probers", labels: {app: "blackbox"}}}
	}
}
`, "app.cue": `
apps: feed: {team: "shop", tier: "standard", image: "registry.acme.io/feed:1.0", ports: "tcp-feed": 6000, slo: {availability: 99}}
apps: page: {team: "shop", tier: "standard", image: "registry.acme.io/page:1.0", port: 8080, slo: {availability: 99, source: "probe"}}
apps: web: {team: "shop", tier: "standard", image: "registry.acme.io/web:1.0", port: 8080, slo: {availability: 99}}
`}

// TestProbesReachWhatTheyAsk reads from the rendered objects that each Probe asks a port of a Service which is there, that the app's
// policy lets the prober's pods in at that port and no other, and that nobody lets them in who is not asked.
func TestProbesReachWhatTheyAsk(t *testing.T) {
	dir := t.TempDir()
	for name, content := range probedProject {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	made := generate(t, dir)
	if made.Failed {
		t.Fatal(text(t, made.Diagnostics))
	}
	var stream []byte
	for _, f := range made.Files {
		stream = append(append(stream, "---\n"...), f.Data...)
	}
	r := read(t, stream)
	asked := map[string]int32{}
	for _, p := range r.probes {
		target := p.Spec.Targets.StaticConfig.Static[0]
		u, err := url.Parse("any://" + strings.TrimPrefix(target, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		port, _ := strconv.Atoi(u.Port())
		i := slices.IndexFunc(r.services, func(s *corev1.Service) bool {
			return s.Name+"."+s.Namespace+".svc" == u.Hostname() && slices.ContainsFunc(s.Spec.Ports, func(sp corev1.ServicePort) bool { return sp.Port == int32(port) })
		})
		if i < 0 {
			t.Errorf("no Service answers at %s", target)
		}
		asked[p.Labels[kube.LabelInstance]] = int32(port)
	}
	if len(asked) != 2 || asked["feed"] != 6000 || asked["page"] != 8080 {
		t.Errorf("asked are %v", asked)
	}
	for _, p := range r.policies {
		ports := openTo(p, "probers", map[string]string{"app": "blackbox"})
		if want, ok := asked[p.Labels[kube.LabelInstance]]; ok != (len(ports) > 0) || ok && !slices.Equal(ports, []int32{want}) {
			t.Errorf("NetworkPolicy %s lets the prober in at %v", p.Name, ports)
		}
	}
}

// openTo returns the ports at which a policy lets in exactly these pods.
func openTo(p *networkingv1.NetworkPolicy, namespace string, labels map[string]string) (ports []int32) {
	for _, rule := range p.Spec.Ingress {
		for _, peer := range rule.From {
			if peer.NamespaceSelector == nil || peer.NamespaceSelector.MatchLabels[kube.LabelNamespace] != namespace || peer.PodSelector == nil || peer.PodSelector.MatchLabels["app"] != labels["app"] {
				continue
			}
			if len(rule.Ports) == 0 {
				ports = append(ports, 0) // all of them
			}
			for _, port := range rule.Ports {
				ports = append(ports, port.Port.IntVal)
			}
		}
	}
	return ports
}
