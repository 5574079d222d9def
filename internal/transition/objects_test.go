package transition

import (
	"fmt"
	"strings"
	"testing"

	"github.com/scantling/scantling/internal/manifest"
)

// parse reads the documents of a test.
func parse(t *testing.T, docs ...string) []manifest.Object {
	t.Helper()
	objects, err := manifest.Parse("test.yaml", []byte(strings.Join(docs, "\n---\n")))
	if err != nil {
		t.Fatal(err)
	}
	return objects
}

// The functions below return one document each, as small as its kind can be. All are in namespace shop.

// workloadOf returns a workload of 3 pods: workloadOf("Deployment", "web", "app: web", "web:1").
func workloadOf(kind, name, labels, image string) string {
	group := "apps/v1"
	if kind == "Rollout" {
		group = "argoproj.io/v1alpha1"
	}
	return fmt.Sprintf(`
apiVersion: %s
kind: %s
metadata: {name: %s, namespace: shop, labels: {app.kubernetes.io/instance: web}}
spec:
  replicas: 3
  selector: {matchLabels: {%s}}
  template:
    metadata: {labels: {%s}}
    spec: {containers: [{name: web, image: %s}]}
`, group, kind, name, labels, labels, image)
}

func deployment(name, labels string) string {
	return workloadOf("Deployment", name, labels, "web:1")
}

// stable and canary share app: web.
var (
	stable = deployment("web", "app: web, track: stable")
	canary = deployment("web-canary", "app: web, track: canary")
	blue   = deployment("web-blue", "app: web, color: blue")
	green  = deployment("web-green", "app: web, color: green")
)

// with returns a document with one text replaced.
func with(doc, old, new string) string {
	if !strings.Contains(doc, old) {
		panic(doc + " has no " + old)
	}
	return strings.ReplaceAll(doc, old, new)
}

func serviceOf(name, selector string) string {
	return fmt.Sprintf(`
apiVersion: v1
kind: Service
metadata: {name: %s, namespace: shop, labels: {app.kubernetes.io/instance: web, scantling.dev/tier: standard}}
spec: {selector: {%s}}
`, name, selector)
}

// scaler returns an autoscaler of a Deployment.
func scaler(name string, least, most int) string {
	return fmt.Sprintf(`
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: %s, namespace: shop}
spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: %s}, minReplicas: %d, maxReplicas: %d}
`, name, name, least, most)
}

// httpRoute returns a route: httpRoute("web 90", "web-canary 10").
func httpRoute(backends ...string) string {
	var refs []string
	for _, b := range backends {
		name, weight, _ := strings.Cut(b, " ")
		refs = append(refs, fmt.Sprintf("{name: %s, port: 80, weight: %s}", name, weight))
	}
	return fmt.Sprintf(`
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop, labels: {app.kubernetes.io/instance: web, app.kubernetes.io/managed-by: scantling}}
spec: {rules: [{backendRefs: [%s]}]}
`, strings.Join(refs, ", "))
}

// virtualService returns a route over subsets of web: virtualService("stable 90", "canary 10").
func virtualService(subsets ...string) string {
	var routes []string
	for _, s := range subsets {
		name, weight, _ := strings.Cut(s, " ")
		routes = append(routes, fmt.Sprintf("{destination: {host: web.shop.svc.cluster.local, subset: %s}, weight: %s}", name, weight))
	}
	return fmt.Sprintf(`
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: web, namespace: shop}
spec: {http: [{route: [%s]}]}
`, strings.Join(routes, ", "))
}

// destinationRule returns the subsets of web, by their track.
func destinationRule(subsets ...string) string {
	var all []string
	for _, s := range subsets {
		all = append(all, fmt.Sprintf("{name: %s, labels: {track: %s}}", s, s))
	}
	return fmt.Sprintf(`
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: web, namespace: shop}
spec: {host: web, subsets: [%s]}
`, strings.Join(all, ", "))
}
