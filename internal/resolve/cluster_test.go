package resolve

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/diag"
)

// withCNPG is the test platform with the operator, and a way of delivery.
func withCNPG(delivery string) string {
	return strings.Replace(variant(`"cilium", `, `"cilium", "cnpg", `), "platform: {", fmt.Sprintf("platform: {\n\tdelivery: %q", delivery), 1)
}

// connectionsText is how an app is led to its database, and who opens how many connections there.
func connectionsText(a *app.App) string {
	c := a.Clusters[0]
	out := fmt.Sprintf("%s: %d", a.Needs[0].Host, c.MaxConnections)
	if p := c.Pooler; p != nil {
		out += fmt.Sprintf(", pooler %d × %d for %d", p.Instances, p.PoolSize, p.MaxClients)
	}
	return out
}

// E34: pods of both versions, of a rollout and of a migration count, and what doesn't fit goes through a pooler.
func TestConnectionsOfAClusterFit(t *testing.T) {
	platform := withCNPG("kubectl")
	need := func(pool int) string {
		return fmt.Sprintf("needs: db: postgres: {provision: \"cnpg\", managed: true, pool: %d}\n", pool)
	}
	direct, pooled := "web-db-rw.shop.svc: ", "web-db-pooler.shop.svc: "
	for _, c := range []struct{ spec, want string }{
		{"needs: db: postgres: {provision: \"cnpg\", managed: true}", direct + "100"},
		{need(5) + "replicas: 4", direct + "100"},              // 5 × (4 + 1) + 13
		{need(25) + "scale: {min: 2, max: 7}", direct + "238"}, // 25 × (7 + 2) + 13
		{need(25) + "scale: {min: 2, max: 7}\nmigrate: command: [\"/up\"]", direct + "263"},
		{need(25) + "scale: {min: 2, max: 8}\nmigrate: command: [\"/up\"]", direct + "288"},
		{need(28) + "scale: {min: 2, max: 8}", direct + "293"},
		{need(29) + "scale: {min: 2, max: 8}", pooled + "300, pooler 2 × 95 for 290"}, // 290 + 13: three too many
		{need(29) + "scale: {min: 2, max: 8}\nmigrate: command: [\"/up\"]", pooled + "300, pooler 2 × 86 for 290"},
		{need(25) + "scale: {min: 2, max: 7}\nrollout: blueGreen: active: \"blue\"", pooled + "300, pooler 2 × 95 for 450"}, // 2 × (7 + 2)
		{need(25) + "scale: {min: 4, max: 7}\ntier: \"critical\"\nrollout: blueGreen: active: \"blue\"", pooled + "300, pooler 3 × 71 for 450"},
	} {
		check(t, platform, c.spec, connectionsText, c.want)
	}
	// The platform may have other numbers.
	check(t, strings.Replace(platform, "platform: {", "platform: {\n\ttiers: standard: {clusterMaxConnections: 500, clusterConnections: 50, clusterReservedConnections: 0}", 1),
		need(40)+"replicas: 9", connectionsText, direct+"483")
	check(t, strings.Replace(platform, "platform: {", "platform: {\n\ttiers: standard: {clusterMaxConnections: 10, clusterConnections: 10}", 1),
		"needs: db: postgres: {provision: \"cnpg\", managed: true}", connectionsText, direct+"13")
}

// A migration holds locks of its session, so it goes past the pooler.
func TestMigrationsGoPastThePooler(t *testing.T) {
	spec := "migrate: command: [\"/up\"]\nreplicas: 20\nneeds: db: postgres: {provision: \"cnpg\", managed: true, pool: 20}"
	see := func(a *app.App) string {
		var out []string
		for _, v := range a.Migration.Variables {
			if v.Name == "DB_HOST" || v.Name == "DB_ADDR" || v.Name == "DB_USER" {
				out = append(out, v.Name+"="+v.Value+v.Secret)
			}
		}
		for _, e := range a.Migration.Egress {
			out = append(out, "to "+peerText(e.Peer))
		}
		for _, e := range a.Clusters[0].Ingress {
			out = append(out, "from "+e.Name)
		}
		return strings.Join(out, ", ")
	}
	check(t, withCNPG("argocd"), spec, see, "DB_ADDR=web-db-rw.shop.svc:5432, DB_HOST=web-db-rw.shop.svc, DB_USER=web-db-app, "+
		"to pods cnpg.io/cluster=web-db,cnpg.io/podRole=instance in namespace shop, from web-db-pooler, from web-migrate")
	if a, _ := resolveApp(t, withCNPG("argocd"), spec); !strings.Contains(a.Variables[0].Value, "web-db-pooler") {
		t.Errorf("the app itself is led past the pooler: %v", a.Variables)
	}

	warned := func(delivery string) bool {
		_, found := resolveApp(t, withCNPG(delivery), spec)
		return strings.Contains(format(found), "[migration-finds-database]")
	}
	if warned("argocd") || !warned("helm") {
		t.Error("only helm starts a migration before the database that it needs")
	}
}

