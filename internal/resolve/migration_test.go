package resolve

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/diag"
)

// withDatabase returns the test platform with a database, inside or outside the cluster, and a way of delivery.
func withDatabase(server, delivery string) string {
	return strings.Replace(variant(`"prometheus", `, `"prometheus", "reloader", `), "platform: {", fmt.Sprintf("platform: {\n\tdelivery: %q\n\tdatabases: orders: {kind: \"postgres\", host: \"orders.db.acme.io\", maxConnections: 500, %s}", delivery, server), 1)
}

const (
	outside = `cidrs: ["10.20.0.0/24"]`
	inside  = `namespace: "db", labels: app: "orders"`
	migrate = "migrate: command: [\"/app\", \"migrate\"]\nneeds: orders: postgres: {managed: true, url: \"DATABASE_URL\"}"
)

func migrationOf(a *app.App) string {
	m := a.Migration
	var names []string
	for _, e := range m.Egress {
		names = append(names, e.Name)
	}
	return fmt.Sprintf("%s %v, %ds, %d retries, to %v", m.Version, m.Command, m.DeadlineSeconds, m.Retries, names)
}

func TestMigrations(t *testing.T) {
	platform := withDatabase(outside, "argocd")
	idle := func(phase string) string {
		return "\nrollout: blueGreen: {active: \"blue\", idle: {image: \"registry.acme.io/web:2.0" + digest + "\", phase: \"" + phase + "\"}}"
	}
	for _, c := range []struct{ spec, want string }{
		{migrate, "1.0 [/app migrate], 600s, 1 retries, to [orders]"},
		{migrate + "\ncalledBy: []", "1.0 [/app migrate], 600s, 1 retries, to [orders]"},
		{strings.Replace(migrate, "migrate: command", "migrate: image: \"registry.acme.io/up:7\"\nmigrate: command", 1), "7 [/app migrate], 600s, 1 retries, to [orders]"},
		{migrate + "\n" + canary2 + `, via: "replicas"}`, "2.0 [/app migrate], 600s, 1 retries, to [orders]"},
		{migrate + idle("preview"), "2.0 [/app migrate], 600s, 1 retries, to [orders]"},
		{migrate + idle("warm"), "2.0 [/app migrate], 600s, 1 retries, to [orders]"},
		{migrate + idle("previous"), "1.0 [/app migrate], 600s, 1 retries, to [orders]"},
		{migrate + "\nneeds: {cache: external: {host: \"a.acme.io\"}}", "1.0 [/app migrate], 600s, 1 retries, to [orders]"},
	} {
		check(t, platform, c.spec, migrationOf, c.want)
	}
}

// The Job knows what the app knows; only under helm, where it runs before the app's Secrets are made, it has its own.
func TestMigrationSecrets(t *testing.T) {
	spec := migrate + "\nruntime: \"go\"\nenv: LEVEL: \"info\"\nsecrets: {stripe: {key: \"stripe\", env: \"STRIPE\"}, old: {existing: \"legacy\", property: \"a\", env: \"OLD\"}}"
	see := func(a *app.App) string {
		var out []string
		for _, s := range a.Migration.Secrets {
			out = append(out, s.Name+" "+s.Path)
		}
		for _, v := range a.Migration.Variables {
			if v.Secret != "" || v.Name == "GOMEMLIMIT" || v.Name == "LEVEL" {
				out = append(out, v.Name+"="+v.Value+v.Secret)
			}
		}
		return strings.Join(out, ", ")
	}
	check(t, withDatabase(outside, "argocd"), spec, see, "legacy , web-orders-credentials /var/run/secrets/orders, web-stripe , DATABASE_URL=web-orders-credentials, GOMEMLIMIT=230MiB, OLD=legacy, ORDERS_USER=web-orders-credentials, STRIPE=web-stripe, LEVEL=info")
	check(t, withDatabase(outside, "helm"), spec, see, "legacy , web-migrate-orders-credentials /var/run/secrets/orders, web-migrate-stripe , DATABASE_URL=web-migrate-orders-credentials, GOMEMLIMIT=230MiB, OLD=legacy, ORDERS_USER=web-migrate-orders-credentials, STRIPE=web-migrate-stripe, LEVEL=info")
	// Another image has another runtime.
	other := strings.Replace(spec, "migrate: command", "migrate: image: \"registry.acme.io/up:7\"\nmigrate: command", 1)
	check(t, withDatabase(outside, "argocd"), other, see, "legacy , web-orders-credentials /var/run/secrets/orders, web-stripe , DATABASE_URL=web-orders-credentials, OLD=legacy, ORDERS_USER=web-orders-credentials, STRIPE=web-stripe, LEVEL=info")
	a, _ := resolveApp(t, withDatabase(outside, "helm"), spec)
	if !slices.ContainsFunc(a.Secrets, func(s app.Secret) bool { return s.Name == "web-stripe" }) {
		t.Errorf("the app's own secrets were renamed: %v", a.Secrets)
	}
}

