package verdict

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/verify"
)

// widest is how wide a table may be, in columns: what a terminal and a log of CI show without breaking lines.
const widest = 100

// A grid is rows of cells, of which the first is the head.
type grid struct {
	rows  [][]string
	marks bool // the cells are marks
}

// tables returns the guarantees by app: a column an app where that fits, else one for all apps together, and a row for each app of which
// something is violated. What is proved of all is one row. Nothing: there are no results.
func (c Cluster) tables() []grid {
	columns := c.columns()
	if len(columns) == 0 {
		return nil
	}
	guarantees := c.guarantees()
	byGuarantee := grid{guaranteeRows(guarantees, columns), true}
	if byGuarantee.width() <= widest {
		return []grid{byGuarantee}
	}
	tables := []grid{{guaranteeRows(guarantees, []*column{together(columns)}), true}}
	if byApp := appRows(columns); len(byApp) > 2 {
		tables = append(tables, grid{rows: byApp})
	}
	return tables
}

// together returns the results of all apps as those of one.
func together(columns []*column) *column {
	all := &column{cells: map[*verify.Guarantee]tally{}}
	apps := 0
	for _, col := range columns {
		apps += bit(col.name != "")
		for g, t := range col.cells {
			cell := all.cells[g]
			cell.sum(t)
			all.cells[g] = cell
		}
	}
	all.title = "all " + count(apps, "app")
	return all
}

// guarantees returns those that there are results of, in their order.
func (c Cluster) guarantees() []*verify.Guarantee {
	var all []*verify.Guarantee
	for _, r := range c.Results {
		if len(all) == 0 || all[len(all)-1] != r.Guarantee {
			all = append(all, r.Guarantee)
		}
	}
	return all
}

// guaranteeRows has a row for each guarantee that is not proved of all.
func guaranteeRows(guarantees []*verify.Guarantee, columns []*column) [][]string {
	head := []string{""}
	for _, col := range columns {
		head = append(head, shortened(col.title))
	}
	rows := [][]string{head}
	proved := make([]int, len(columns))
	others := 0
	for _, g := range guarantees {
		var all tally
		row := []string{g.Name}
		for _, col := range columns {
			all.sum(col.cells[g])
			row = append(row, col.cells[g].mark())
		}
		if all.open() {
			rows = append(rows, row)
			continue
		}
		others++
		for i, col := range columns {
			proved[i] += bit(col.cells[g].proved > 0)
		}
	}
	if others == 0 {
		return rows
	}
	last := []string{count(others, "guarantee")}
	if len(rows) > 1 {
		last[0] = count(others, "other")
	}
	for _, n := range proved {
		mark := notApplicable
		if n > 0 {
			mark = fmt.Sprint("✓ ", n)
		}
		last = append(last, mark)
	}
	return append(rows, last)
}

// appRows has a row for each app of which something is violated, and one for all of the others.
func appRows(columns []*column) [][]string {
	rows := [][]string{{"app", "errors", "warnings", "unknown", "waived", "proved"}}
	row := func(title string, t tally) {
		cells := []string{title}
		for _, n := range []int{t.errors, t.warnings + t.notes, t.unknown, t.waived, t.proved} {
			cell := notApplicable
			if n > 0 {
				cell = fmt.Sprint(n)
			}
			cells = append(cells, cell)
		}
		rows = append(rows, cells)
	}
	var rest, all tally
	others := 0
	for _, col := range columns {
		all.sum(col.all)
		if !col.all.violated() {
			rest.sum(col.all)
			others++
			continue
		}
		row(shortened(col.title), col.all)
	}
	if others > 0 && others < len(columns) {
		row(count(others, "other"), rest)
	}
	row("all", all)
	return rows
}

// longestTitle is where the name of an app is cut in a table, in characters: that of an object may have 253.
const longestTitle = 40

func shortened(s string) string {
	s = diag.Printable(s)
	if utf8.RuneCountInString(s) > longestTitle {
		return string([]rune(s)[:longestTitle-1]) + "…"
	}
	return s
}

// gap is what is between two columns.
const gap = "  "

func (g grid) widths() []int {
	widths := make([]int, len(g.rows[0]))
	for _, row := range g.rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	return widths
}

func (g grid) width() int {
	total := 0
	for _, w := range g.widths() {
		total += w + len(gap)
	}
	return total - len(gap)
}

// lines returns the rows with their columns aligned.
func (g grid) lines() []string {
	widths := g.widths()
	var lines []string
	for _, row := range g.rows {
		var b strings.Builder
		for i, cell := range row {
			b.WriteString(cell + strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)) + gap)
		}
		lines = append(lines, strings.TrimRight(b.String(), " "))
	}
	return lines
}
