package resolve

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"unicode"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/diag"
)

// corpus is a project that uses every field that this version resolves.
var corpus = map[string]string{
	"platform.cue": strings.Replace(variant(`"cilium", `, `"argo-rollouts", "cilium", "cnpg", "flagger", `), "environments: prod: {", `
	teams: shop: {namespace: "shop-prod"}
	databases: {
		orders: {kind: "postgres", host: "orders.db.acme.io", cidrs: ["10.20.0.0/24"], maxConnections: 500}
		events: {kind: "kafka", host: "events.acme.io", cidrs: ["10.20.1.0/24"]}
		cache: {kind: "redis", host: "cache.acme.io", cidrs: ["10.20.2.0/24"]}
	}
	tiers: standard: revisionHistory: 5
	environments: prod: {
		priorityClasses: critical: "business"
		pullSecret: "registry"
		nodeSelector: "kubernetes.io/arch": "amd64"
		tolerations: [{key: "dedicated", value: "apps", effect: "NoSchedule"}, {key: "any"}]
		podAnnotations: "acme.io/owner": "platform"
		istioGateway: {name: "istio", namespace: "istio", labels: {istio: "gateway"}}
		endpointDrain: "20s"
		apiServerCIDRs: ["10.0.0.1/32"]
		objectstores: files: {endpoint: "s3.acme.io", cidrs: ["10.30.0.0/24"]}`, 1),
	"app.cue": `
apps: checkout: {
	team: "shop", tier: "critical", image: "registry.acme.io/checkout:1.4.2` + digest + `"
	command: ["/app"], args: ["-v"], ports: {http: 8080, "grpc-admin": 9090, "udp-dns": 53}
	metrics: {port: 9100, path: "/m", buckets: [0.1, 0.25]}
	health: {ready: "/r", live: "/l", startup: "5m", drain: "40s"}
	resources: {cpu: "500m", memory: "512Mi", cpuLimit: "1", memoryLimit: "1Gi", ephemeral: "1Gi"}
	runtime: "jvm"
	scale: {min: 4, max: 20, cpu: 55}
	slo: {availability: 99.9, latency: {percent: 95, under: "250ms"}, window: "30d"}
	expose: host: "checkout.acme.io"
	env: {LOG_LEVEL: "info", SELF: "$(POD_IP)"}
	config: "app.toml": "a = 1\n"
	secrets: stripe: {key: "stripe", property: "token", env: "STRIPE_TOKEN"}
	secrets: tls: {key: "tls", file: "tls.pem"}
	kubernetes: [{resource: "configmaps", verbs: ["get"], names: ["flags"]}]
	storage: shared: {size: "1Gi", mount: "/shared", access: "ReadWriteMany", class: "nfs"}
	writable: ["/var/cache/app"]
	recovery: {rpo: "4h", rto: "1h"}
	sidecars: proxy: {image: "registry.acme.io/proxy:2` + digest + `", port: 81, size: "s", args: ["-x"], env: A: "b"}
	user: 2000
	needs: {orders: postgres: {pool: 4, url: "DATABASE_URL"}, cache: redis: {}, pricing: app: {}, files: objectstore: {bucket: "invoices", access: "read"}, stripe: external: {host: "api.stripe.com"}}
}
apps: pricing: {team: "shop", tier: "standard", image: "registry.acme.io/pricing:1", calledBy: ["checkout"], ports: grpc: 5000, spot: true, runtime: "go", scale: {rps: 20, max: 9}, metrics: port: 9090, namespace: "pricing"}
apps: consumer: {team: "shop", tier: "standard", image: "registry.acme.io/consumer:1", kind: "worker", scale: {min: 0, max: 5, queue: {need: "events", lag: 100, topic: "orders"}}, needs: events: kafka: {topics: ["orders"]}}
apps: nightly: {team: "shop", tier: "best-effort", image: "registry.acme.io/nightly:1", kind: "cron", schedule: "@daily", deadline: "20m", runtime: "node"}
apps: ledger: {team: "bank", tier: "critical", image: "registry.acme.io/ledger:1` + digest + `", kind: "stateful", replicas: 3, storage: data: {size: "10Gi", mount: "/data"}, health: tcp: true}
apps: legacy: {team: "shop", tier: "best-effort", image: "registry.acme.io/legacy:1", singleton: true, health: {exec: ["/check"]}, runtime: "dotnet", size: "2xl"}
apps: tiny: {team: "shop", tier: "best-effort", image: "registry.acme.io/tiny:1", spot: true}
apps: search: {
	team: "shop", tier: "critical", image: "registry.acme.io/search:1` + digest + `", scale: {min: 4, max: 20}
	expose: {host: "search.acme.io", via: "istio"}
	rollout: canary: {image: "registry.acme.io/search:2` + digest + `", weight: 5, via: "istio", header: {name: "x-canary", value: "always"}, sticky: true, hold: true, steps: [{weight: 5, pause: "1h"}, {weight: 50}]}
	slo: availability: 99.9
	traffic: rps: 1
	runtime: "go"
	secrets: stripe: {key: "stripe", property: "token"}
	needs: {orders: postgres: {pool: 2, url: "DATABASE_URL"}, vault: app: {}}
	migrate: command: ["/search", "migrate"]
}
apps: books: {team: "shop", tier: "standard", image: "registry.acme.io/books:1", migrate: command: ["/up"], scale: max: 9, needs: {ledger: postgres: {provision: "cnpg", pool: 40, recovery: {rpo: "1m", rto: "1h"}}, stock: postgres: {provision: "cnpg", pool: 12, size: "20Gi", recovery: {rpo: "1h", rto: "1h"}}}}
apps: vault: {team: "shop", tier: "standard", image: "registry.acme.io/vault:1", kind: "stateful", storage: data: {size: "1Gi", mount: "/data"}, calledBy: ["search"]}
apps: argo: {team: "shop", tier: "standard", image: "registry.acme.io/argo:1", expose: {host: "argo.acme.io", via: "istio"}, rollout: canary: {}, slo: {availability: 99.5, latency: {percent: 95, under: "250ms"}}}
apps: flagger: {team: "shop", tier: "standard", image: "registry.acme.io/flagger:1", expose: host: "flagger.acme.io", rollout: canary: {via: "flagger", sticky: true}, slo: availability: 99.5, migrate: {command: ["/up"], image: "registry.acme.io/up:1"}, needs: orders: postgres: {pool: 2, recovery: {rpo: "24h", rto: "30m", expect: [{query: "SELECT 1"}]}}}
apps: gate: {team: "shop", tier: "standard", image: "registry.acme.io/gate:1", expose: host: "gate.acme.io", rollout: canary: {via: "gateway", image: "registry.acme.io/gate:2"}}
apps: plain: {team: "shop", tier: "standard", image: "registry.acme.io/plain:1", scale: min: 3, rollout: canary: {via: "replicas", image: "registry.acme.io/plain:2", weight: 25, sticky: true}}
apps: colours: {team: "shop", tier: "standard", image: "registry.acme.io/colours:1", scale: {min: 10, max: 40}, rollout: blueGreen: {active: "green", idle: {image: "registry.acme.io/colours:2", phase: "warm"}}}
`,
}

