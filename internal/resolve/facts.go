package resolve

import (
	"fmt"
	"slices"
	"strings"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/load"
)

// missingFact reports that something in a spec needs a fact that the environment does not state. What to add belongs where the message
// points: into the deepest struct of the fact's path that is there.
func (w *world) missingFact(n *load.Node, path, what, fact, example string) {
	there, missing, to := w.facts.node, strings.Split(fact, "."), ""
	for len(missing) > 1 && there.Field(missing[0]) != nil {
		there, missing = there.Field(missing[0]), missing[1:]
		to = " to " + strings.TrimSuffix(fact, "."+strings.Join(missing, "."))
	}
	add := example
	for i, name := range slices.Backward(missing) {
		if add = quoteName(name) + ": " + add; i > 0 {
			add = "{" + add + "}"
		}
	}
	w.errorAtKey(n, "fact-missing", path, fmt.Sprintf("%s needs %s, which environment %q does not state", what, fact, w.env.Name),
		fmt.Sprintf("platform.environments.%s.%s (%s)", w.env.Name, fact, there.KeyPos), "add "+add+to)
}

// findServer links a need to one of the platform's databases, or with no platform file to pods of its name.
func (g *graph) findServer(l *link) bool {
	instance := l.node.Field("instance")
	name := textOr(instance, l.need.Name)
	kind := string(l.need.Kind)
	if provision := l.node.Field("provision"); provision != nil {
		return g.provision(l, provision)
	}
	if size := l.node.Field("size"); size != nil {
		g.errorAt(size, "size-of-what-is-made", l.path+"."+kind+".size", "the size of a server of the platform is not the app's to choose", "",
			`remove it, or add provision: "cnpg"; for the arithmetic of recovery, the platform states sizeGiB`)
	}
	g.database(l)
	l.server = g.facts.databases.Field(name)
	switch {
	case l.server == nil && g.facts.local:
		l.standIn(name, usualPort[l.need.Kind])
		return true
	case l.server == nil:
		g.noServer(l, instance, name)
		return false
	case l.server.Faulty(), l.server.Field("kind").Faulty(), l.server.Field("host").Faulty(): // the loader has said so
		return false
	case text(l.server.Field("kind")) != kind:
		at := instance
		if at == nil {
			at = l.node
		}
		g.errorAtKey(at, "need-matches-kind", l.path+"."+at.Key, fmt.Sprintf("%q (%s) is a %s, not a %s", name, l.server.KeyPos, text(l.server.Field("kind")), kind),
			"a need of the server's kind", fmt.Sprintf("write %s: {}, or name another server: instance: \"NAME\"", text(l.server.Field("kind"))))
		return false
	}
	l.need.Instance = name
	l.need.Host = text(l.server.Field("host"))
	l.need.Port = usualPort[l.need.Kind]
	if port, ok := portNumber(l.server.Field("port")); ok {
		l.need.Port = port
	}
	g.readers(l)
	return g.serverPeer(l, "platform.databases."+name)
}

// usualPort is where each kind of server listens, unless it is told otherwise.
var usualPort = map[app.NeedKind]int32{
	app.NeedPostgres:    5432,
	app.NeedMySQL:       3306,
	app.NeedMongoDB:     27017,
	app.NeedRedis:       6379,
	app.NeedKafka:       9092,
	app.NeedRabbitMQ:    5672,
	app.NeedObjectStore: 9000, // of the stores that run in a cluster
}

// database reads what a need says about its use of the server.
func (g *graph) database(l *link) {
	n := l.node
	switch l.need.Kind {
	case app.NeedPostgres, app.NeedMySQL, app.NeedMongoDB:
		l.need.Database = textOr(n.Field("database"), l.need.Name)
		pool, _ := integer(n.Field("pool"))
		l.need.Pool = int32(pool)
	case app.NeedRedis:
		l.need.Purpose = textOr(n.Field("purpose"), "cache")
	}
}

// readers finds the host of the read replicas, when the app reads from them.
func (g *graph) readers(l *link) {
	n := l.node.Field("readers")
	if !boolean(n) {
		return
	}
	l.readHost = text(l.server.Field("readHost"))
	if l.readHost == "" {
		g.errorAt(n, "fact-missing", l.path+"."+l.node.Key+".readers", fmt.Sprintf("readers needs readHost, which %q does not state", l.need.Instance),
			fmt.Sprintf("platform.databases.%s.readHost (%s)", l.need.Instance, l.server.KeyPos), `add readHost: "HOST"`)
	}
}

