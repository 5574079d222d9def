package resolve

import (
	"slices"
	"strings"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/kube"
	"github.com/scantling/scantling/internal/load"
)

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
	if c.Pooler != nil {
		c.Pooler.Ingress = admit(c.Pooler.Ingress, s.name, s.pods())
		c.Ingress = admit(c.Ingress, c.Pooler.Name, s.poolers(c))
	} else {
		c.Ingress = admit(c.Ingress, s.name, s.pods())
	}
	for _, l := range g.visitors(c, s.app.Namespace) {
		c.Ingress = admit(c.Ingress, l.caller.name, l.caller.pods())
	}
}

// admit adds one who may connect to servers or poolers.
func admit(edges []app.Edge, name string, peer app.Peer) []app.Edge {
	edges = append(edges, app.Edge{Name: name, Peer: peer, Ports: postgresPort})
	sortEdges(edges)
	return edges
}

// jobDoors lets in the Jobs of apps that name the database as one of the platform's, and back it up.
func (w *world) jobDoors() {
	for _, s := range w.specs {
		for _, j := range s.app.Jobs {
			for _, e := range j.Egress {
				if c := w.clusterBehind(e.Peer); c != nil {
					c.Ingress = admit(c.Ingress, j.Name, app.Peer{Namespace: s.app.Namespace, Labels: kube.JobPeerLabels(s.app, j)})
				}
			}
		}
	}
}

// leadsTo reports whether a peer is the servers of a Cluster.
func leadsTo(p app.Peer, c *app.Cluster, namespace string) bool {
	return p.Namespace == namespace && p.Labels[kube.LabelCluster] == c.Name
}

// clusterBehind is the database that is made for an app, if a peer is its servers.
func (w *world) clusterBehind(p app.Peer) *app.Cluster {
	for _, s := range w.specs {
		for i := range s.app.Clusters {
			if c := &s.app.Clusters[i]; leadsTo(p, c, s.app.Namespace) {
				return c
			}
		}
	}
	return nil
}

// visitors are the needs of other apps that lead to the servers of a Cluster by way of platform.databases.
func (g *graph) visitors(c *app.Cluster, namespace string) []*link {
	var out []*link
	for _, other := range g.specs {
		for _, l := range g.links[other] {
			if l.server != nil && leadsTo(l.peer, c, namespace) {
				out = append(out, l)
			}
		}
	}
	return out
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
func (s *spec) migrates(c *app.Cluster, job app.Peer) app.Edge {
	c.Ingress = admit(c.Ingress, kube.MigrationName(s.app), job)
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
