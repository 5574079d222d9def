package resolve

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

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

// budget adds up the pools of one server. All pods count that a quota has room for: those of both versions of a release, those that
// start before the ones that they replace are gone, and the migration's.
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
		d := l.caller.demand()
		sum += l.connections()
		unit := " pods"
		if l.pods() == 1 {
			unit = " pod"
		}
		terms = append(terms, fmt.Sprintf("%s %d × %s", l.caller.name, l.need.Pool, d.sum(d.migration, unit)))
	}
	if sum <= accepts-reserved {
		return
	}
	widest := slices.MaxFunc(links, func(a, b *link) int {
		return cmp.Or(cmp.Compare(a.connections(), b.connections()), strings.Compare(b.caller.name, a.caller.name))
	})
	help := "use smaller pools, fewer pods, or a pooler before the server"
	if fits := (accepts - reserved - sum + widest.connections()) / max(widest.pods(), 1); fits >= 2 {
		help = fmt.Sprintf("pool: %d would fit, or use fewer pods, or a pooler before the server", fits)
	}
	g.errorAt(widest.node.Field("pool"), "pool-fits-server", widest.path+"."+widest.node.Key+".pool",
		fmt.Sprintf("%s = %d connections, more than the %d that apps may open at %q (%d − %d reserved)", joinTerms(terms), sum, accepts-reserved, server.Key, accepts, reserved),
		fmt.Sprintf("at most maxConnections − reserved (%s)", server.KeyPos), help)
}

// pods is how many pods of the caller may hold connections at a time.
func (l *link) pods() int64 {
	d := l.caller.demand()
	return d.running() + d.migration
}

// connections is how many they may hold together.
func (l *link) connections() int64 { return int64(l.need.Pool) * l.pods() }

// joinTerms writes a sum, with at most a few of its terms.
func joinTerms(terms []string) string {
	const most = 5 // terms
	if len(terms) > most {
		terms = append(slices.Clone(terms[:most]), fmt.Sprintf("%d more apps", len(terms)-most))
	}
	return strings.Join(terms, " + ")
}
