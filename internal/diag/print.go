package diag

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
)

// Format is a form in which diagnostics are printed.
type Format string

// The formats.
const (
	Text   Format = "text"   // for people
	JSON   Format = "json"   // for programs: one array of Record
	GitHub Format = "github" // workflow commands, which annotate a pull request
	SARIF  Format = "sarif"  // 2.1.0, for code scanning
)

// Formats lists every format, in the order of the help text.
func Formats() []Format { return []Format{Text, JSON, GitHub, SARIF} }

// Printer writes diagnostics in one format.
type Printer struct {
	Format  Format
	Color   bool   // of the text format only
	Version string // of this build, for SARIF
	Others  []Rule // rules that are not of Rules(), sorted by id, for SARIF
	Page    string // below docs/, where they are explained
}

// Print writes ds, in their order. The machine formats write a whole document even when ds is empty.
func (p Printer) Print(w io.Writer, ds []Diagnostic) error {
	switch p.Format {
	case JSON:
		return printJSON(w, ds)
	case GitHub:
		return printGitHub(w, ds)
	case SARIF:
		return p.printSARIF(w, ds)
	}
	for _, d := range ds {
		if _, err := io.WriteString(w, text(d, p.Color)); err != nil {
			return err
		}
	}
	return nil
}

// text returns a diagnostic as a person reads it: a clickable position first, then what is wanted and what helps, indented.
func text(d Diagnostic, color bool) string {
	var b strings.Builder
	if d.Pos.IsValid() {
		b.WriteString(paint(printable(d.Pos.String())+":", bold, color) + " ")
	}
	if d.Severity != Error || !d.Pos.IsValid() {
		b.WriteString(paint(d.Severity.String()+":", severityColor(d.Severity), color) + " ")
	}
	if d.Path != "" {
		b.WriteString(printable(d.Path) + ": ")
	}
	b.WriteString(printable(d.Problem))
	if d.Env != "" {
		fmt.Fprintf(&b, " (in %s)", printable(d.Env))
	}
	b.WriteString("\n")
	for _, l := range details(d) {
		b.WriteString("\t" + paint(l.label, dim, color) + " " + strings.Join(l.lines, "\n\t      ") + "\n")
	}
	return b.String()
}

// detail is one labelled text below a diagnostic.
type detail struct {
	label string
	lines []string
}

func details(d Diagnostic) []detail {
	var ls []detail
	add := func(label, text string) {
		if text == "" {
			return
		}
		lines := strings.Split(text, "\n")
		for i, l := range lines {
			lines[i] = printable(l)
		}
		ls = append(ls, detail{label, lines})
	}
	add("want:", d.Want)
	add("help:", d.Help)
	return ls
}

// The escape sequences of a terminal (ECMA-48, select graphic rendition).
const (
	bold   = "\x1b[1m"
	dim    = "\x1b[2m"
	red    = "\x1b[1;31m"
	yellow = "\x1b[1;33m"
	cyan   = "\x1b[1;36m"
	reset  = "\x1b[0m"
)

func severityColor(s Severity) string {
	switch s {
	case Warning:
		return yellow
	case Note:
		return cyan
	}
	return red
}

func paint(s, code string, color bool) string {
	if !color {
		return s
	}
	return code + s + reset
}

// printable shows what a terminal would obey instead of print: a spec that somebody else wrote must not move the cursor or
// forge a second diagnostic.
func printable(s string) string {
	bad := func(r rune) bool { return !unicode.IsPrint(r) }
	if strings.IndexFunc(s, bad) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if bad(r) {
			q := strconv.QuoteRuneToASCII(r)
			b.WriteString(q[1 : len(q)-1])
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}
