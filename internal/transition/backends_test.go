package transition

import (
	"strings"
	"testing"
)

func TestBackendComesAtZero(t *testing.T) {
	web, own := serviceOf("web", "app: web, track: stable"), serviceOf("web-canary", "app: web, track: canary")
	both, subsets := serviceOf("web", "app: web"), destinationRule("stable", "canary")
	ten := `error backend-comes-at-zero HTTPRoute/shop/web: 10 % of the requests of HTTPRoute/web would go to Service/web-canary, which no pod serves before this step`
	runCases(t, []stepCase{
		{"with weight 0", docs{stable, web, httpRoute("web 100")}, docs{stable, canary, web, own, httpRoute("web 100", "web-canary 0")}, nil},
		{"with weight 10", docs{stable, web, httpRoute("web 100")}, docs{stable, canary, web, own, httpRoute("web 90", "web-canary 10")}, []string{ten}},
		{"the weight of what runs rises", docs{stable, canary, web, own, httpRoute("web 100", "web-canary 0")}, docs{stable, canary, web, own, httpRoute("web 90", "web-canary 10")}, nil},
		{"the weight of what has no pods rises", docs{stable, with(canary, "replicas: 3", "replicas: 0"), web, own, httpRoute("web 100", "web-canary 0")},
			docs{stable, canary, web, own, httpRoute("web 90", "web-canary 10")}, []string{ten}},
		{"a Service for pods that run", docs{stable, canary, both, httpRoute("web 100")}, docs{stable, canary, web, own, httpRoute("web 90", "web-canary 10")}, nil},
		{"with a new route", docs{stable, web}, docs{stable, canary, web, own, httpRoute("web 90", "web-canary 10")}, []string{ten}},
		{"under a new name", docs{stable, web, at(httpRoute("web 100"), "www.acme.io")},
			docs{renamed(stable), renamed(web), renamed(at(httpRoute("web 100"), "www.acme.io"))}, []string{
				`error backend-comes-at-zero HTTPRoute/shop/shop: 100 % of the requests of HTTPRoute/shop would go to Service/shop, which no pod serves before this step`}},
		{"under a new name, when its pods run", docs{stable, web, at(httpRoute("web 100"), "www.acme.io"), renamed(stable), renamed(web)},
			docs{stable, web, renamed(stable), renamed(web), renamed(at(httpRoute("web 100"), "www.acme.io"))}, nil},
		{"another host", docs{stable, web, at(httpRoute("web 100"), "www.acme.io")},
			docs{renamed(stable), renamed(web), renamed(at(httpRoute("web 100"), "new.acme.io"))}, nil},
		{"a new app", nil, docs{stable, canary, web, own, httpRoute("web 90", "web-canary 10")}, nil},
		{"a first route to an app", docs{stable, web}, docs{stable, web, httpRoute("web 100")}, nil},
		{"only for testers", docs{stable, web, httpRoute("web 100")}, docs{stable, canary, web, own,
			with(httpRoute("web 100", "web-canary 0"), "rules: [", `rules: [{matches: [{headers: [{name: x-canary, value: "true"}]}], backendRefs: [{name: web-canary, weight: 100}]}, `)}, nil},
		{"for testers and everybody else", docs{stable, web, httpRoute("web 100")}, docs{stable, canary, web, own,
			with(httpRoute("web 90", "web-canary 10"), "rules: [{", `rules: [{matches: [{headers: [{name: x-canary, value: "true"}]}, {path: {value: /}}], `)}, []string{ten}},
		{"another app with a path of its own", docs{stable, web, with(httpRoute("web 100"), "rules: [{", "rules: [{matches: [{path: {type: PathPrefix, value: /web}}], ")},
			docs{stable, canary, web, own, with(httpRoute("web 100"), "rules: [{", "rules: [{backendRefs: [{name: web-canary}], matches: [{path: {type: PathPrefix, value: /new}}]}, {matches: [{path: {type: PathPrefix, value: /web}}], ")}, nil},
		{"a path that another backend had", docs{stable, web, with(httpRoute("web 100"), "rules: [{", "rules: [{matches: [{path: {type: PathPrefix, value: /}}], ")},
			docs{stable, canary, web, own, with(httpRoute("web 100"), "rules: [{", "rules: [{backendRefs: [{name: web-canary}], matches: [{path: {type: PathPrefix, value: /new}}]}, {matches: [{path: {type: PathPrefix, value: /}}], ")}, []string{
				`error backend-comes-at-zero HTTPRoute/shop/web: 100 % of the requests of HTTPRoute/web would go to Service/web-canary, which no pod serves before this step`}},
		{"a name outside of the manifests", docs{stable, web, httpRoute("web 100")}, docs{stable, web, httpRoute("web 90", "legacy 10")}, nil},
		{"all to another app's new Service", docs{stable, web, httpRoute("web 100")}, docs{canary, own, httpRoute("web-canary 100")}, []string{
			`error backend-comes-at-zero HTTPRoute/shop/web: 100 % of the requests of HTTPRoute/web would go to Service/web-canary, which no pod serves before this step`}},

		{"Istio: with weight 0", docs{stable, both, destinationRule("stable"), virtualService("stable 100")}, docs{stable, canary, both, subsets, virtualService("stable 100", "canary 0")}, nil},
		{"Istio: with weight 5", docs{stable, both, destinationRule("stable"), virtualService("stable 100")}, docs{stable, canary, both, subsets, virtualService("stable 95", "canary 5")}, []string{
			`error backend-comes-at-zero VirtualService/shop/web: 5 % of the requests of VirtualService/web would go to subset canary of Service/web, which no pod serves before this step`}},
		{"Istio: only for testers", docs{stable, both, destinationRule("stable"), virtualService("stable 100")}, docs{stable, canary, both, subsets,
			with(virtualService("stable 100", "canary 0"), "http: [", `http: [{match: [{headers: {x-canary: {exact: "true"}}}], route: [{destination: {host: web, subset: canary}}]}, `)}, nil},

		{"E02: a Rollout's weights are the controller's", docs{workloadOf("Rollout", "web", "app: web", "web:1"), both, destinationRule("stable", "canary"), virtualService("stable 100", "canary 0")},
			docs{workloadOf("Rollout", "web", "app: web", "web:2"), both, destinationRule("stable", "canary"), virtualService("stable 100", "canary 0")}, nil},
	})
}