// noServer reports a need whose server the platform does not know.
func (g *graph) noServer(l *link, instance *load.Node, name string) {
	kind := string(l.need.Kind)
	var known []string
	for _, db := range fields(g.facts.databases) {
		if text(db.Field("kind")) == kind {
			known = append(known, db.Key)
		}
	}
	help := didYouMean(name, known)
	if help == "" {
		help = fmt.Sprintf(`add it to %s: platform: {databases: {%s: {kind: %q, host: "HOST", cidrs: ["10.20.0.0/24"]}}}`, g.facts.file, quoteName(name), kind)
	}
	problem, want := fmt.Sprintf("the platform has no %s %q", kind, name), oneOf("a "+kind+" of platform.databases", known)
	if instance != nil {
		g.errorAt(instance, "need-is-known", l.path+"."+kind+".instance", problem, want, help)
	} else {
		g.errorAtKey(l.key, "need-is-known", l.path, problem, want, help)
	}
}

// findStore links a need to one of the environment's object stores, or with no platform file to pods of its name.
func (g *graph) findStore(l *link) bool {
	instance := l.node.Field("instance")
	name := textOr(instance, l.need.Name)
	l.bucket = text(l.node.Field("bucket"))
	l.server = g.facts.stores.Field(name)
	if l.server == nil && g.facts.local {
		l.standIn(name, usualPort[app.NeedObjectStore])
		return true
	}
	if l.server == nil {
		known := keys(g.facts.stores)
		help := didYouMean(name, known)
		if help == "" {
			help = fmt.Sprintf(`add objectstores: {%s: {endpoint: "HOST", cidrs: ["10.30.0.0/24"]}}`, quoteName(name))
		}
		problem := fmt.Sprintf("environment %q has no object store %q", g.env.Name, name)
		want := oneOf(fmt.Sprintf("one of platform.environments.%s.objectstores (%s)", g.env.Name, g.facts.node.KeyPos), known)
		if instance != nil {
			g.errorAt(instance, "need-is-known", l.path+".objectstore.instance", problem, want, help)
		} else {
			g.errorAtKey(l.key, "need-is-known", l.path, problem, want, help)
		}
		return false
	}
	l.need.Instance = name
	l.need.Host = text(l.server.Field("endpoint"))
	l.region = text(l.server.Field("region"))
	l.need.Port = 443
	if port, ok := portNumber(l.server.Field("port")); ok {
		l.need.Port = port
	}
	return g.serverPeer(l, "platform.environments."+g.env.Name+".objectstores."+name)
}

// standIn links a need to pods that are labelled with its server's name, beside the app: there is no platform to ask. A name that an app
// there has is that app's own address, so the server is NAME-KIND.
func (l *link) standIn(name string, port int32) {
	namespace := l.caller.app.Namespace
	if s := l.caller.w.byName[name]; s != nil && s.app.Namespace == namespace {
		name += "-" + string(l.need.Kind)
	}
	l.need.Host, l.need.Port = serviceName(name, namespace), port
	if boolean(l.node.Field("readers")) {
		l.readHost = l.need.Host
	}
	l.peer = foreignPods(&load.Node{Key: name})
	l.peer.Namespace = namespace
	l.port = app.Port{Number: port, Protocol: "TCP"}
}

// serverPeer decides how a policy names the server: by its pods, by its addresses, or where policies know names by its host.
func (g *graph) serverPeer(l *link, path string) bool {
	l.port = app.Port{Number: l.need.Port, Protocol: "TCP"}
	namespace, labels, cidrs := l.server.Field("namespace"), l.server.Field("labels"), l.server.Field("cidrs")
	switch {
	case namespace != nil:
		l.peer = app.Peer{Namespace: text(namespace), Labels: textMap(labels)}
	case labels != nil:
		g.errorAtKey(l.key, "fact-missing", l.path, fmt.Sprintf("nothing says which namespace the pods of %q are in", l.server.Key), fmt.Sprintf("%s.namespace (%s)", path, l.server.KeyPos), `add namespace: "NAMESPACE"`)
		return false
	case len(elems(cidrs)) > 0:
		l.peer = app.Peer{CIDRs: texts(cidrs)}
	case isAddress(l.need.Host):
		l.peer = app.Peer{CIDRs: g.addressOf(l.server.Field("host"), path+".host")}
	case g.env.Has("cilium"):
		l.peer = app.Peer{Host: l.need.Host}
	default:
		g.errorAtKey(l.key, "host-needs-cilium", l.path, fmt.Sprintf("the addresses of %q are not known, and network policies know host names only with cilium", l.need.Host),
			fmt.Sprintf("%s.cidrs, or namespace and labels (%s)", path, l.server.KeyPos), `add cidrs: ["10.20.0.0/24"]`)
		return false
	}
	return true
}