func TestEveryFieldHasAnOrigin(t *testing.T) {
	fleets, found := resolveText(t, corpus)
	if diag.HasErrors(found) {
		t.Fatalf("the corpus is not sound:\n%s", format(found))
	}
	for _, a := range fleets[0].Apps {
		origins := map[string]bool{}
		for _, o := range a.Origins {
			origins[o.Path] = true
		}
		seen := map[string]bool{}
		visit(reflect.ValueOf(a), "", func(path string, leaf bool) {
			seen[path] = true
			if !leaf {
				return
			}
			for p := path; p != ""; p = parent(p) {
				if origins[p] {
					return
				}
			}
			t.Errorf("%s: nobody decided %s", a.Name, path)
		})
		for _, o := range a.Origins {
			if !seen[o.Path] {
				t.Errorf("%s: the origin %q names no field", a.Name, o.Path)
			}
			if o.By != app.ByDerived && !o.Pos.IsValid() {
				t.Errorf("%s: %s was decided by the %s, but nothing says where", a.Name, o.Path, o.By)
			}
			if o.By == app.ByDerived && o.Note == "" {
				t.Errorf("%s: %s was derived, but nothing says how", a.Name, o.Path)
			}
		}
	}
}

func TestOriginsAreUnique(t *testing.T) {
	fleets, _ := resolveText(t, corpus)
	for _, a := range fleets[0].Apps {
		seen := map[string]bool{}
		for _, o := range a.Origins {
			if seen[o.Path] {
				t.Errorf("%s: two origins of %s", a.Name, o.Path)
			}
			seen[o.Path] = true
		}
	}
}

// notDecided are fields that say where an app comes from or goes to, not what it is.
var notDecided = map[string]bool{"env": true, "origins": true, "file": true, "selected": true}

// visit calls see for everything below v that is not zero; a leaf is a value without fields.
func visit(v reflect.Value, path string, see func(path string, leaf bool)) {
	if notDecided[path] {
		return
	}
	if path != "" {
		leaf := v.Kind() != reflect.Struct && v.Kind() != reflect.Pointer && v.Kind() != reflect.Slice && v.Kind() != reflect.Map
		see(path, leaf && !v.IsZero())
	}
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			visitFields(v.Elem(), path, see)
		}
	case reflect.Struct:
		visitFields(v, path, see)
	case reflect.Slice:
		for i := range v.Len() {
			visit(v.Index(i), path+"["+elementName(v.Index(i), i)+"]", see)
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			visit(v.MapIndex(k), path+"["+k.String()+"]", see)
		}
	}
}

func visitFields(v reflect.Value, path string, see func(path string, leaf bool)) {
	if v.Kind() != reflect.Struct {
		return
	}
	for i := range v.NumField() {
		name := lowerCamel(v.Type().Field(i).Name)
		if path != "" {
			name = path + "." + name
		}
		visit(v.Field(i), name, see)
	}
}

// elementName is an element's own name, else its place.
func elementName(v reflect.Value, i int) string {
	if v.Kind() == reflect.Struct {
		if name := v.FieldByName("Name"); name.IsValid() && name.String() != "" {
			return name.String()
		}
	}
	return fmt.Sprint(i)
}

// lowerCamel is a Go name as origins write it: "FSGroup" is "fsGroup", "CPUMilli" is "cpuMilli".
func lowerCamel(name string) string {
	rs := []rune(name)
	for i := range rs {
		if i > 0 && i+1 < len(rs) && unicode.IsLower(rs[i+1]) && string(rs[i+1:]) != "s" {
			break
		}
		if !unicode.IsUpper(rs[i]) {
			break
		}
		rs[i] = unicode.ToLower(rs[i])
	}
	return string(rs)
}

// parent is the path above one: "a.b[c].d" is below "a.b[c]", that below "a.b", that below "a".
func parent(path string) string {
	depth := 0
	for i := len(path) - 1; i >= 0; i-- {
		switch path[i] {
		case ']':
			depth++
		case '[':
			if depth--; depth == 0 {
				return path[:i]
			}
		case '.':
			if depth == 0 {
				return path[:i]
			}
		}
	}
	return ""
}
