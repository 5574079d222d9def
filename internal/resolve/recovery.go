package resolve

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/load"
)

// recovery plans how the data of all apps is kept restorable. A database that several apps use is backed up once.
func (g *graph) recovery() {
	for _, s := range g.specs {
		s.recovery()
	}
}

// recovery decides what of the app must be restorable: needs that hold data, and volumes.
func (s *spec) recovery() {
	general := s.node.Field("recovery")
	for _, data := range s.data() {
		n := cmp.Or(data.node.Field("recovery"), general)
		if n == nil {
			continue
		}
		r := app.Recovery{Name: data.name}
		r.RPOSeconds, _ = seconds(n.Field("rpo"))
		r.RTOSeconds, _ = seconds(n.Field("rto"))
		s.app.Recovery = append(s.app.Recovery, r)
		s.fromSpec("recovery["+data.name+"]", n)
	}
	slices.SortFunc(s.app.Recovery, func(a, b app.Recovery) int { return cmp.Compare(a.Name, b.Name) })
	s.checkRecovery(general, "recovery")
	for _, data := range s.data() {
		s.checkRecovery(data.node.Field("recovery"), data.field+".recovery")
	}
	if general != nil && len(s.data()) == 0 && !s.node.Field("storage").Faulty() && !s.node.Field("needs").Faulty() {
		s.warn("recovery", "recovery-of-something", "the app holds no data that could be restored", "a stateful need or a volume", "remove recovery")
	}
}

func (s *spec) checkRecovery(n *load.Node, field string) {
	for _, name := range []string{"rpo", "rto"} {
		if at := n.Field(name); at != nil && at.Kind == load.String {
			if d, ok := seconds(at); ok && d == 0 {
				s.fail(field+"."+name, "recovery-above-zero", fmt.Sprintf("%q cannot be kept", at.Text), "the most that may be lost, or the longest that a restore may take", `e.g. "4h"`)
			}
		}
	}
}

// datum is one thing that holds data of the app's: a need or a volume.
type datum struct {
	name     string
	field    string
	node     *load.Node // what says so: the need's kind, or the volume
	instance string     // the platform's database; empty: a volume
}

// data returns what holds data of the app's that is worth a backup and is not somebody else's or consciously without one.
func (s *spec) data() []datum {
	var ds []datum
	for _, need := range fields(s.node.Field("needs")) {
		for _, kind := range fields(need) {
			if holdsData(kind) && !kind.Faulty() && !boolean(kind.Field("ephemeral")) && !boolean(kind.Field("managed")) {
				ds = append(ds, datum{need.Key, "needs." + need.Key + "." + kind.Key, kind, textOr(kind.Field("instance"), need.Key)})
			}
		}
	}
	for _, v := range fields(s.node.Field("storage")) {
		ds = append(ds, datum{v.Key, "storage." + v.Key, v, ""})
	}
	return ds
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
	covered := map[string]bool{} // instances
	for _, s := range w.specs {
		for _, d := range s.data() {
			if d.instance != "" && cmp.Or(d.node.Field("recovery"), s.node.Field("recovery")) != nil {
				covered[d.instance] = true
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
			if d.node.Field("recovery") == nil && !covered[d.instance] {
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
