package rightsize

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/scantling/scantling/internal/diag"
)

// Month is by how much what an app costs in a month changes, from the fewest pods to the most; below 0 it saves.
type Month struct {
	Least    float64 `json:"least"`
	Most     float64 `json:"most"`
	Currency string  `json:"currency,omitempty"`
}

// Rounded is a change of costs to the cent.
func (m Month) Rounded() Month {
	cents := func(v float64) float64 { return math.Round(v*100)/100 + 0 } // + 0: no negative nothing
	return Month{cents(m.Least), cents(m.Most), m.Currency}
}

// Text says a change of costs in words.
func (m Month) Text() string {
	few, many := m.Rounded().Least, m.Rounded().Most
	if few == 0 && many == 0 {
		return "costs as much"
	}
	word := "more"
	if few+many < 0 {
		word, few, many = "less", -few, -many
	}
	text := strconv.FormatFloat(min(few, many), 'f', 2, 64)
	if few != many {
		text += "–" + strconv.FormatFloat(max(few, many), 'f', 2, 64)
	}
	return strings.TrimSpace(m.Currency+" "+text) + " " + word + " a month"
}

// Table writes a line for each resource that is not right or not known, and what a reader must know beside.
func (r Report) Table(w io.Writer) error {
	var rows, notes []string
	for _, f := range r.Findings {
		rows = append(rows, f.rows()...)
		for _, note := range f.Notes {
			if f.Verdict != Fits {
				notes = append(notes, f.who()+": "+note)
			}
		}
	}
	if len(rows) > 0 {
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		fmt.Fprintln(t, "APP\tCONTAINER\tRESOURCE\tNOW\tUSED\tPROPOSED\tVERDICT\tBECAUSE\n"+strings.Join(rows, "\n"))
		if err := t.Flush(); err != nil {
			return err
		}
	}
	for _, note := range notes {
		if _, err := fmt.Fprintln(w, note); err != nil {
			return err
		}
	}
	return nil
}

// rows are the lines of a container in the table; none: it fits.
func (f Finding) rows() (out []string) {
	row := func(columns ...string) {
		out = append(out, strings.Join(append([]string{f.App.Name, f.Name}, columns...), "\t"))
	}
	if f.Verdict == Unknown && f.CPU.Because == f.Memory.Because {
		row("all", "-", "?", "-", string(f.Verdict), f.CPU.Because)
		return out
	}
	for _, l := range f.lines() {
		if l.Verdict == Fits && l.Proposed == l.Now {
			continue
		}
		used, proposed := "?", "-"
		if !math.IsNaN(l.Used) {
			used = l.write(l.Used)
		}
		if l.Proposed != l.Now {
			proposed = l.quantity(l.Proposed)
		}
		row(l.name, l.quantity(l.Now), used, proposed, string(l.Verdict), l.Because)
	}
	return out
}

// line is one resource of a container, as it is written.
type line struct {
	Judgement
	name     string
	write    func(float64) string
	quantity func(int64) string
}

func (f Finding) lines() []line {
	return []line{{f.CPU, "cpu", milli, CPUQuantity}, {f.Memory, "memory", mebi, MemoryQuantity}}
}

// who names a container.
func (f Finding) who() string {
	if f.Sidecar == "" {
		return f.App.Name
	}
	return f.App.Name + "'s " + f.Sidecar
}

// Summary counts the verdicts.
func (r Report) Summary() string {
	if len(r.Findings) == 0 {
		return "no apps in " + r.Environment
	}
	var parts []string
	for _, v := range []Verdict{Needs, Wastes, Unknown, Fits} {
		n := 0
		for _, f := range r.Findings {
			if f.Verdict == v {
				n++
			}
		}
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, v.counted(n)))
		}
	}
	noun := "containers"
	if len(r.Findings) == 1 {
		noun = "container"
	}
	text := fmt.Sprintf("%d %s in %s: %s", len(r.Findings), noun, r.Environment, strings.Join(parts, ", "))
	if !r.Time.IsZero() {
		text += ", on " + r.Time.UTC().Format("2006-01-02 15:04 UTC")
	}
	return text
}

