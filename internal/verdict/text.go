package verdict

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/inventory"
	"github.com/scantling/scantling/internal/verify"
)

// Text is how a report is printed for people.
type Text struct {
	Color bool
	All   bool // what is proved or unknown of every object, too
}

// Print writes what is violated by object, what is unknown by the fact that is missing, and the table of all.
func (t Text) Print(w io.Writer, r Report) error {
	p := textPrinter{Text: t}
	for _, c := range r.Clusters {
		if c.Environment != "" && len(r.Clusters) > 1 {
			p.line("%s", diag.Bold("environment "+c.Environment, t.Color))
			p.line("")
		}
		p.cluster(c)
	}
	p.line("%s", r.Summary())
	if t := r.tally(); t.errors+t.warnings+t.notes > 0 {
		p.line("%s", diag.Dim("scantling explain guarantee.NAME says why one matters, and who says so", p.Color))
	}
	_, err := io.WriteString(w, p.String())
	return err
}

// textPrinter collects the text of one report.
type textPrinter struct {
	Text
	strings.Builder
}

func (p *textPrinter) line(format string, args ...any) { fmt.Fprintf(p, format+"\n", args...) }

func (p *textPrinter) cluster(c Cluster) {
	shown := slices.DeleteFunc(slices.Clone(c.Results), func(r verify.Result) bool {
		return !p.All && (r.State == verify.Proved || r.State == verify.Unknown)
	})
	shown, many := p.apart(shown)
	objects, byObject := grouped(shown)
	for _, o := range objects {
		p.object(o, byObject[o])
	}
	if len(objects) > 0 {
		p.line("")
	}
	p.byGuarantee(many)
	if !p.All {
		p.unknown(c)
	}
	for _, table := range c.tables() {
		for i, line := range table.lines() {
			if i == 0 {
				line = diag.Bold(line, p.Color)
			}
			p.line("%s", line)
		}
		if table.marks {
			p.line("%s", diag.Dim(legend, p.Color))
		}
		p.line("")
	}
}

// grouped returns results by object, in the order of files.
func grouped(results []verify.Result) ([]*inventory.Object, map[*inventory.Object][]verify.Result) {
	by := map[*inventory.Object][]verify.Result{}
	var objects []*inventory.Object
	for _, r := range results {
		if by[r.Object] == nil {
			objects = append(objects, r.Object)
		}
		by[r.Object] = append(by[r.Object], r)
	}
	slices.SortStableFunc(objects, func(a, b *inventory.Object) int { return position(a).Compare(position(b)) })
	return objects, by
}

// position is where an object stands; what an operator makes stands where that is which it is made of.
func position(o *inventory.Object) diag.Pos {
	return diag.Pos{File: o.File, Line: o.Line}
}

// mostPlaces is in how many fields of an object violations of one guarantee are listed: the others say the same of its other fields.
const mostPlaces = 3

func (p *textPrinter) object(o *inventory.Object, results []verify.Result) {
	p.line("%s %s", diag.Bold(position(o).String()+":", p.Color), diag.Printable(described(o)))
	slices.SortStableFunc(results, func(a, b verify.Result) int { return cmp.Compare(rank(a), rank(b)) })
	places := map[*verify.Guarantee]map[string]int{} // in the order in which they come
	for _, r := range results {
		if places[r.Guarantee] == nil {
			places[r.Guarantee] = map[string]int{}
		}
		if of := places[r.Guarantee]; of[place(r)] == 0 {
			of[place(r)] = len(of) + 1
		}
	}
	told := map[*verify.Guarantee]bool{}
	for _, r := range results {
		if of := places[r.Guarantee]; of[place(r)] > mostPlaces && !p.All {
			if !told[r.Guarantee] {
				p.line("\t\tand in %s: --verbose lists them", count(len(of)-mostPlaces, "more place"))
			}
			told[r.Guarantee] = true
			continue
		}
		p.result(r)
	}
}

// place tells the fields of an object apart of which a guarantee says something.
func place(r verify.Result) string { return cmp.Or(r.Path, r.Text) }

// rank orders the results of an object: what has to be mended comes first, the gravest before all.
func rank(r verify.Result) int {
	switch r.State {
	case verify.Violated:
		return int(r.Severity)
	case verify.Waived:
		return int(diag.Note) + 1
	case verify.Unknown:
		return int(diag.Note) + 2
	}
	return int(diag.Note) + 3
}

func (p *textPrinter) result(r verify.Result) {
	label := string(r.State) + ":"
	switch r.State {
	case verify.Violated:
		label = diag.Graded(r.Severity.String()+":", r.Severity, p.Color)
	case verify.Unknown, verify.Waived:
		label = diag.Graded(label, diag.Note, p.Color)
	default:
		label = diag.Dim(label, p.Color)
	}
	text := r.Text
	if r.Path != "" {
		text = r.Path + ": " + text
	}
	p.line("\t%s %s: %s", label, diag.Bold(r.Guarantee.Name, p.Color), diag.Printable(text))
	if r.Waiver != nil {
		p.line("\t\t%s", diag.Printable(waived(r.Waiver)))
	}
}

// described names an object, and what an operator makes it of.
func described(o *inventory.Object) string {
	if o.MadeBy != nil {
		return o.String() + ", which an operator makes of " + o.MadeBy.Short()
	}
	return o.String()
}

func waived(w *verify.Waiver) string {
	return fmt.Sprintf("until %s: %s", w.Expires, w.Reason)
}
