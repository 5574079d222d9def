package transition

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// docs are the documents of one side of a step.
type docs []string

// A stepCase is a step and what must be said about it, each "SEVERITY RULE OBJECT: PROBLEM".
type stepCase struct {
	name          string
	before, after docs
	want          []string
}

func runCases(t *testing.T, cases []stepCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, f := range Check(parse(t, c.before...), parse(t, c.after...)) {
				got = append(got, fmt.Sprintf("%s %s %s: %s", f.Severity, f.Rule, f.Object, f.Problem))
				if f.Want+f.Help == "" || strings.HasSuffix(f.Problem, ".") {
					t.Errorf("%q says neither what is wanted nor what helps, or ends with a full stop", f.Problem)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("- wanted, + got:\n%s", diff)
			}
		})
	}
}

func TestSelectorIsForGood(t *testing.T) {
	set := workloadOf("StatefulSet", "web", "app: web", "web:1") + "  serviceName: web\n  volumeClaimTemplates: [{metadata: {name: data}, spec: {resources: {requests: {storage: 1Gi}}}}]\n"
	job := `
apiVersion: batch/v1
kind: Job
metadata: {name: web-migrate, namespace: shop}
spec: {template: {spec: {containers: [{name: migrate, image: "web:1"}]}}}
`
	runCases(t, []stepCase{
		{"a new image", docs{stable}, docs{with(stable, "web:1", "web:2")}, nil},
		{"a new selector", docs{stable}, docs{with(stable, "track: stable", "track: main")}, []string{
			`error selector-is-for-good Deployment/shop/web: spec.selector of Deployment/web can't be changed: it would have to be deleted first`}},
		{"a label less", docs{stable}, docs{with(stable, ", track: stable", "")}, []string{
			`error selector-is-for-good Deployment/shop/web: spec.selector of Deployment/web can't be changed: it would have to be deleted first`}},
		{"another version of the API", docs{stable}, docs{with(stable, "apps/v1", "apps/v1beta2")}, nil},
		{"a Rollout", docs{workloadOf("Rollout", "web", "app: web", "web:1")}, docs{workloadOf("Rollout", "web", "app: shop", "web:1")}, []string{
			`error selector-is-for-good Rollout/shop/web: spec.selector of Rollout/web can't be changed: it would have to be deleted first`}},
		{"a larger volume", docs{set}, docs{with(set, "1Gi", "2Gi")}, []string{
			`error selector-is-for-good StatefulSet/shop/web: spec.volumeClaimTemplates of StatefulSet/web can't be changed: it would have to be deleted first`}},
		{"another governing Service", docs{set}, docs{with(set, "serviceName: web", "serviceName: web-headless")}, []string{
			`error selector-is-for-good StatefulSet/shop/web: spec.serviceName of StatefulSet/web can't be changed: it would have to be deleted first`}},
		{"other pods of a Job", docs{job}, docs{with(job, "web:1", "web:2")}, []string{
			`error selector-is-for-good Job/shop/web-migrate: spec.template of Job/web-migrate can't be changed: it would have to be deleted first`}},
		{"a Job of another name", docs{job}, docs{with(with(job, "web:1", "web:2"), "web-migrate", "web-migrate-2")}, nil},
		{"a Job that is made anew", docs{job}, docs{with(with(job, "web:1", "web:2"), "namespace: shop", `namespace: shop, annotations: {helm.sh/hook: pre-upgrade}`)}, nil},
	})
}