func (v Verdict) counted(n int) string {
	if n == 1 {
		return string(v)
	}
	return map[Verdict]string{Needs: "need more", Wastes: "reserve too much", Unknown: "unknown", Fits: "fit"}[v]
}

// Document is a report in the json format. Fields are only ever added.
type Document struct {
	Environment string          `json:"environment"`
	Time        string          `json:"time,omitempty"` // that the answers are about, RFC 3339; without one series: absent
	Containers  []ContainerLine `json:"containers"`     // the gravest first
	Edits       []EditLine      `json:"edits"`
	Diagnostics []diag.Record   `json:"diagnostics"` // why edits are refused
	Warnings    []string        `json:"warnings"`    // why the answers may be incomplete
}

// ContainerLine is a container in the json format.
type ContainerLine struct {
	Namespace string       `json:"namespace"`
	App       string       `json:"app"`
	Container string       `json:"container"`
	Verdict   Verdict      `json:"verdict"`
	CPU       ResourceLine `json:"cpuMilli"`    // thousandths of a core
	Memory    ResourceLine `json:"memoryBytes"` // bytes
	Days      *float64     `json:"daysMeasured"`
	Size      string       `json:"size,omitempty"` // proposed; absent: none
	Notes     []string     `json:"notes"`
}

// ResourceLine is one resource of a container in the json format. What is not known is null.
type ResourceLine struct {
	Verdict  Verdict  `json:"verdict"`
	Now      int64    `json:"requested"`
	Used     *float64 `json:"used"`
	Proposed int64    `json:"proposed"`
	Because  string   `json:"because"`
}

// EditLine is an edit in the json format.
type EditLine struct {
	App     string `json:"app"`
	File    string `json:"file"`
	Line    int    `json:"line"`
	Path    string `json:"path"` // of the struct that text belongs into
	Text    string `json:"text"`
	Removes string `json:"removes,omitempty"`
	Applied bool   `json:"applied"`
	Month   *Month `json:"costPerMonthChange"` // null: not known
}

// JSON writes the report for programs.
func (r Report) JSON(w io.Writer, edits []EditLine, refused []diag.Diagnostic) error {
	d := Document{Environment: r.Environment, Containers: []ContainerLine{}, Edits: append([]EditLine{}, edits...), Diagnostics: diag.Records(refused), Warnings: append([]string{}, r.Warnings...)}
	if !r.Time.IsZero() {
		d.Time = r.Time.UTC().Format(time.RFC3339)
	}
	for _, f := range r.Findings {
		l := ContainerLine{Namespace: f.App.Namespace, App: f.App.Name, Container: f.Name, Verdict: f.Verdict,
			CPU: f.CPU.line(10), Memory: f.Memory.line(1), Days: known(math.Floor(f.Days*10) / 10), Notes: append([]string{}, f.Notes...)}
		if f.Change != nil {
			l.Size = f.Change.Size
		}
		d.Containers = append(d.Containers, l)
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(d)
}

// line is a judgement in the json format, what was used in so many parts of its unit.
func (j Judgement) line(parts float64) ResourceLine {
	return ResourceLine{Verdict: j.Verdict, Now: j.Now, Used: known(math.Round(j.Used*parts) / parts), Proposed: j.Proposed, Because: j.Because}
}

// known is a number for JSON; nil: it is not known.
func known(v float64) *float64 {
	if math.IsNaN(v) {
		return nil
	}
	return &v
}

// Line is an edit for programs.
func (e Edit) Line(applied bool) EditLine {
	l := EditLine{App: e.App, File: e.Pos.File, Line: e.Pos.Line, Path: e.path(), Text: e.Text, Removes: e.Removes, Applied: applied}
	if e.Month != nil {
		l.Month = new(e.Month.Rounded())
	}
	return l
}

// path is that of the struct which is edited.
func (e Edit) path() string {
	if e.Environment != "" {
		return "apps." + e.App + ".environments." + e.Environment
	}
	return "apps." + e.App
}

// String is an edit for people: a line to paste, with its place.
func (e Edit) String() string {
	text := fmt.Sprintf("%s: %s: %s", e.Pos, e.path(), e.Text)
	if e.Removes != "" {
		text += " instead of " + e.Removes
	}
	if e.Month != nil {
		text += " (" + e.Month.Text() + ")"
	}
	return text
}