// A name is cut before CloudNativePG refuses it, and its Services stay DNS labels.
func TestClustersHaveNamesThatFit(t *testing.T) {
	fleets, found := resolveText(t, map[string]string{"platform.cue": withCNPG("kubectl"), "app.cue": fmt.Sprintf(`
apps: %q: {team: "shop", tier: "standard", image: "registry.acme.io/web:1", recovery: {rpo: "1h", rto: "2h"}, replicas: 40
	needs: %q: postgres: {provision: "cnpg", pool: 40}}`, strings.Repeat("a", 38), strings.Repeat("b", 30))})
	if diag.HasErrors(found) {
		t.Fatal(format(found))
	}
	c := fleets[0].Apps[0].Clusters[0]
	for name, most := range map[string]int{c.Name: 50, c.Archive.Drill: 50, c.Pooler.Name: 63, c.Name + "-rw": 63, c.Archive.Secret.Name: 63} {
		if len(name) > most || !strings.HasPrefix(name, "aaaa") {
			t.Errorf("%q has %d characters", name, len(name))
		}
	}
	if c.Name == c.Archive.Drill {
		t.Errorf("a drill would delete the database %q", c.Name)
	}
}

// How the archive and the standby follow from the objectives.
func TestArchives(t *testing.T) {
	see := func(a *app.App) string {
		c := a.Clusters[0]
		return fmt.Sprintf("%s: %d instances, synchronous %v, log every %d s, drill within %d s", a.Recovery[0].Method, c.Instances, c.Synchronous, c.Archive.TimeoutSeconds, a.Jobs[0].DeadlineSeconds)
	}
	for _, c := range []struct{ spec, want string }{
		{`recovery: {rpo: "1h", rto: "2h"}`, "archive: 2 instances, synchronous false, log every 300 s, drill within 7200 s"},
		{`recovery: {rpo: "5m", rto: "2h"}`, "archive: 2 instances, synchronous false, log every 150 s, drill within 7200 s"},
		{`recovery: {rpo: "1m", rto: "2h"}`, "replica: 3 instances, synchronous true, log every 60 s, drill within 7200 s"},
		{`recovery: {rpo: "1h", rto: "2m"}`, "replica: 3 instances, synchronous true, log every 300 s, drill within 3600 s"}, // what a standby keeps, a restore cannot
	} {
		check(t, withCNPG("kubectl"), c.spec+"\nneeds: db: postgres: provision: \"cnpg\"", see, c.want)
	}
}