func TestFlipChangesOnlyTraffic(t *testing.T) {
	toBlue, toGreen := serviceOf("web", "color: blue"), serviceOf("web", "color: green")
	const changed = `error flip-changes-only-traffic Service/shop/web: all traffic of Service/web would go from Deployment/web-blue to Deployment/web-green, whose pods change in the same step: `
	runCases(t, []stepCase{
		{"E02: a flip", docs{blue, green, toBlue}, docs{blue, green, toGreen}, nil},
		{"back again", docs{blue, green, toGreen}, docs{blue, green, toBlue}, nil},
		{"with a new image", docs{blue, green, toBlue}, docs{blue, with(green, "web:1", "web:2"), toGreen}, []string{
			changed + `spec.template.spec.containers[web].image`}},
		{"with a new label of the pods", docs{blue, green, toBlue}, docs{blue, with(green, "template:\n    metadata: {labels: {", "template:\n    metadata: {labels: {v: two, "), toGreen}, []string{
			changed + `spec.template.metadata.labels.v`}},
		{"with its containers in another order", docs{blue, with(green, "{name: web, ", "{name: log}, {name: web, "), toBlue}, docs{blue, with(green, "image: web:1}", "image: web:1}, {name: log}"), toGreen}, []string{
			changed + `spec.template.spec.containers`}},
		{"with more changes than one can read", docs{blue, green, toBlue}, docs{blue, with(green, "image: web:1", "image: web:2, tty: true, stdin: true, workingDir: /"), toGreen}, []string{
			changed + `spec.template.spec.containers[web].image, spec.template.spec.containers[web].stdin and 2 more`}},
		{"the other colour changes", docs{blue, green, toBlue}, docs{with(blue, "web:1", "web:2"), green, toGreen}, nil},
		{"more pods at the same time", docs{blue, green, toBlue}, docs{blue, with(green, "replicas: 3", "replicas: 4"), toGreen}, nil},
		{"to what does not run yet", docs{blue, toBlue}, docs{blue, green, toGreen}, []string{
			`error flip-changes-only-traffic Service/shop/web: all traffic of Service/web would go from Deployment/web-blue to Deployment/web-green, which does not run before this step`}},
		{"a preview follows", docs{blue, green, toBlue, serviceOf("web-preview", "color: green")}, docs{with(blue, "web:1", "web:2"), green, toGreen, serviceOf("web-preview", "color: blue")}, nil},
		{"a second Service moves, too", docs{blue, toBlue, serviceOf("web-admin", "color: blue")}, docs{blue, green, toGreen, serviceOf("web-admin", "color: green")}, []string{
			`error flip-changes-only-traffic Service/shop/web: all traffic of Service/web would go from Deployment/web-blue to Deployment/web-green, which does not run before this step`}},
		{"all weights of a route", docs{stable, canary, serviceOf("web", "track: stable"), serviceOf("web-canary", "track: canary"), httpRoute("web 100", "web-canary 0")},
			docs{stable, with(canary, "web:1", "web:2"), serviceOf("web", "track: stable"), serviceOf("web-canary", "track: canary"), httpRoute("web 0", "web-canary 100")}, []string{
				`error flip-changes-only-traffic HTTPRoute/shop/web: all traffic of HTTPRoute/web would go from Deployment/web to Deployment/web-canary, whose pods change in the same step: spec.template.spec.containers[web].image`}},
		{"some weights of a route", docs{stable, canary, serviceOf("web", "track: stable"), serviceOf("web-canary", "track: canary"), httpRoute("web 90", "web-canary 10")},
			docs{stable, with(canary, "web:1", "web:2"), serviceOf("web", "track: stable"), serviceOf("web-canary", "track: canary"), httpRoute("web 50", "web-canary 50")}, nil},
		{"a release of a Rollout", docs{workloadOf("Rollout", "web", "app: web", "web:1"), serviceOf("web", "app: web")}, docs{workloadOf("Rollout", "web", "app: web", "web:2"), serviceOf("web", "app: web")}, nil},
	})
}

