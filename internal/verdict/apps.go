package verdict

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/scantling/scantling/internal/inventory"
	"github.com/scantling/scantling/internal/verify"
)

// app is whom an object is of.
type app struct {
	namespace, name string // without a name: what is of no app
}

// apps returns whom each object is of that there are results of. Scantling has one app of a name; of others, each namespace may have
// its own, and what is cluster-wide is of the only one.
func (c Cluster) apps() map[*inventory.Object]app {
	apps := make(map[*inventory.Object]app, c.Objects)
	namespaces := map[string][]string{} // by name of the app
	for _, r := range c.Results {
		if _, seen := apps[r.Object]; seen {
			continue
		}
		o := source(r.Object)
		a := app{namespace: o.Namespace, name: verify.App(o)}
		if a.name == "" || o.Ours() {
			a.namespace = ""
		} else if !slices.Contains(namespaces[a.name], a.namespace) {
			namespaces[a.name] = append(namespaces[a.name], a.namespace)
		}
		apps[r.Object] = a
	}
	for o, a := range apps {
		of := namespaces[a.name]
		if i := slices.Index(of, ""); i >= 0 && len(of) == 2 && a.namespace == "" {
			a.namespace = of[1-i]
			apps[o] = a
		}
	}
	return apps
}

// source returns the object that stands in a file.
func source(o *inventory.Object) *inventory.Object {
	for ; o.MadeBy != nil; o = o.MadeBy {
	}
	return o
}

// column is the results of one app.
type column struct {
	app
	title string
	all   tally
	cells map[*verify.Guarantee]tally
}

// columns returns the results of each app, in the order of their names; what is of no app comes last.
func (c Cluster) columns() []*column {
	byApp := map[app]*column{}
	var columns []*column
	apps := c.apps()
	for _, r := range c.Results {
		a := apps[r.Object]
		col := byApp[a]
		if col == nil {
			col = &column{app: a, title: cmp.Or(a.name, "(no app)"), cells: map[*verify.Guarantee]tally{}}
			byApp[a] = col
			columns = append(columns, col)
		}
		cell := col.cells[r.Guarantee]
		cell.add(r)
		col.cells[r.Guarantee] = cell
		col.all.add(r)
	}
	slices.SortFunc(columns, func(a, b *column) int {
		return cmp.Or(cmp.Compare(bit(a.name == ""), bit(b.name == "")), cmp.Compare(a.name, b.name), cmp.Compare(a.namespace, b.namespace))
	})
	for i, col := range columns { // two apps of one name are told apart by their namespaces
		if i > 0 && col.name == columns[i-1].name || i+1 < len(columns) && col.name == columns[i+1].name {
			col.title = cmp.Or(col.namespace, "-") + "/" + col.name
		}
	}
	return columns
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// mark is what a cell of the table says: the gravest that there is, and how often.
func (t tally) mark() string {
	switch {
	case t.errors > 0:
		return fmt.Sprint("✗ ", t.errors+t.warnings+t.notes)
	case t.warnings+t.notes > 0:
		return fmt.Sprint("! ", t.warnings+t.notes)
	case t.unknown > 0:
		return fmt.Sprint("? ", t.unknown)
	case t.waived > 0:
		return fmt.Sprint("~ ", t.waived)
	case t.proved > 0:
		return "✓"
	}
	return notApplicable
}

// notApplicable is the mark of what says nothing of an app.
const notApplicable = "·"

// legend explains the marks.
const legend = "✗ error  ! warning  ? unknown  ~ waived  ✓ proved  · does not apply"

// open reports whether anything is not proved.
func (t tally) open() bool { return t.errors+t.warnings+t.notes+t.unknown+t.waived > 0 }

// violated reports whether anything is violated, on purpose or not.
func (t tally) violated() bool { return t.errors+t.warnings+t.notes+t.waived > 0 }