func TestBackendLeavesAtZero(t *testing.T) {
	web, own := serviceOf("web", "app: web, track: stable"), serviceOf("web-canary", "app: web, track: canary")
	both, subsets := serviceOf("web", "app: web"), destinationRule("stable", "canary")
	running := func(weights ...string) docs { return docs{stable, canary, web, own, httpRoute(weights...)} }
	meshed := func(weights ...string) docs { return docs{stable, canary, both, subsets, virtualService(weights...)} }
	ten := `error backend-leaves-at-zero HTTPRoute/shop/web: Deployment/web-canary would go away while 10 % of the requests of HTTPRoute/web go to Service/web-canary`
	runCases(t, []stepCase{
		{"after weight 0", running("web 100", "web-canary 0"), docs{stable, web, httpRoute("web 100")}, nil},
		{"the weight falls to 0", running("web 90", "web-canary 10"), running("web 100", "web-canary 0"), nil},
		{"the backend goes, its pods stay", running("web 90", "web-canary 10"), docs{stable, canary, web, own, httpRoute("web 100")}, nil},
		{"at weight 10", running("web 90", "web-canary 10"), docs{stable, web, httpRoute("web 100")}, []string{ten}},
		{"at weight 10, with the route", running("web 90", "web-canary 10"), docs{stable, web}, []string{ten}},
		{"its Service alone, at weight 10", running("web 90", "web-canary 10"), docs{stable, canary, web, httpRoute("web 100")}, []string{
			`error backend-leaves-at-zero HTTPRoute/shop/web: Service/web-canary would go away while 10 % of the requests of HTTPRoute/web go to Service/web-canary`}},
		{"its Service, while a route names it", running("web 100", "web-canary 0"), docs{stable, web, httpRoute("web 100", "web-canary 0")}, []string{
			`error backend-leaves-at-zero HTTPRoute/shop/web: Service/web-canary would go away, and HTTPRoute/web still names it`}},
		{"a path and its Service, not its pods", append(running("web 100")[:4], with(httpRoute("web 100"), "rules: [", "rules: [{matches: [{path: {value: /old}}], backendRefs: [{name: web-canary}]}, ")),
			docs{stable, canary, web, httpRoute("web 100")}, nil},
		{"the whole app", running("web 90", "web-canary 10"), nil, nil},
		{"only for testers", append(running("web 100", "web-canary 0")[:4],
			with(httpRoute("web 100"), "rules: [", `rules: [{matches: [{headers: [{name: x-canary, value: "true"}]}], backendRefs: [{name: web-canary}]}, `)),
			docs{stable, web, httpRoute("web 100")}, nil},
		{"the Service of an Ingress", docs{stable, web, ingress}, docs{stable, ingress}, []string{
			`error backend-leaves-at-zero Ingress/shop/web: Service/web would go away, and Ingress/web still names it`}},

		{"the Service of an Ingress that Flagger makes", docs{stable, web, ingress}, docs{stable, ingress, flaggerCanary}, []string{
			`warning serving-workload-stays Service/shop/web: Service/web would go away, and Flagger makes its own only afterwards: until then nobody finds the app`}},

		{"Istio: after weight 0", meshed("stable 100", "canary 0"), docs{stable, both, destinationRule("stable"), virtualService("stable 100")}, nil},
		{"Istio: at weight 5", meshed("stable 95", "canary 5"), docs{stable, both, destinationRule("stable"), virtualService("stable 100")}, []string{
			`error backend-leaves-at-zero VirtualService/shop/web: Deployment/web-canary would go away while 5 % of the requests of VirtualService/web go to subset canary of Service/web`}},
		{"Istio: the subset alone", meshed("stable 95", "canary 5"), docs{stable, canary, both, destinationRule("stable"), virtualService("stable 100")}, []string{
			`error backend-leaves-at-zero VirtualService/shop/web: subset canary of Service/web would go away while 5 % of the requests of VirtualService/web go to subset canary of Service/web`}},
		{"Istio: a subset that a rule names", meshed("stable 100", "canary 0"), docs{stable, canary, both, destinationRule("stable"), virtualService("stable 100", "canary 0")}, []string{
			`error backend-leaves-at-zero VirtualService/shop/web: subset canary of Service/web would go away, and VirtualService/web still names it`}},
		{"Istio: its pods alone", meshed("stable 95", "canary 5"), docs{stable, both, subsets, virtualService("stable 95", "canary 5")}, []string{
			`error backend-leaves-at-zero VirtualService/shop/web: Deployment/web-canary would go away while 5 % of the requests of VirtualService/web go to subset canary of Service/web`}},
		{"Istio: no subsets any more", docs{stable, both, destinationRule("stable"), virtualService("stable 100")}, docs{stable, both, with(virtualService("stable 100"), ", subset: stable", "")}, nil},

		{"shared Service: with pods", docs{stable, canary, both}, docs{stable, both}, []string{
			`error backend-leaves-at-zero Deployment/shop/web-canary: Deployment/web-canary would go away while it has 3 pods of the 6 pods behind Service/web`}},
		{"shared Service: on every node", docs{stable, workloadOf("DaemonSet", "agent", "app: web", "web:1"), both}, docs{stable, both}, []string{
			`error backend-leaves-at-zero DaemonSet/shop/agent: DaemonSet/agent would go away while it serves Service/web beside Deployment/web`}},
		{"shared Service: without pods", docs{stable, with(canary, "replicas: 3", "replicas: 0"), both}, docs{stable, both}, nil},
		{"shared Service: scaled down", docs{stable, canary, both}, docs{stable, with(canary, "replicas: 3", "replicas: 0"), both}, nil},
	})
}

