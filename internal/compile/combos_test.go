package compile_test

import (
	"fmt"
	"strings"
)

// digests are of the two versions; a critical app needs one.
const (
	imageOne = "registry.acme.io/web:1.0@sha256:1111111111111111111111111111111111111111111111111111111111111111"
	imageTwo = "registry.acme.io/web:2.0@sha256:2222222222222222222222222222222222222222222222222222222222222222"
)

// A state is what an app says about its rollout.
type state struct {
	strategy      string // empty: the field is not there
	active, phase string // of a blue-green; phase is empty while the idle colour is absent
	via           string // of a canary
	image         bool   // a canary is in progress
	weight        int    // -1: the field is not there
	finished      bool   // the stable side runs the new version already
	header        bool
	sticky        bool
}

// String writes the field as a spec has it.
func (r state) String() string {
	switch r.strategy {
	case "blueGreen":
		idle := ""
		if r.phase != "" {
			idle = fmt.Sprintf(", idle: {image: %q, phase: %q}", imageTwo, r.phase)
		}
		return fmt.Sprintf("blueGreen: {active: %q%s}", r.active, idle)
	case "canary":
		s := fmt.Sprintf("canary: {via: %q", r.via)
		if r.image {
			s += fmt.Sprintf(", image: %q", imageTwo)
		}
		if r.weight >= 0 {
			s += fmt.Sprintf(", weight: %d", r.weight)
		}
		if r.header {
			s += `, header: {name: "x-canary", value: "always"}`
		}
		if r.sticky {
			s += ", sticky: true"
		}
		return s + "}"
	}
	return r.strategy + ": {}"
}

// releases are all strategies in all of their states.
func releases() []state {
	all := []state{{}, {strategy: "rolling"}, {strategy: "recreate"}}
	for _, active := range []string{"blue", "green"} {
		for _, phase := range []string{"", "preview", "warm", "previous"} {
			all = append(all, state{strategy: "blueGreen", active: active, phase: phase})
		}
	}
	for _, via := range []string{"argo", "flagger", "istio", "gateway", "replicas"} {
		states := []state{
			{weight: -1}, {image: true, weight: -1}, {image: true, weight: 0}, {image: true, weight: 20}, {image: true, weight: 50},
			{image: true, weight: 50, finished: true}, {image: true, weight: 0, finished: true}, {weight: 20},
		}
		if via == "argo" || via == "flagger" {
			states = []state{{weight: -1}, {weight: -1}, {image: true, weight: -1}, {weight: 20}} // the first is what is rendered most
		}
		for _, r := range states {
			for options := range 4 {
				r.strategy, r.via, r.header, r.sticky = "canary", via, options&1 > 0, options&2 > 0
				all = append(all, r)
			}
		}
	}
	return all
}

// A combo is one app: the state of a release, and everything that must go with it.
type combo struct {
	state
	name    string // of the app and of its namespace
	kind    string
	tier    string
	expose  string // empty: nobody outside
	scale   string
	mesh    bool // it runs where pods have sidecars
	migrate bool
	ports   bool   // it has further ports, of which one carries no requests
	next    string // the app that it calls; empty: none
	caller  string // the app that calls it; empty: none
}

var (
	tiers   = []string{"critical", "standard", "best-effort"}
	routers = []string{"", "gateway", "istio", "ingress", "loadbalancer"}
	scales  = []string{"", "replicas: 1", "replicas: 3", "scale: {min: 3, max: 10}", "scale: {min: 4, max: 9, rps: 50}"}
)

// ways are five ways from outside, most of them such that the engine of a canary can split what comes in.
func (r state) ways() []string {
	switch r.via {
	case "gateway":
		return []string{"gateway", "gateway", "gateway", "istio", ""}
	case "istio":
		return []string{"istio", "", "istio", "", "loadbalancer"}
	case "flagger":
		return []string{"gateway", "istio", "gateway", "", "ingress"}
	}
	return routers
}

// combos puts every release together with every pair of what surrounds it: the columns of an orthogonal array with five levels, in
// which any two meet in all their values within 25 rows.
func combos() []combo {
	var all []combo
	for _, r := range releases() {
		add := func(kind string, row int) {
			i, j := row/5, row%5
			c := combo{
				state: r, kind: kind,
				expose: r.ways()[i], scale: scales[j], tier: tiers[(i+j)%5%3], mesh: (i+2*j)%5%2 == 0, migrate: (i+3*j)%5%2 == 0, ports: (i+4*j)%5%2 == 1,
			}
			if kind == "worker" || kind == "cron" {
				c.expose = ""
			}
			c.name = fmt.Sprintf("a%d", len(all))
			all = append(all, c)
		}
		for row := range 25 {
			add("service", row)
		}
		for row := range 10 {
			add("worker", row)
		}
		for row := range 25 {
			if row%4 == 0 {
				add("stateful", row)
				add("cron", row)
			}
		}
	}
	return all
}

