package resolve

import (
	"slices"
	"strings"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/load"
)

// graph is who calls whom in a world.
type graph struct {
	*world
	links   map[*spec][]*link // in the order of the needs' names
	callers map[*spec][]*link // from apps of this project, in the order of their names
}

// link is one need on its way to app.Need: where it was written, what serves it, and how to get in.
type link struct {
	caller *spec
	key    *load.Node // needs.NAME
	node   *load.Node // needs.NAME.KIND
	path   string     // "apps.cart.needs.orders"
	need   app.Need
	peer   app.Peer
	port   app.Port   // at the peer
	callee *spec      // nil unless an app of this project
	server *load.Node // the platform's database or object store; nil: none

	store    string // place of the credentials in the store; empty: none are needed
	readHost string
	bucket   string
	region   string
}

// connect decides what needs more than one app to be known: the graph, and everything that follows from it. What a line needs
// stands above it.
func (w *world) connect() *graph {
	g := &graph{world: w, links: make(map[*spec][]*link, len(w.specs)), callers: map[*spec][]*link{}}
	for _, s := range w.specs {
		g.needs(s)
		s.tell(g.links[s])
		s.secrets()
		s.access()
		s.expose()
	}
	g.consents()
	g.cycles()
	g.edges()
	g.clusters()
	w.distinctHosts()
	return g
}

// needs links every need of an app to what serves it. A need that cannot be linked is reported and left out.
func (g *graph) needs(s *spec) {
	list := s.node.Field("needs")
	for _, n := range byKey(fields(list)) {
		kind := needKind(n)
		if kind == nil {
			continue // the loader has said so
		}
		l := &link{caller: s, key: n, node: kind, path: s.path("needs." + n.Key)}
		l.need = app.Need{
			Name:   n.Key,
			Kind:   app.NeedKind(kind.Key),
			Soft:   soft(kind),
			Prefix: textOr(kind.Field("env"), defaultPrefix(n.Key)),

			Managed:   boolean(kind.Field("managed")),
			Ephemeral: boolean(kind.Field("ephemeral")),
		}
		if !g.find(l) {
			continue
		}
		g.links[s] = append(g.links[s], l)
		if l.callee != nil {
			g.callers[l.callee] = append(g.callers[l.callee], l)
		}
	}
	for _, l := range g.links[s] {
		s.credentials(l)
		s.app.Needs = append(s.app.Needs, l.need)
		g.fromServer(l)
		if sc := s.app.Scaling; sc != nil && sc.Queue != nil && sc.Queue.Need.Name == l.need.Name {
			sc.Queue.Need, sc.Queue.Secret = l.need, l.need.Secret
		}
		s.decided("needs["+l.need.Name+"]", app.BySpec, l.key.KeyPos, "")
	}
}

// soft reports whether an app works without what it needs: if it says so, and a cache unless the app says otherwise.
func soft(kind *load.Node) bool {
	if n := kind.Field("soft"); n != nil {
		return boolean(n)
	}
	return app.NeedKind(kind.Key) == app.NeedRedis && textOr(kind.Field("purpose"), "cache") == "cache"
}

// find finds what serves a need, and reports whether it did.
func (g *graph) find(l *link) bool {
	switch l.need.Kind {
	case app.NeedApp:
		return g.findApp(l)
	case app.NeedExternal:
		return g.findHost(l)
	case app.NeedObjectStore:
		return g.findStore(l)
	default:
		return g.findServer(l)
	}
}

// needKind returns the one field of a need that is a kind, or nil when there is none, or more than one.
func needKind(n *load.Node) *load.Node {
	var kind *load.Node
	for _, f := range fields(n) {
		if _, ok := deliveries[app.NeedKind(f.Key)]; !ok || f.Kind != load.Struct {
			continue
		}
		if kind != nil {
			return nil
		}
		kind = f
	}
	return kind
}

// byKey returns fields sorted by name.
func byKey(list []*load.Node) []*load.Node {
	return slices.SortedFunc(slices.Values(list), func(a, b *load.Node) int { return strings.Compare(a.Key, b.Key) })
}

// edges opens both ends of every link: out of the caller, into the callee.
func (g *graph) edges() {
	for _, s := range g.specs {
		for _, l := range g.links[s] {
			s.app.Egress = append(s.app.Egress, app.Edge{Name: l.need.Name, Peer: l.peer, Ports: []app.Port{l.port}})
			s.decided("egress["+l.need.Name+"]", app.BySpec, l.key.KeyPos, "")
		}
		for _, l := range g.callers[s] {
			s.app.Ingress = append(s.app.Ingress, app.Edge{Name: l.caller.name, Peer: l.caller.pods(), Ports: []app.Port{l.port}})
			s.decided("ingress["+l.caller.name+"]", app.BySpec, l.key.KeyPos, "")
		}
		g.foreignCallers(s)
		s.members()
		sortEdges(s.app.Ingress)
		sortEdges(s.app.Egress)
	}
}

// fromServer records what the platform decided about a need that one of its servers serves.
func (g *graph) fromServer(l *link) {
	if l.server == nil {
		return
	}
	need, edge, key := "needs["+l.need.Name+"]", "egress["+l.need.Name+"]", l.server.KeyPos
	l.caller.decided(need+".host", app.ByPlatform, key, "")
	l.caller.decided(need+".port", app.ByPlatform, at(l.server.Field("port"), l.server), "")
	l.caller.decided(edge+".peer", app.ByPlatform, key, "")
	l.caller.decided(edge+".ports", app.ByPlatform, at(l.server.Field("port"), l.server), "")
}
