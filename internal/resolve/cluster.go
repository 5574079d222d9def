package resolve

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/load"
)

// maxCluster is the longest name that CloudNativePG gives a Cluster: it makes others of it.
const maxCluster = 50

// provision links a need to a database that CloudNativePG makes for it.
func (g *graph) provision(l *link, n *load.Node) bool {
	s, kind := l.caller, string(l.need.Kind)
	field := "needs." + l.need.Name + "." + kind
	switch instance := l.node.Field("instance"); {
	case l.need.Kind != app.NeedPostgres:
		g.errorAt(n, "provision-is-postgres", s.path(field+".provision"), fmt.Sprintf("no %s is made by CloudNativePG, which makes PostgreSQL servers", kind), "a server of platform.databases, which its own operator or a cloud service runs",
			fmt.Sprintf(`remove it, and add it to %s: platform: {databases: {%s: {kind: %q, host: "HOST", cidrs: ["10.20.0.0/24"]}}}`, g.facts.file, quoteName(l.need.Name), kind))
	case instance != nil:
		g.errorAt(instance, "exclusive-fields", s.path(field+".instance"), "the server is either made or one of the platform's", "one of provision and instance", "remove one of them")
	case s.lacks(field+".provision", "provision", "cnpg", "enable it when the operator is installed, or name a server of platform.databases: instance: \"NAME\""):
	case len(g.env.APIServerCIDRs) == 0 && !g.env.Has("cilium"):
		g.missingFact(n, s.path(field+".provision"), "the operator's part in each server", "apiServerCIDRs", `["10.0.0.1/32"]`)
	default:
		return g.makeCluster(l, field)
	}
	return false
}

// makeCluster decides the server that is made for a need, and how the app gets there. The app's most connections are known by now,
// so it is told at once whether it connects to the server itself or to a pooler.
func (g *graph) makeCluster(l *link, field string) bool {
	s := l.caller
	g.database(l)
	if l.node.Field("database") == nil {
		l.need.Database = strings.ReplaceAll(l.need.Name, "-", "_")
	}
	if problem := takenDatabase(l.need.Database); problem != "" {
		g.errorAtKey(cmp.Or(l.node.Field("database"), l.key), "database-is-free", s.path(field+".database"), problem, "a name of the app's own", `e.g. database: "orders"`)
		return false
	}
	c := s.newCluster(l, field)
	l.need.Host, l.need.Port = serviceName(c.Name+"-rw", s.app.Namespace), usualPort[app.NeedPostgres]
	l.peer, l.port = s.servers(c.Name), app.Port{Number: l.need.Port, Protocol: "TCP"}
	s.pooler(l, &c, field)
	if c.Pooler != nil {
		l.need.Host = serviceName(c.Pooler.Name, s.app.Namespace)
		l.peer = s.poolers(&c)
	}
	g.replicas(l, &c, field)
	s.app.Clusters = append(s.app.Clusters, c)
	return true
}

// newCluster decides what does not depend on who connects.
func (s *spec) newCluster(l *link, field string) app.Cluster {
	c := app.Cluster{Name: shortName(s.name+"-"+l.need.Name, maxCluster), Need: l.need.Name, Database: l.need.Database}
	path := "clusters[" + c.Name + "]"
	s.decided(path, app.BySpec, l.node.Field("provision").Pos, "")
	c.Image = s.toolImage("cnpg")
	c.Instances = int32(s.fromTier(path+".instances", "clusterInstances"))
	if size := l.node.Field("size"); size != nil {
		c.SizeBytes, _ = bytes(size)
		s.enough(field+".size", size, c.SizeBytes, leastDisk, "what the data will grow to")
		s.fromSpec(path+".sizeBytes", size)
	} else {
		c.SizeBytes = s.fromTier(path+".sizeBytes", "clusterGiB") * 1024 * mebibyte
	}
	ephemeral := boolean(l.node.Field("ephemeral"))
	c.Class = s.class(path+".class", nil, !ephemeral)
	c.Keep = !ephemeral && s.app.Tier != app.BestEffort
	s.decided(path+".keep", app.ByTier, at(s.node.Field("tier"), s.node), "only best-effort and ephemeral data goes with its app")
	c.Resources = s.reserves(path+".resources", "clusterCPUMilli", "clusterMemoryMiB")
	return c
}

// reserves is what a pod that an operator makes reserves. It may use no more memory than that, and as much CPU as there is.
func (s *spec) reserves(path, milli, mebibytes string) app.Resources {
	memory := s.fromTier(path+".memoryBytes", mebibytes) * mebibyte
	return app.Resources{
		CPUMilli:         s.fromTier(path+".cpuMilli", milli),
		MemoryBytes:      memory,
		MemoryLimitBytes: memory,
		EphemeralBytes:   s.fromTier(path+".ephemeralBytes", "ephemeralRequestMiB") * mebibyte,
	}
}

// replicas leads an app that reads from replicas to them.
func (g *graph) replicas(l *link, c *app.Cluster, field string) {
	readers := l.node.Field("readers")
	if !boolean(readers) {
		return
	}
	path := l.caller.path(field + ".readers")
	switch {
	case c.Instances < 2:
		g.errorAt(readers, "readers-have-replicas", path, fmt.Sprintf("tier %s makes one instance, and no replica to read from", l.caller.app.Tier), "two instances or more",
			fmt.Sprintf("remove readers, or write platform: {tiers: {%q: {clusterInstances: 2}}}", l.caller.app.Tier))
	case c.Pooler != nil:
		g.errorAt(readers, "readers-have-replicas", path, fmt.Sprintf("%d connections need a pooler, which leads to the primary alone", l.connections()),
			fmt.Sprintf("at most the %d connections of a server", l.caller.usable()), "use a smaller pool or fewer pods, or remove readers")
	default:
		l.readHost = serviceName(c.Name+"-ro", l.caller.app.Namespace)
	}
}

// cluster returns the database that is made for a need, or nil when there is none.
func (s *spec) cluster(need string) *app.Cluster {
	i := slices.IndexFunc(s.app.Clusters, func(c app.Cluster) bool { return c.Need == need })
	if i < 0 {
		return nil
	}
	return &s.app.Clusters[i]
}

// clusterURLKey is the key of the operator's Secret that holds the connection URL.
const clusterURLKey = "uri"

// clusterCredentials gives the app the Secret that the operator makes. Its pods wait until it is there.
func (s *spec) clusterCredentials(l *link) {
	l.need.Secret = s.cluster(l.need.Name).Name + "-app"
	secret := app.Secret{Name: l.need.Secret, Existing: true, Path: secretDirectory(l.need.Name)}
	for _, d := range l.credentialKeys() {
		if d.file {
			secret.Items = append(secret.Items, app.SecretItem{Key: d.key, File: d.key})
		}
	}
	s.addSecret(secret, l.key)
	if l.node.Field("url") != nil {
		s.manualRotation("needs." + l.need.Name + "." + l.node.Key + ".url")
	}
}
