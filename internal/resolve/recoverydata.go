package resolve

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/load"
)

// datum is one thing that holds data of the app's: a need or a volume.
type datum struct {
	name  string
	field string     // "needs.orders.postgres", "storage.data"
	node  *load.Node // what says so: the need's kind, or the volume
	store string     // the database that it is in, which other apps may use too; empty: a volume, or a server of its own

	// What a plan knows beside.
	recovery *load.Node    // the objectives: the datum's own, else the app's
	path     string        // of those, from the app on
	link     *link         // nil: a volume, or a need without a server, which has been reported
	expect   []expectation // of a restored copy
}

func (d datum) isVolume() bool { return d.field == "storage."+d.name }

// label is the field that the datum is named by: "needs.orders".
func (d datum) label() string {
	if d.isVolume() {
		return d.field
	}
	return "needs." + d.name
}

// data returns what holds data of the app's that is worth a backup and is not somebody else's or consciously without one.
func (s *spec) data() []datum {
	var ds []datum
	for _, need := range fields(s.node.Field("needs")) {
		for _, kind := range fields(need) {
			if holdsData(kind) && !kind.Faulty() && !boolean(kind.Field("ephemeral")) && !boolean(kind.Field("managed")) {
				ds = append(ds, datum{name: need.Key, field: "needs." + need.Key + "." + kind.Key, node: kind, store: s.sharedStore(need, kind)})
			}
		}
	}
	for _, v := range fields(s.node.Field("storage")) {
		ds = append(ds, datum{name: v.Key, field: "storage." + v.Key, node: v})
	}
	return ds
}

// sharedStore names the database that a need uses among all of the environment: server and database. Without a platform file servers are
// in the app's own namespace.
func (s *spec) sharedStore(need, kind *load.Node) string {
	if kind.Field("provision") != nil {
		return ""
	}
	server := textOr(kind.Field("instance"), need.Key)
	if s.w.facts.local {
		server = s.app.Namespace + "/" + server
	}
	if app.NeedKind(kind.Key) == app.NeedRedis {
		return server
	}
	return server + " " + textOr(kind.Field("database"), need.Key)
}

// needless warns of objectives for data that somebody else keeps, or that may be lost, and of somebody else who is not there.
func (s *spec) needless() {
	for _, need := range fields(s.node.Field("needs")) {
		for _, kind := range fields(need) {
			if managed := kind.Field("managed"); boolean(managed) && s.cluster(need.Key) != nil {
				s.warn("needs."+need.Key+"."+kind.Key+".managed", "data-has-backup", fmt.Sprintf("nobody else backs up %s: its server is made for this app (%s)", need.Key, kind.Field("provision").Pos), "recovery instead",
					`write recovery: {rpo: "1h", rto: "4h"}; ephemeral: true says that its data may be lost`)
			}
			for _, why := range []string{"managed", "ephemeral"} {
				if boolean(kind.Field(why)) && kind.Field("recovery") != nil {
					field := "needs." + need.Key + "." + kind.Key
					s.warn(field+".recovery", "recovery-of-something", fmt.Sprintf("%s: true (%s) says that nothing here backs it up", why, kind.Field(why).Pos), "one of them", "remove recovery, or "+why)
				}
			}
		}
	}
}

// holdsData reports whether a kind of need keeps data that nothing else has. A cache can be filled again, and sessions come back.
func holdsData(kind *load.Node) bool {
	switch app.NeedKind(kind.Key) {
	case app.NeedPostgres, app.NeedMySQL, app.NeedMongoDB:
		return true
	case app.NeedRedis:
		return slices.Contains([]string{"queue", "store"}, text(kind.Field("purpose")))
	}
	return false
}

// warnUnrecoverable warns once an app of data that has no backup. A database that another app asks to recover is covered.
func (w *world) warnUnrecoverable() {
	covered := map[string]bool{} // stores
	for _, s := range w.specs {
		for _, d := range s.data() {
			if d.store != "" && cmp.Or(d.node.Field("recovery"), s.node.Field("recovery")) != nil {
				covered[d.store] = true
			}
		}
	}
	for _, s := range w.specs {
		if s.app.Tier == app.BestEffort || s.node.Field("recovery") != nil {
			continue
		}
		var names []string
		var first *load.Node
		for _, d := range s.data() {
			if d.node.Field("recovery") == nil && !covered[d.store] {
				names = append(names, d.name)
				first = cmp.Or(first, d.node)
			}
		}
		if len(names) > 0 {
			s.w.report(diag.Diagnostic{Severity: diag.Warning, Rule: "data-has-backup", Pos: first.KeyPos, Path: s.path(""),
				Problem: "nothing backs up " + load.Prose(names, "and"), Want: "recovery: how much may be lost, and how long a restore may take",
				Help: `add recovery: {rpo: "24h", rto: "4h"}; of a need, managed or ephemeral: true says that it is on purpose`})
		}
	}
}