func TestFlipFindsCapacity(t *testing.T) {
	toBlue, toGreen := serviceOf("web", "color: blue"), serviceOf("web", "color: green")
	critical := with(toGreen, "tier: standard", "tier: critical")
	few := func(severity, has string) []string {
		return []string{severity + ` flip-finds-capacity Service/shop/web: all traffic of Service/web would go to Deployment/web-green with ` + has +
			` at least, and Deployment/web-blue, which has it now, has 3 to 12 pods`}
	}
	before := func(least int) docs {
		return docs{blue, green, toBlue, scaler("web-blue", 3, 12), scaler("web-green", least, 12)}
	}
	runCases(t, []stepCase{
		{"warm", before(6), docs{blue, green, critical}, nil},
		{"one less", before(5), docs{blue, green, toGreen}, few("warning", "5 pods")},
		{"E03: one less of a critical app", before(5), docs{blue, green, critical}, few("error", "5 pods")},
		{"an autoscaler of no pods", docs{blue, with(green, "replicas: 3", "replicas: 0"), toBlue, scaler("web-blue", 3, 12), scaler("web-green", 6, 12)}, docs{blue, green, toGreen}, few("error", "0 pods")},
		{"none at all", docs{blue, with(green, "replicas: 3", "replicas: 0"), toBlue, scaler("web-blue", 3, 12)}, docs{blue, green, toGreen}, few("error", "0 pods")},
		{"raised in the same step", before(2), docs{blue, green, critical, scaler("web-green", 6, 12)}, few("error", "2 pods")},
		{"a fixed number", docs{blue, green, toBlue}, docs{blue, green, critical}, nil},
		{"a fixed number, one less", docs{blue, with(green, "replicas: 3", "replicas: 2"), toBlue}, docs{blue, green, toGreen}, []string{
			`warning flip-finds-capacity Service/shop/web: all traffic of Service/web would go to Deployment/web-green with 2 pods at least, and Deployment/web-blue, which has it now, has 3 pods`}},
		{"KEDA", docs{blue, green, toBlue, scaler("web-blue", 3, 12), `
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {name: web-green, namespace: shop}
spec: {scaleTargetRef: {name: web-green}, minReplicaCount: 5}
`}, docs{blue, green, toGreen}, few("warning", "5 pods")},
		{"a preview", docs{blue, green, toBlue, serviceOf("web-preview", "color: green"), scaler("web-blue", 3, 12), scaler("web-green", 6, 12)},
			docs{blue, green, toGreen, serviceOf("web-preview", "color: blue")}, nil},
		{"rules of several protocols stay as they are", docs{blue, with(green, "replicas: 3", "replicas: 1"), toBlue, serviceOf("mail", "color: green"), protocols},
			docs{blue, with(green, "replicas: 3", "replicas: 1"), toBlue, serviceOf("mail", "color: green"), protocols}, nil},
		{"as many as there are nodes", docs{workloadOf("DaemonSet", "web", "color: blue", "web:1"), green, toBlue}, docs{workloadOf("DaemonSet", "web", "color: blue", "web:1"), green, toGreen}, nil},
	})
}

const protocols = `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: web, namespace: shop}
spec: {http: [{route: [{destination: {host: web}}]}, {route: [{destination: {host: mail}}]}], tcp: [{route: [{destination: {host: mail}}]}]}
`

func TestWeightsAddUp(t *testing.T) {
	objects := docs{stable, canary, serviceOf("web", "track: stable"), serviceOf("web-canary", "track: canary")}
	foreign := func(route string) string { return with(route, "managed-by: scantling", "managed-by: helm") }
	step := func(route string) (docs, docs) {
		all := append(slices.Clone(objects), route)
		return all, all
	}
	c := func(name, route string, want ...string) stepCase {
		before, after := step(route)
		return stepCase{name, before, after, want}
	}
	runCases(t, []stepCase{
		c("100", httpRoute("web 90", "web-canary 10")),
		c("one backend of any weight", httpRoute("web 1")),
		c("110", httpRoute("web 90", "web-canary 20"), `error weights-add-up HTTPRoute/shop/web: the weights of a rule of HTTPRoute/web add up to 110`),
		c("3 of somebody else's", foreign(httpRoute("web 2", "web-canary 1"))),
		c("none stated", foreign(with(httpRoute("web 2", "web-canary 2"), ", weight: 2", ""))),
	})
}

func TestReplicasAreHandedOver(t *testing.T) {
	scaled := with(stable, "  replicas: 3\n", "")
	runCases(t, []stepCase{
		{"from a number to an autoscaler", docs{stable}, docs{scaled, scaler("web", 3, 9)}, []string{
			`warning replicas-are-handed-over Deployment/shop/web: Deployment/web would fall from 3 pods to 1 until its autoscaler looks: replicas leaves the manifest, and Kubernetes puts its default there`}},
		{"both for now", docs{stable}, docs{stable, scaler("web", 3, 9)}, nil},
		{"one pod only", docs{with(stable, "replicas: 3", "replicas: 1")}, docs{scaled, scaler("web", 3, 9)}, nil},
		{"an autoscaler of before", docs{scaled, scaler("web", 3, 9)}, docs{scaled, scaler("web", 4, 9)}, nil},
		{"back to a number", docs{scaled, scaler("web", 3, 9)}, docs{stable}, nil},
		{"a new app", docs{}, docs{scaled, scaler("web", 3, 9)}, nil},
	})
	const want = "before that, with kubectl apply -f or Argo CD: kubectl apply edit-last-applied -n shop deployment/web, and take out replicas; " +
		"with server-side apply, as Flux does: kubectl apply --server-side --field-manager=autoscaler a Deployment/web with nothing but its name and spec.replicas: 3"
	if found := Check(parse(t, stable), parse(t, scaled, scaler("web", 3, 9))); len(found) != 1 || found[0].Help != want {
		t.Errorf("got %+v, want the help %q", found, want)
	}
}
