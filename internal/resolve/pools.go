package resolve

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/load"
)

// reservedConnections is what a server keeps for its administrators: superuser_reserved_connections of PostgreSQL.
const reservedConnections = 3

// pools holds the connections that all apps together may open against what each server accepts.
func (g *graph) pools() {
	byServer := map[*load.Node][]*link{}
	var servers []*load.Node
	for _, s := range g.specs {
		for _, l := range g.links[s] {
			if l.need.Pool == 0 || l.server == nil {
				continue
			}
			if byServer[l.server] == nil {
				servers = append(servers, l.server)
			}
			byServer[l.server] = append(byServer[l.server], l)
		}
	}
	for _, server := range servers {
		g.budget(server, byServer[server])
	}
}

// budget adds up the pools of one server. A pod that is started before the one that it replaces is gone counts as well.
func (g *graph) budget(server *load.Node, links []*link) {
	accepts, stated := integer(server.Field("maxConnections"))
	if !stated {
		for _, l := range links {
			g.warnAt(l.node.Field("pool"), "pool-has-budget", l.path+"."+l.node.Key+".pool", fmt.Sprintf("nothing says how many connections %q accepts: the pool is not checked", server.Key),
				fmt.Sprintf("platform.databases.%s.maxConnections (%s)", server.Key, server.KeyPos), "")
		}
		return
	}
	reserved := int64(reservedConnections)
	if r, ok := integer(server.Field("reserved")); ok {
		reserved = r
	}
	if reserved >= accepts {
		path := "platform.databases." + server.Key + ".reserved"
		g.errorAt(cmp.Or(server.Field("reserved"), server.Field("maxConnections")), "pool-has-budget", path, fmt.Sprintf("of %d connections %d are reserved: none is left", accepts, reserved), "fewer than maxConnections", "")
		return
	}
	var sum int64
	var terms []string
	for _, l := range links {
		pods, text := connectedPods(&l.caller.app)
		sum += int64(l.need.Pool) * pods
		terms = append(terms, fmt.Sprintf("%s %d × %s", l.caller.name, l.need.Pool, text))
	}
	if sum <= accepts-reserved {
		return
	}
	widest := slices.MaxFunc(links, func(a, b *link) int {
		pa, _ := connectedPods(&a.caller.app)
		pb, _ := connectedPods(&b.caller.app)
		return cmp.Or(cmp.Compare(int64(a.need.Pool)*pa, int64(b.need.Pool)*pb), strings.Compare(b.caller.name, a.caller.name))
	})
	pods, _ := connectedPods(&widest.caller.app)
	help := "use smaller pools, fewer pods, or a pooler before the server"
	if fits := (accepts - reserved - sum + int64(widest.need.Pool)*pods) / max(pods, 1); fits >= 2 {
		help = fmt.Sprintf("pool: %d would fit, or use fewer pods, or a pooler before the server", fits)
	}
	g.errorAt(widest.node.Field("pool"), "pool-fits-server", widest.path+"."+widest.node.Key+".pool",
		fmt.Sprintf("%s = %d connections, more than the %d that apps may open at %q (%d − %d reserved)", joinTerms(terms), sum, accepts-reserved, server.Key, accepts, reserved),
		fmt.Sprintf("at most maxConnections − reserved (%s)", server.KeyPos), help)
}

// connectedPods is how many pods of an app may hold connections at a time, and how that is counted.
func connectedPods(a *app.App) (int64, string) {
	if a.Kind == app.Cron {
		return 1, "1 pod"
	}
	most, surge := int64(a.Replicas.Max), surge(a, int64(a.Replicas.Max))
	if surge == 0 {
		return most, fmt.Sprintf("%d pods", most)
	}
	return most + surge, fmt.Sprintf("(%d + %d surge pods)", most, surge)
}

// joinTerms writes a sum, with at most a few of its terms.
func joinTerms(terms []string) string {
	const most = 5 // terms
	if len(terms) > most {
		terms = append(slices.Clone(terms[:most]), fmt.Sprintf("%d more apps", len(terms)-most))
	}
	return strings.Join(terms, " + ")
}
