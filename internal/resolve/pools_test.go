package resolve

import (
	"strings"
	"testing"

	"github.com/scantling/scantling/internal/diag"
)

// E34: the connections of everything that uses a server are added up, over all apps, and each is named.
func TestPoolsFitTheirServer(t *testing.T) {
	platform := func(most string) string {
		return strings.Replace(testPlatform, "platform: {", `platform: {
	databases: orders: {kind: "postgres", version: 18, host: "orders.db.acme.io", cidrs: ["10.20.0.0/24"], sizeGiB: 1, reserved: 13, maxConnections: `+most+`}`, 1)
	}
	for _, c := range []struct{ name, most, apps, want string }{
		{"one app", "100", `web: {scale: {min: 2, max: 10}, needs: orders: postgres: {pool: 25, managed: true}}`,
			`app.cue:3:65: apps.web.needs.orders.postgres.pool: web 25 × (10 + 3 surge pods) = 325 connections, more than the 87 that apps may open at "orders" (100 − 13 reserved) [pool-fits-server]
	want: at most maxConnections − reserved (platform.cue:2:13)
	help: pool: 6 would fit, or use fewer pods, or a pooler before the server
`},
		{"just fits", "338", `web: {scale: {min: 2, max: 10}, needs: orders: postgres: {pool: 25, managed: true}}`, ""},
		{"a backup more", "338", `web: {scale: {min: 2, max: 10}, needs: orders: postgres: {pool: 25, recovery: {rpo: "24h", rto: "4h"}}}`,
			`app.cue:3:65: apps.web.needs.orders.postgres.pool: web 25 × (10 + 3 surge pods) + 1 for the backup of web = 326 connections, more than the 325 that apps may open at "orders" (338 − 13 reserved) [pool-fits-server]
	want: at most maxConnections − reserved (platform.cue:2:13)
	help: pool: 24 would fit, or use fewer pods, or a pooler before the server
`},
		{"and its room", "339", `web: {scale: {min: 2, max: 10}, needs: orders: postgres: {pool: 25, recovery: {rpo: "24h", rto: "4h"}}}`, ""},
		{"a shared database is dumped once", "40", `web: {replicas: 2, needs: orders: postgres: {pool: 4, recovery: {rpo: "24h", rto: "4h"}}}
api: {replicas: 2, needs: orders: postgres: {pool: 4, recovery: {rpo: "24h", rto: "4h"}}}`, ""}, // 12 + 12 + 1 of 27
		{"two databases of one server twice", "38", `web: {replicas: 2, needs: orders: postgres: {pool: 4, recovery: {rpo: "24h", rto: "4h"}}}
api: {replicas: 2, needs: orders: postgres: {pool: 4, database: "api", recovery: {rpo: "24h", rto: "4h"}}}`,
			`app.cue:4:52: apps.api.needs.orders.postgres.pool: api 4 × (2 + 1 surge pods) + web 4 × (2 + 1 surge pods) + 1 for the backup of api + 1 for the backup of web = 26 connections, more than the 25 that apps may open at "orders" (38 − 13 reserved) [pool-fits-server]
	want: at most maxConnections − reserved (platform.cue:2:13)
	help: pool: 3 would fit, or use fewer pods, or a pooler before the server
`},
		{"two colours", "100", `web: {replicas: 5, rollout: blueGreen: active: "blue", needs: orders: postgres: {pool: 10, managed: true}}`,
			`app.cue:3:88: apps.web.needs.orders.postgres.pool: web 10 × (5 + 5 idle + 4 surge pods) = 140 connections, more than the 87 that apps may open at "orders" (100 − 13 reserved) [pool-fits-server]
	want: at most maxConnections − reserved (platform.cue:2:13)
	help: pool: 6 would fit, or use fewer pods, or a pooler before the server
`},
	} {
		_, found := resolveText(t, map[string]string{"platform.cue": platform(c.most),
			"app.cue": "apps: [string]: {team: \"shop\", tier: \"standard\", image: \"registry.acme.io/web:1.0\"}\napps: {\n" + c.apps + "\n}\n"})
		errors := found[:0:0]
		for _, d := range found {
			if d.Severity == diag.Error {
				errors = append(errors, d)
			}
		}
		if got := format(errors); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.name, got, c.want)
		}
	}
}

// A pool for reads is one at the replicas, where the same sum holds; where they are the server itself, it is a second one there.
func TestReadersCountAtTheServerItself(t *testing.T) {
	for host, want := range map[string]string{
		"replica.db.acme.io": "",
		"orders.db.acme.io": `app.cue:2:91: apps.web.needs.orders.postgres.pool: web 13 × (2 + 1 surge pods) × 2 for readers = 78 connections, more than the 39 that apps may open at "orders" (52 − 13 reserved) [pool-fits-server]
	want: at most maxConnections − reserved (platform.cue:2:13)
	help: pool: 6 would fit, or use fewer pods, or a pooler before the server
`,
	} {
		platform := strings.Replace(testPlatform, "platform: {", `platform: {
	databases: orders: {kind: "postgres", host: "orders.db.acme.io", readHost: "`+host+`", cidrs: ["10.20.0.0/24"], reserved: 13, maxConnections: 52}`, 1)
		_, found := resolveApp(t, platform, `replicas: 2, runtime: "go", needs: orders: postgres: {managed: true, readers: true, pool: 13}`)
		if got := format(found); got != want {
			t.Errorf("%s\n got %s\nwant %s", host, got, want)
		}
	}
}