// String writes the spec, one field on a line.
func (c combo) String() string {
	image := imageOne
	if c.finished {
		image = imageTwo
	}
	lines := []string{fmt.Sprintf("team: %q", "shop"), fmt.Sprintf("namespace: %q", c.name), fmt.Sprintf("tier: %q", c.tier), fmt.Sprintf("kind: %q", c.kind), fmt.Sprintf("image: %q", image)}
	add := func(has bool, format string, args ...any) {
		if has {
			lines = append(lines, fmt.Sprintf(format, args...))
		}
	}
	requests := c.kind == "service" || c.kind == "stateful"
	add(c.strategy != "", "rollout: %s", c.state)
	add(c.scale != "", "%s", c.scale)
	from := ""
	if c.expose == "loadbalancer" {
		from = `, from: ["203.0.113.0/24"]`
	}
	add(c.expose != "", "expose: {host: \"%s.acme.io\", via: %q%s}", c.name, c.expose, from)
	add(c.migrate, `migrate: command: ["/migrate", "up"]`)
	add(requests && c.ports, `ports: {http: 8080, "grpc-admin": 9090, "tcp-feed": 7000}`)
	add(requests, "slo: availability: 99")
	add(requests, "traffic: rps: 500")
	add(c.kind == "cron", `schedule: "17 3 * * *"`)
	add(c.kind == "stateful", `storage: data: {size: "1Gi", mount: "/data"}`)
	add(true, "needs: orders: postgres: ephemeral: true")
	add(c.next != "", "needs: %s: app: soft: true", c.next)
	add(c.caller != "", "calledBy: [%q]", c.caller)
	add(true, "environments: %s: false", map[bool]string{true: "plain", false: "mesh"}[c.mesh])
	return fmt.Sprintf("apps: %s: {\n\t%s\n}\n", c.name, strings.Join(lines, "\n\t"))
}

// platformOfCombos has everything that an app may ask for, in two clusters.
const platformOfCombos = `package platform
#facts: {
	kubernetes: "1.34"
	zones: ["a", "b", "c"]
	capabilities: ["argo-rollouts", "externalsecrets", "flagger", "gateway", "ingress", "istio", "keda", "prometheus", "vpa"]
	gateway: {name: "public", namespace: "gateway", labels: app: "gateway"}
	istioGateway: {name: "public", namespace: "istio-ingress", labels: istio: "gateway"}
	ingress: {class: "nginx", namespace: "ingress", labels: app: "nginx"}
	scrape: {namespace: "monitoring", labels: app: "prometheus"}
	secretStore: name: "vault"
	...
}
platform: {
	environments: mesh: #facts & {mesh: "sidecar"}
	environments: plain: #facts
	databases: orders: {kind: "postgres", host: "orders.acme.io", cidrs: ["10.20.0.0/24"], maxConnections: 500}
}
`

// routed is who can split the requests of a combo: the router of its route, else the sidecars.
func (c combo) routed() string {
	switch {
	case c.kind == "service" && c.expose == "" && c.mesh:
		return "istio"
	case c.kind == "service" && (c.expose == "istio" || c.expose == "gateway"):
		return c.expose
	}
	return ""
}

// fixedPods is how many pods the stable side of a combo has at least.
func (c combo) fixedPods() int {
	n := map[string]int{"replicas: 1": 1, "replicas: 3": 3, scales[3]: 3, scales[4]: 4}[c.scale]
	if n == 0 {
		n = map[string]int{"critical": 3, "standard": 2, "best-effort": 1}[c.tier]
	}
	return n
}

// canaryPods is how many pods beside the stable ones come nearest to the weight, and the percentage that they really make.
func (c combo) canaryPods() (pods, share int) {
	n, w := c.fixedPods(), max(c.weight, 0)
	if w == 0 {
		return 0, 0
	}
	pods = max(1, (2*n*w+100-w)/(2*(100-w)))
	return pods, (200*pods + n + pods) / (2 * (n + pods))
}

// contradictions returns the fields at which a combo must be refused, as the design says; none: it must be rendered.
func (c combo) contradictions() (fields []string) {
	must := func(field string, refused bool) {
		if refused {
			fields = append(fields, field)
		}
	}
	canary, keda := c.strategy == "canary", strings.Contains(c.scale, "rps")
	controller := c.via == "argo" || c.via == "flagger"
	split := c.via == "istio" || c.via == "gateway" || c.via == "flagger"
	scale, _, _ := strings.Cut(c.scale, ":")
	must(scale, c.kind == "cron" && c.scale != "")
	must("migrate", c.kind == "cron" && c.migrate)
	must("rollout", c.kind == "cron" && c.strategy != "")
	must("rollout", c.kind == "stateful" && (canary || c.strategy == "recreate" || c.strategy == "blueGreen"))
	must("rollout", c.kind == "worker" && (c.strategy == "blueGreen" || split))
	must("scale", c.kind == "worker" && keda)
	must("replicas", c.tier == "critical" && c.scale == "replicas: 1" && (c.kind == "service" || c.kind == "worker"))
	if !canary || c.kind == "stateful" || c.kind == "cron" {
		return fields
	}
	must("rollout", c.via == "istio" && c.routed() != "istio" || c.via == "gateway" && c.routed() != "gateway" || c.via == "flagger" && c.routed() == "")
	must("rollout", c.via == "flagger" && keda)
	must("rollout", controller && (c.image || c.weight >= 0) || !controller && c.weight >= 0 && !c.image)
	must("rollout", c.header && (c.via == "flagger" || c.via == "replicas" || c.via == "argo" && (c.routed() != "istio" || c.mesh && c.ports))) // its one route for the header leads to one port
	must("rollout", c.sticky && (c.via == "gateway" || c.via == "argo" && c.routed() == "istio" || c.kind == "worker"))
	if _, share := c.canaryPods(); c.via == "replicas" && c.image && c.weight > 0 {
		must("rollout", share-c.weight > 5 || c.weight-share > 5)
	}
	return fields
}
