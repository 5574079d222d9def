package resolve

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/kube"
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
		g.errorAt(n, "provision-is-postgres", s.path(field+".provision"), fmt.Sprintf("CloudNativePG makes PostgreSQL servers, no %s", kind), "a server of platform.databases, which its own operator or a cloud service runs",
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
	c.Class = s.class(path+".class", nil, !boolean(l.node.Field("ephemeral")))
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

// takenDatabase says why an app cannot own a database of this name, and a role that is called the same.
func takenDatabase(name string) string {
	switch {
	case slices.Contains([]string{"postgres", "template0", "template1", "streaming_replica"}, name):
		return fmt.Sprintf("%q belongs to the server itself", name)
	case strings.HasPrefix(name, "pg_"), strings.HasPrefix(name, "cnpg_"):
		return fmt.Sprintf("names such as %q are kept for the server and its operator", name)
	}
	return ""
}

// cluster returns the database that is made for a need, or nil when there is none.
func (s *spec) cluster(need string) *app.Cluster {
	i := slices.IndexFunc(s.app.Clusters, func(c app.Cluster) bool { return c.Need == need })
	if i < 0 {
		return nil
	}
	return &s.app.Clusters[i]
}

// servers selects the servers of a Cluster in the app's namespace, and not its pooler, whose pods also carry the Cluster's name.
func (s *spec) servers(cluster string) app.Peer {
	return app.Peer{Namespace: s.app.Namespace, Labels: map[string]string{kube.LabelCluster: cluster, kube.LabelPodRole: "instance"}}
}

// poolers selects the pods of a Cluster's pooler.
func (s *spec) poolers(c *app.Cluster) app.Peer {
	return app.Peer{Namespace: s.app.Namespace, Labels: kube.PoolerLabels(c.Pooler.Name)}
}

// clusters opens the databases that are made for apps to those who connect, and decides how many connections they accept.
func (g *graph) clusters() {
	for _, s := range g.specs {
		for i := range s.app.Clusters {
			g.doors(s, &s.app.Clusters[i])
			g.connectionsOf(s, &s.app.Clusters[i])
		}
	}
}

// postgresPort is where servers and poolers of CloudNativePG listen, inside their pods too.
var postgresPort = []app.Port{{Number: usualPort[app.NeedPostgres], Protocol: "TCP"}}

// doors lets in the app itself or its pooler, and apps that name the database as one of the platform's.
func (g *graph) doors(s *spec, c *app.Cluster) {
	own := app.Edge{Name: s.name, Peer: s.pods(), Ports: postgresPort}
	if c.Pooler != nil {
		c.Pooler.Ingress = append(c.Pooler.Ingress, own)
		own = app.Edge{Name: c.Pooler.Name, Peer: s.poolers(c), Ports: postgresPort}
	}
	c.Ingress = append(c.Ingress, own)
	for _, l := range g.visitors(s, c) {
		c.Ingress = append(c.Ingress, app.Edge{Name: l.caller.name, Peer: l.caller.pods(), Ports: postgresPort})
	}
	sortEdges(c.Ingress)
}

// visitors are the needs of other apps that lead to the servers of a Cluster by way of platform.databases.
func (g *graph) visitors(s *spec, c *app.Cluster) []*link {
	var out []*link
	for _, other := range g.specs {
		for _, l := range g.links[other] {
			if l.server != nil && l.peer.Namespace == s.app.Namespace && l.peer.Labels[kube.LabelCluster] == c.Name {
				out = append(out, l)
			}
		}
	}
	return out
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

// beforeDatabase warns of a migration that runs before the database that is made for it: helm starts it before anything else.
func (s *spec) beforeDatabase(migrate *load.Node) {
	if s.w.env.Delivery == "helm" {
		s.w.report(diag.Diagnostic{Severity: diag.Warning, Rule: "migration-finds-database", Pos: migrate.KeyPos, Path: s.path("migrate"),
			Problem: "under helm the migration of the first install runs before the database is made, and fails", Want: "a first install without migrate", Help: "add migrate once the database is there"})
	}
}

// migrates opens the way from the app's migration to the server itself: it holds locks and settings of its session, which a pooler
// shares among all.
func (s *spec) migrates(c *app.Cluster, job app.Edge) app.Edge {
	job.Ports = postgresPort
	c.Ingress = append(c.Ingress, job)
	sortEdges(c.Ingress)
	return app.Edge{Name: c.Need, Peer: s.servers(c.Name), Ports: postgresPort}
}

// pastPooler is a variable as the migration gets it: where the app is led to a pooler, the migration is led to the server.
func (s *spec) pastPooler(v app.Variable) app.Variable {
	for _, need := range s.app.Needs {
		c := s.cluster(need.Name)
		if c == nil || c.Pooler == nil || v.Name != need.Prefix+"_HOST" && v.Name != need.Prefix+"_ADDR" {
			continue
		}
		v.Value = strings.Replace(v.Value, need.Host, serviceName(c.Name+"-rw", s.app.Namespace), 1)
	}
	return v
}

func sortEdges(edges []app.Edge) {
	slices.SortStableFunc(edges, func(a, b app.Edge) int { return strings.Compare(a.Name, b.Name) })
}

// distinctClusters reports a database that has the name of another thing of its namespace: the operator makes an identity and a role
// for each database and pooler that bear its name, as each Job beside an app has.
func (w *world) distinctClusters() {
	type owner struct {
		s    *spec
		what string
	}
	first := map[[2]string]owner{}
	claim := func(s *spec, name, what string) {
		key := [2]string{s.app.Namespace, name}
		if other, taken := first[key]; taken {
			s.fail("needs", "derived-names-differ", fmt.Sprintf("%q is the name of %s and of %s of %q (%s)", name, what, other.what, other.s.name, other.s.node.KeyPos), "names that nothing else in the namespace has", "rename a need")
			return
		}
		first[key] = owner{s, what}
	}
	for _, s := range w.specs {
		for _, j := range s.app.Jobs {
			claim(s, j.Name, "the "+j.Component+" of "+j.For)
		}
		for _, c := range s.clusterCompanions() {
			claim(s, c.name, c.what)
		}
	}
}

// clusterCompanions are what the operator makes beside an app, and gives an identity.
func (s *spec) clusterCompanions() []companion {
	var out []companion
	for _, c := range s.app.Clusters {
		out = append(out, companion{c.Name, "the database of the need " + c.Need})
		if c.Pooler != nil {
			out = append(out, companion{c.Pooler.Name, "the pooler of the need " + c.Need})
		}
		if c.Archive != nil && c.Archive.Drill != "" {
			out = append(out, companion{c.Archive.Drill, "the copy that rehearsals make of " + c.Need})
		}
	}
	return out
}

// clusterServices are the Services of databases: of the primary, of its replicas, and of any server.
func (s *spec) clusterServices() []companion {
	var out []companion
	for _, c := range s.app.Clusters {
		for _, service := range []string{"-rw", "-ro", "-r"} {
			out = append(out, companion{c.Name + service, "a Service of the database of the need " + c.Need})
		}
	}
	return out
}