const ingress = `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: shop}
spec: {rules: [{host: web.acme.io, http: {paths: [{path: /, backend: {service: {name: web, port: {number: 80}}}}]}}]}
`

func TestServingWorkloadStays(t *testing.T) {
	both := serviceOf("web", "app: web")
	toBlue, toGreen := serviceOf("web", "color: blue"), serviceOf("web", "color: green")
	rollout := workloadOf("Rollout", "web", "app: web, track: stable", "web:1")
	const replaced = `error serving-workload-stays Service/shop/web: Deployment/web would go away, and `
	runCases(t, []stepCase{
		{"rolling to canary", docs{stable, both}, docs{stable, canary, serviceOf("web", "app: web, track: stable"), serviceOf("web-canary", "app: web, track: canary")}, nil},
		{"rolling to blue-green", docs{stable, both}, docs{blue, serviceOf("web", "app: web, color: blue")}, []string{
			replaced + `Deployment/web-blue, which Service/web selects instead, does not run before this step`}},
		{"rolling to blue-green, in two steps", docs{stable, blue, both}, docs{blue, serviceOf("web", "app: web, color: blue")}, nil},
		{"a Deployment to a Rollout", docs{stable, both}, docs{rollout, both}, []string{
			replaced + `Rollout/web, which Service/web selects instead, does not run before this step`}},
		{"a Rollout to a Deployment", docs{rollout, both}, docs{stable, both}, []string{
			`error serving-workload-stays Service/shop/web: Rollout/web would go away, and Deployment/web, which Service/web selects instead, does not run before this step`}},
		{"another name", docs{stable, both, serviceOf("web-admin", "app: web")}, docs{with(stable, "name: web,", "name: shop,"), both, serviceOf("web-admin", "app: web")}, []string{
			replaced + `Deployment/shop, which Service/web selects instead, does not run before this step`}},
		{"nothing instead", docs{stable, both}, docs{both}, []string{
			`error serving-workload-stays Service/shop/web: Service/web would have no pods behind it any more: Deployment/web goes away, and nothing replaces it`}},
		{"a selector of nothing", docs{stable, both}, docs{stable, serviceOf("web", "app: wbe")}, []string{
			`error serving-workload-stays Service/shop/web: Service/web would have no pods behind it any more: its selector leaves Deployment/web`}},
		{"with its Service", docs{stable, both}, nil, nil},
		{"the Service alone", docs{stable, both}, docs{stable}, nil},
		{"an app that comes", nil, docs{stable, both}, nil},
		{"E03: the old colour goes with the flip", docs{blue, green, toBlue}, docs{green, toGreen}, []string{
			`warning serving-workload-stays Service/shop/web: Deployment/web-blue would go away in the step that takes the traffic of Service/web from it: there is no quick way back, and open connections break`}},
		{"the old colour goes later", docs{blue, green, toGreen}, docs{green, toGreen}, nil},
		{"a preview", docs{blue, green, toBlue, serviceOf("web-preview", "color: green")}, docs{blue, toBlue, serviceOf("web-preview", "color: green")}, nil},
		{"an app that is called preview", docs{stable, with(both, "name: web,", "name: web-preview,")}, docs{with(both, "name: web,", "name: web-preview,")}, []string{
			`error serving-workload-stays Service/shop/web-preview: Service/web-preview would have no pods behind it any more: Deployment/web goes away, and nothing replaces it`}},
		{"to another cluster", docs{stable, both}, docs{with(both, "selector: {app: web}", "type: ExternalName, externalName: web.acme.io")}, nil},
		{"a workload without pods", docs{with(stable, "replicas: 3", "replicas: 0"), both}, docs{blue, serviceOf("web", "color: blue")}, nil},
		{"a Service that others fill", docs{stable, with(both, "selector: {app: web}", "type: ClusterIP")}, docs{with(both, "selector: {app: web}", "type: ClusterIP")}, nil},
		{"another namespace", docs{stable, both, with(stable, "namespace: shop", "namespace: dev")}, docs{stable, both}, nil},
		{"Flagger takes the Service over", docs{stable, both}, docs{stable, flaggerCanary}, []string{
			`warning serving-workload-stays Service/shop/web: Service/web would go away, and Flagger makes its own only afterwards: until then nobody finds the app`}},
		{"a release by Flagger", docs{stable, flaggerCanary}, docs{with(stable, "web:1", "web:2"), flaggerCanary}, nil},
	})
}

const flaggerCanary = `
apiVersion: flagger.app/v1beta1
kind: Canary
metadata: {name: web, namespace: shop}
spec: {targetRef: {apiVersion: apps/v1, kind: Deployment, name: web}}
`

// at gives a route a host.
func at(route, host string) string { return with(route, "spec: {", "spec: {hostnames: ["+host+"], ") }

// renamed is a document of web as one of an app called shop.
func renamed(doc string) string {
	return strings.NewReplacer("name: web", "name: shop", "instance: web", "instance: shop", "app: web", "app: shop").Replace(doc)
}
