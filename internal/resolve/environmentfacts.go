package resolve

import (
	"cmp"
	"slices"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/load"
)

// stated keeps what the platform states and no generator needs: what is proved of the objects depends on it.
func (w *world) stated() {
	w.env.Region = text(w.facts.node.Field("region"))
	w.env.Registries = texts(w.facts.registries)
	for _, n := range fields(w.facts.databases) {
		w.env.Databases = append(w.env.Databases, statedDatabase(n))
	}
	slices.SortFunc(w.env.Databases, func(a, b app.Database) int { return cmp.Compare(a.Name, b.Name) })
	w.env.Foreign = w.foreign()
}

// statedDatabase reads one of the platform's databases.
func statedDatabase(n *load.Node) app.Database {
	db := app.Database{Name: n.Key, Hosts: []string{text(n.Field("host"))}, Port: usualPort[app.NeedKind(text(n.Field("kind")))], Reserved: reservedConnections}
	if host := text(n.Field("readHost")); host != "" && host != db.Hosts[0] {
		db.Hosts = append(db.Hosts, host)
	}
	if port, ok := portNumber(n.Field("port")); ok {
		db.Port = port
	}
	db.MaxConnections, _ = integer(n.Field("maxConnections"))
	if reserved := n.Field("reserved"); reserved != nil {
		db.Reserved, _ = integer(reserved)
	}
	return db
}

// foreign lists the namespaces in which the platform and apps of other repositories live.
func (w *world) foreign() []string {
	e := w.env
	all := []string{e.DNS.Namespace, "kube-system", "default"}
	if e.Scrape != nil {
		all = append(all, e.Scrape.Namespace)
		if e.Scrape.Prober != nil {
			all = append(all, e.Scrape.Prober.Pods.Namespace)
		}
	}
	for _, g := range []*app.Gateway{e.Gateway, e.IstioGateway} {
		if g != nil {
			all = append(all, g.Namespace)
		}
	}
	if e.IngressClass != nil {
		all = append(all, e.IngressClass.Namespace)
	}
	if e.Has("velero") {
		all = append(all, e.Velero)
	}
	if e.Has("cnpg") {
		all = append(all, e.CNPG)
	}
	for _, list := range []*load.Node{w.facts.databases, w.facts.stores, w.facts.apps} {
		for _, n := range fields(list) {
			all = append(all, text(n.Field("namespace")))
		}
	}
	slices.Sort(all)
	return slices.DeleteFunc(slices.Compact(all), func(name string) bool { return name == "" })
}
