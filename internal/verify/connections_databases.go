package verify

import (
	"math"
	"strconv"

	"github.com/scantling/scantling/internal/inventory"
	"github.com/scantling/scantling/internal/manifest"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// PostgreSQL's and PgBouncer's own defaults, https://www.postgresql.org/docs/current/runtime-config-connection.html and
// https://www.pgbouncer.org/config.html.
const (
	postgresConnections = 100
	postgresReserved    = 3 // superuser_reserved_connections
	bouncerClients      = 100
	bouncerPool         = 20
)

// statedDatabases are those of the platform.
func statedDatabases(c *checker) []database {
	var all []database
	for _, d := range c.Facts.Databases {
		db := database{name: d.Name, port: int(d.Port), accepts: d.MaxConnections, reserved: d.Reserved}
		for _, host := range d.Hosts {
			db.hosts = append(db.hosts, canonicalHost(host, ""))
		}
		all = append(all, db)
	}
	return all
}

// operatedDatabases are those that CloudNativePG makes of the set: servers, and poolers, which are clients of them.
func operatedDatabases(c *checker) []database {
	poolers := c.Of("postgresql.cnpg.io", "Pooler")
	behind := map[placedName][]client{}
	var all []database
	for _, o := range poolers {
		parameters := manifest.Map(o.Fields, "spec", "pgbouncer", "parameters")
		pods := poolerPods(o)
		if kind := manifest.String(o.Fields, "spec", "type"); kind == "" || kind == "rw" {
			cluster := placedName{o.Namespace, manifest.String(o.Fields, "spec", "cluster", "name")}
			behind[cluster] = append(behind[cluster], client{Object: o, pool: parameter(parameters, "default_pool_size", bouncerPool), pods: pods})
		}
		// Each client connection goes to any of its pods, so there is room while all of them together have it.
		all = append(all, database{
			name: "pooler " + o.Name, object: o, path: "spec.pgbouncer.parameters.max_client_conn", hosts: []string{o.Name + "." + o.Namespace},
			accepts: parameter(parameters, "max_client_conn", bouncerClients) * pods.most,
		})
	}
	for _, o := range c.Of("postgresql.cnpg.io", "Cluster") {
		parameters := manifest.Map(o.Fields, "spec", "postgresql", "parameters")
		all = append(all, database{
			name: "cluster " + o.Name, object: o, path: "spec.postgresql.parameters.max_connections", hosts: []string{o.Name + "-rw." + o.Namespace},
			accepts:  parameter(parameters, "max_connections", postgresConnections),
			reserved: parameter(parameters, "superuser_reserved_connections", postgresReserved),
			clients:  behind[placedName{o.Namespace, o.Name}],
		})
	}
	return all
}

// poolerPods counts the pods of a Pooler, which the operator runs as a Deployment.
func poolerPods(o *inventory.Object) atOnce {
	n := int64(1)
	if v, ok := manifest.Int(o.Fields, "spec", "instances"); ok && v >= 0 && v <= math.MaxInt32 {
		n = v
	}
	surge := intstr.FromString("25%") // the API's default
	if v := manifest.Map(o.Fields, "spec", "deploymentStrategy", "rollingUpdate"); v["maxSurge"] != nil {
		if count, ok := manifest.Int(v, "maxSurge"); ok && count >= 0 && count <= math.MaxInt32 {
			surge = intstr.FromInt32(int32(count))
		} else {
			surge = intstr.FromString(manifest.String(v, "maxSurge"))
		}
	}
	if manifest.String(o.Fields, "spec", "deploymentStrategy", "type") == "Recreate" {
		surge = intstr.FromInt32(0)
	}
	more, _ := intstr.GetScaledValueFromIntOrPercent(&surge, int(n), true)
	return atOnce{least: n, most: n, surge: int64(max(more, 0))}
}

// parameter is a number of a server's settings, which are strings.
func parameter(parameters map[string]any, name string, otherwise int64) int64 {
	if n, ok := manifest.Int(parameters, name); ok {
		return n
	}
	if n, err := strconv.ParseInt(manifest.String(parameters, name), 10, 32); err == nil && n >= 0 {
		return n
	}
	return otherwise
}