// The credentials of what the Job doesn't reach stay with the app; what is no credential stays, for the program may ask for it.
func TestMigrationsOpenOnlyWhatTheyReach(t *testing.T) {
	platform := strings.Replace(withDatabase(outside, "kubectl"), "platform: {", `platform: {
	databases: {cache: {kind: "redis", host: "cache.acme.io", cidrs: ["10.20.1.0/24"]}, events: {kind: "rabbitmq", host: "events.acme.io", cidrs: ["10.20.1.0/24"]}}`, 1)
	spec := migrate + "\nneeds: {cache: redis: url: \"CACHE_URL\", events: rabbitmq: {}}\nsecrets: stripe: {key: \"stripe\"}\nenv: MOTTO: \"/var/run/secrets/cache/\""
	check(t, platform, spec, func(a *app.App) string {
		var out []string
		for _, s := range a.Migration.Secrets {
			out = append(out, s.Name)
		}
		for _, v := range a.Migration.Variables {
			out = append(out, v.Name)
		}
		return strings.Join(out, " ")
	}, "web-orders-credentials web-stripe CACHE_ADDR CACHE_HOST CACHE_PORT CACHE_TIMEOUT CACHE_TTL_JITTER DATABASE_URL EVENTS_ADDR EVENTS_HOST EVENTS_PORT ORDERS_ADDR ORDERS_DATABASE ORDERS_HOST ORDERS_PASSWORD_FILE ORDERS_PORT ORDERS_USER MOTTO")
}

// Of the tools that don't wait for a database that is made with the app, those that make it in the meantime let the migration try again.
func TestMigrationsWaitForTheirDatabase(t *testing.T) {
	for delivery, want := range map[string]int32{"kubectl": 6, "flux": 6, "argocd": 1, "helm": 1} {
		platform := strings.Replace(withDatabase(outside, delivery), `"cilium"`, `"cilium", "cnpg"`, 1)
		a, _ := resolveApp(t, platform, `migrate: command: ["/up"]`+"\nneeds: own: postgres: {provision: \"cnpg\", pool: 2, recovery: {rpo: \"1h\", rto: \"1h\"}}")
		if got := a.Migration.Retries; got != want {
			t.Errorf("%s: %d retries, want %d", delivery, got, want)
		}
	}
}

// A stateful app of the project that holds the data lets the Job in; of a server from elsewhere, somebody else must.
func TestDatabasesLetMigrationsIn(t *testing.T) {
	fleets, found := resolveText(t, map[string]string{"platform.cue": testPlatform, "app.cue": `
apps: web: {team: "shop", tier: "standard", image: "registry.acme.io/web:1", migrate: command: ["/up"], needs: {db: app: {}, api: app: {}}}
apps: db: {team: "data", tier: "standard", image: "registry.acme.io/db:1", kind: "stateful", ports: postgres: 5432, storage: data: {size: "1Gi", mount: "/data"}, recovery: {rpo: "4h", rto: "1h"}, calledBy: ["web"], metrics: false}
apps: api: {team: "shop", tier: "standard", image: "registry.acme.io/api:1", calledBy: ["web"]}
`})
	if diag.HasErrors(found) {
		t.Fatal(format(found))
	}
	doors := map[string]string{}
	for _, a := range fleets[0].Apps {
		for _, e := range a.Ingress {
			doors[a.Name] += fmt.Sprintf("%s %v %d; ", e.Name, e.Peer.Labels, e.Ports[0].Number)
		}
	}
	for name, want := range map[string]string{
		"db":  "web map[app.kubernetes.io/component:app app.kubernetes.io/instance:web] 5432; web-migrate map[app.kubernetes.io/component:migration app.kubernetes.io/instance:web] 5432; ",
		"api": "web map[app.kubernetes.io/component:app app.kubernetes.io/instance:web] 8080; ",
		"web": "",
	} {
		if doors[name] != want {
			t.Errorf("into %s\n got %s\nwant %s", name, doors[name], want)
		}
	}

	_, found = resolveApp(t, withDatabase(inside, "kubectl"), migrate)
	want := "app.cue:2:1: note: apps.web.migrate: \"orders\" is deployed from another repository, where its half of the connection must be stated [peer-must-add]\n" +
		"\thelp: its policy must allow ingress from pods app.kubernetes.io/component=migration,app.kubernetes.io/instance=web in namespace shop to TCP 5432 of pods app=orders in namespace db\n"
	if got := format(found); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestMigrationIsNoted(t *testing.T) {
	_, found := resolveApp(t, withDatabase(outside, "kubectl"), migrate+"\nrollout: blueGreen: active: \"blue\"")
	want := "app.cue:2:10: note: apps.web.migrate: during a blue-green rollout the old and the new version work on one schema [migration-fits-both]\n" +
		"\twant: changes that the old version bears: add first, remove in a later release\n"
	if got := format(found); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// Two names of Secrets that meet are told, also when one is of a copy for the migration.
func TestMigrationCopiesHaveNamesOfTheirOwn(t *testing.T) {
	_, found := resolveApp(t, withDatabase(outside, "helm"), migrate+"\nsecrets: {a: {key: \"a\"}, \"migrate-a\": {key: \"b\"}}")
	want := "app.cue:4:10: apps.web.secrets: the Secret \"web-migrate-a\" is also the name of a copy that the migration has [secrets-differ]\n\twant: another name for the secret\n\thelp: rename the secret\n"
	if got := format(found); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}
