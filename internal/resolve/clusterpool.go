package resolve

import (
	"fmt"
	"math"

	"github.com/scantling/scantling/internal/app"
)

// reserved is how many connections of a database that is made for the app no app may use.
func (s *spec) reserved() int64 { return reservedConnections + s.number("clusterReservedConnections") }

// usable is how many connections apps may open at a database that is made for the app.
func (s *spec) usable() int64 {
	return max(0, max(s.number("clusterMaxConnections"), s.number("clusterConnections"))-s.reserved())
}

// pooler stands between the app and its database when the app may open more connections than the server should accept.
func (s *spec) pooler(l *link, c *app.Cluster, field string) {
	if l.connections() <= s.usable() {
		return
	}
	path := "clusters[" + c.Name + "].pooler"
	d := s.demand()
	c.Pooler = &app.Pooler{
		Name:       c.Name + "-pooler",
		Instances:  int32(s.fromTier(path+".instances", "poolerInstances")),
		MaxClients: clamp(int64(l.need.Pool) * d.running()),
		Resources:  s.reserves(path+".resources", "poolerCPUMilli", "poolerMemoryMiB"),
	}
	s.derived(path, "%d × %s = %d connections are more than the %d that the server is made for", l.need.Pool, d.sum(d.migration, unitPods(l)), l.connections(), s.usable())
	s.derived(path+".maxClients", "all pools: any of its pods may be the last one")
	s.note(field+".pool", "pooler-shares-connections",
		fmt.Sprintf("%d × %s = %d connections, more than the %d of a server: a pooler shares those among transactions", l.need.Pool, d.sum(d.migration, unitPods(l)), l.connections(), s.usable()),
		"nothing that outlives a transaction: no SET, LISTEN, advisory lock or temporary table of a session",
		"prepared statements of the protocol work, PREPARE does not; or use a smaller pool or fewer pods")
	if url := l.node.Field("url"); url != nil {
		s.w.errorAt(url, "url-leads-to-pooler", s.path(field+".url"), fmt.Sprintf("the operator's URL leads past the pooler that %d connections need", l.connections()),
			fmt.Sprintf("%s_HOST, %s_USER and so on, or a pool that fits", l.need.Prefix, l.need.Prefix), "remove url, or use a smaller pool")
	}
}

// connectionsOf decides how many connections a database that is made for an app accepts, and how many of them its pooler opens.
func (g *graph) connectionsOf(s *spec, c *app.Cluster) {
	own := g.linkOf(s, c.Need)
	path, visitors := "clusters["+c.Name+"]", g.visitors(c, s.app.Namespace)
	var direct []consumer
	if c.Pooler == nil {
		direct = append(direct, own.consumer())
	} else if n := int64(own.need.Pool) * s.demand().migration; n > 0 {
		direct = append(direct, consumer{link: own, pods: s.demand().migration, term: fmt.Sprintf("%s %d × its migration", s.name, own.need.Pool)})
	}
	for _, l := range visitors {
		direct = append(direct, l.consumer())
	}
	sum := total(direct)
	if c.Pooler != nil {
		pods := int64(c.Pooler.Instances) + c.Pooler.Surge()
		c.MaxConnections = int32(s.usable() + s.reserved())
		s.derived(path+".maxConnections", "the most that a server is made for: clusterMaxConnections")
		c.Pooler.PoolSize = int32(max(0, s.usable()-sum) / pods)
		s.derived(path+".pooler.poolSize", "(%d connections − %d of others) / %d pods of the pooler during its rollout", s.usable(), sum, pods)
		if c.Pooler.PoolSize > 0 {
			return
		}
		direct = append(direct, consumer{link: own, term: fmt.Sprintf("%d pods of the pooler", pods), fixed: pods})
	} else if least := s.number("clusterConnections"); sum+s.reserved() <= least {
		c.MaxConnections = int32(s.fromTier(path+".maxConnections", "clusterConnections"))
		return
	} else {
		c.MaxConnections = clamp(sum + s.reserved())
		s.derived(path+".maxConnections", "%s + %d reserved", joinTerms(terms(direct)), s.reserved())
		if sum <= s.usable() {
			return
		}
	}
	g.tooMany(direct, fmt.Sprintf("%q", c.Name), s.usable()+s.reserved(), s.reserved(), fmt.Sprintf("at most clusterMaxConnections of tier %s − reserved", s.app.Tier), "fewer pods")
}

// clamp makes an int32 of a number of connections that no server has.
func clamp(n int64) int32 { return int32(min(n, math.MaxInt32)) }