// A drill may touch its copy alone, and the copy never archives: it would write over what it was made from.
func TestArchiveDrillsTouchTheirCopyAlone(t *testing.T) {
	a, found := resolveApp(t, withCNPG("kubectl"), "needs: db: postgres: {provision: \"cnpg\", recovery: {rpo: \"1h\", rto: \"2h\", expect: [{query: \"SELECT 1\"}]}}")
	if diag.HasErrors(found) {
		t.Fatal(format(found))
	}
	j, c := a.Jobs[0], a.Clusters[0]
	var rules []string
	for _, r := range j.Grants[0].Rules {
		rules = append(rules, fmt.Sprint(r.Verbs, r.Resource, r.Names, r.Reason != ""))
	}
	want := "[create]clusters[] true; [delete get]clusters[web-db-copy] false; [get]clusters[web-db] false; [get]objectstores[web-db] false; [get]persistentvolumeclaims[web-db-copy-1] false"
	if got := strings.Join(rules, "; "); got != want || j.Grants[0].Namespace != "shop" {
		t.Errorf("in %s\n got %s\nwant %s", j.Grants[0].Namespace, got, want)
	}
	for _, e := range j.Egress {
		if e.Peer.Labels["cnpg.io/cluster"] != "web-db-copy" {
			t.Errorf("the drill reaches %v", e.Peer)
		}
	}
	if j.Files["expect"] != "1 expect-1\n" || j.Files["expect-1"] != "SELECT 1\n" || !strings.HasPrefix(j.Config, j.Name+"-") {
		t.Errorf("files %v in %s", j.Files, j.Config)
	}
	for _, task := range j.Tasks {
		for _, v := range task.Variables {
			if v.Secret != "" && v.Secret != "web-db-copy-app" {
				t.Errorf("task %s gets %v", task.Name, v)
			}
		}
	}
	var manifest struct {
		Metadata struct{ Name, Namespace string }
		Spec     struct {
			Instances  int
			ImageName  string
			Plugins    []any
			Storage    struct{ Size, StorageClass string }
			PostgreSQL struct{ Parameters map[string]string }
			Bootstrap  struct {
				Recovery struct{ Source, Database, Owner string }
			}
			ExternalClusters []struct {
				Name   string
				Plugin struct {
					Name       string
					Parameters struct{ BarmanObjectName, ServerName string }
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(j.Files["cluster.json"]), &manifest); err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprintf("%+v", manifest)
	want = fmt.Sprintf("{Metadata:{Name:web-db-copy Namespace:shop} Spec:{Instances:1 ImageName:%s Plugins:[] Storage:{Size:10Gi StorageClass:ssd} PostgreSQL:{Parameters:map[max_connections:100]} "+
		"Bootstrap:{Recovery:{Source:origin Database:db Owner:db}} ExternalClusters:[{Name:origin Plugin:{Name:barman-cloud.cloudnative-pg.io Parameters:{BarmanObjectName:web-db ServerName:web-db}}}]}}", c.Image)
	if got != want {
		t.Errorf("copy\n got %s\nwant %s", got, want)
	}
}

// E32: a cache may fail, and the app is told how long to wait for it; nothing else of Redis is like that.
func TestCachesAreSoft(t *testing.T) {
	platform := strings.Replace(testPlatform, "platform: {", "platform: {\n\tdatabases: db: {kind: \"redis\", host: \"db.acme.io\", cidrs: [\"10.0.0.0/8\"]}\n", 1)
	see := func(a *app.App) string {
		out := fmt.Sprint(a.Needs[0].Soft)
		for _, v := range a.Variables {
			if v.Name == "DB_TIMEOUT" || v.Name == "DB_TTL_JITTER" {
				out += " " + v.Value
			}
		}
		return out
	}
	for need, want := range map[string]string{
		"{}":                   "true 250ms 0.1",
		`{soft: false}`:        "false 250ms 0.1",
		`{purpose: "session"}`: "false",
		`{purpose: "store", soft: true, ephemeral: true}`: "true",
	} {
		check(t, platform, "needs: db: redis: "+need, see, want)
	}
	check(t, strings.Replace(platform, "platform: {", "platform: {\n\ttiers: standard: {cacheTimeoutMillis: 40, cacheJitterPercent: 25}", 1), "needs: db: redis: {}", see, "true 40ms 0.25")
}

// What a critical app does without a soft need is stated, or asked for.
func TestSoftNeedsHaveFallbacks(t *testing.T) {
	for soft, want := range map[string]bool{
		"tier: \"critical\"\nneeds: prices: app: soft: true":                             true,
		"tier: \"critical\"\nneeds: prices: app: {soft: true, fallback: \"old prices\"}": false,
		"needs: prices: app: soft: true":                                                 false,
	} {
		_, found := resolveText(t, map[string]string{"platform.cue": testPlatform, "app.cue": oneApp(soft) + "\napps: prices: {team: \"shop\", tier: \"critical\", image: \"registry.acme.io/prices:1" + digest + "\", calledBy: [\"web\"]}"})
		if got := strings.Contains(format(found), "[soft-need-has-fallback]"); got != want || diag.HasErrors(found) {
			t.Errorf("%s\nwarned %v, want %v:\n%s", soft, got, want, format(found))
		}
	}
}
