package resolve

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/load"
)

// reservedConnections is what a server keeps for its administrators: superuser_reserved_connections of PostgreSQL.
const reservedConnections = 3

// A consumer is who may hold connections of a server at the same time.
type consumer struct {
	link  *link  // whose need it is
	pods  int64  // that have its pool, twice where they have two; 0: something else, which opens the fixed number
	fixed int64  // connections
	term  string // of the sum, for messages
}

// consumer is the need's app, with all its pods. A pool of the replicas counts where they are the server itself. Elsewhere it has no
// more connections than the server's own, whichever replica has them all, so what the server bears they bear, too.
func (l *link) consumer() consumer {
	d := l.caller.demand()
	c := consumer{link: l, pods: l.pods(), term: fmt.Sprintf("%s %d × %s", l.caller.name, l.need.Pool, d.sum(d.migration, unitPods(l)))}
	if l.readHost == l.need.Host {
		c.pods, c.term = 2*c.pods, c.term+" × 2 for readers"
	}
	return c
}

func (c consumer) connections() int64 { return int64(c.link.need.Pool)*c.pods + c.fixed }

func total(cs []consumer) int64 {
	var sum int64
	for _, c := range cs {
		sum += c.connections()
	}
	return sum
}

func terms(cs []consumer) []string {
	out := make([]string, len(cs))
	for i, c := range cs {
		out[i] = c.term
	}
	return out
}

// pools holds the connections that all apps and backups together may open against what each server of the platform accepts.
func (g *graph) pools() {
	byServer := map[*load.Node][]consumer{}
	var servers []*load.Node
	for _, s := range g.specs {
		for _, l := range g.links[s] {
			if l.need.Pool == 0 || l.server == nil {
				continue
			}
			if byServer[l.server] == nil {
				servers = append(servers, l.server)
			}
			byServer[l.server] = append(byServer[l.server], l.consumer())
		}
	}
	for _, server := range servers {
		g.budget(server, append(byServer[server], g.dumps(server)...))
	}
}

// dumps are the Jobs that dump a database of a server: each opens one connection.
func (g *graph) dumps(server *load.Node) []consumer {
	var out []consumer
	for _, s := range g.specs {
		for _, r := range s.app.Recovery {
			if l := g.linkOf(s, r.Name); r.Method == app.ByDump && r.SharedWith == "" && l != nil && l.server == server {
				out = append(out, consumer{link: l, fixed: 1, term: "1 for the backup of " + s.name})
			}
		}
	}
	return out
}

// linkOf returns the link of an app's need; nil: it has none of that name, or one that leads nowhere.
func (g *graph) linkOf(s *spec, need string) *link {
	i := slices.IndexFunc(g.links[s], func(l *link) bool { return l.need.Name == need })
	if i < 0 {
		return nil
	}
	return g.links[s][i]
}

// budget adds up the connections of one server. All pods count that a quota has room for: those of both versions of a release, those
// that start before the ones that they replace are gone, and the migration's.
func (g *graph) budget(server *load.Node, consumers []consumer) {
	accepts, stated := integer(server.Field("maxConnections"))
	if !stated {
		for _, c := range consumers {
			if c.pods > 0 {
				g.warnAt(c.link.node.Field("pool"), "pool-has-budget", c.link.poolPath(), fmt.Sprintf("nothing says how many connections %q accepts: the pool is not checked", server.Key),
					fmt.Sprintf("platform.databases.%s.maxConnections (%s)", server.Key, server.KeyPos), "")
			}
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
	if total(consumers) > accepts-reserved {
		g.tooMany(consumers, strconv.Quote(server.Key), accepts, reserved, fmt.Sprintf("at most maxConnections − reserved (%s)", server.KeyPos), "fewer pods, or a pooler before the server")
	}
}

// tooMany reports the widest pool of a server whose connections don't fit, and the largest that would.
func (g *graph) tooMany(consumers []consumer, server string, accepts, reserved int64, want, instead string) {
	widest := slices.MaxFunc(consumers, func(a, b consumer) int {
		return cmp.Or(cmp.Compare(a.connections(), b.connections()), strings.Compare(b.link.caller.name, a.link.caller.name))
	})
	sum, help := total(consumers), "use smaller pools, "+instead
	if fits := (accepts - reserved - sum + widest.connections()) / max(widest.pods, 1); fits >= 2 {
		help = fmt.Sprintf("pool: %d would fit, or use %s", fits, instead)
	}
	g.errorAt(widest.link.node.Field("pool"), "pool-fits-server", widest.link.poolPath(),
		fmt.Sprintf("%s = %d connections, more than the %d that apps may open at %s (%d − %d reserved)", joinTerms(terms(consumers)), sum, accepts-reserved, server, accepts, reserved), want, help)
}

// pods is how many pods of the caller may hold connections at a time.
func (l *link) pods() int64 {
	d := l.caller.demand()
	return d.running() + d.migration
}

// unitPods is what pods of the caller are called in a sum.
func unitPods(l *link) string {
	if l.pods() == 1 {
		return " pod"
	}
	return " pods"
}

// connections is how many they may hold together.
func (l *link) connections() int64 { return int64(l.need.Pool) * l.pods() }

func (l *link) poolPath() string { return l.path + "." + l.node.Key + ".pool" }

// joinTerms writes a sum, with at most a few of its terms.
func joinTerms(terms []string) string {
	const most = 5 // terms
	if len(terms) > most {
		terms = append(slices.Clone(terms[:most]), fmt.Sprintf("%d more apps", len(terms)-most))
	}
	return strings.Join(terms, " + ")
}
