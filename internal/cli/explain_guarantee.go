package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/scantling/scantling/internal/verify"
)

// explainGuarantee prints what verify proves; without a name it lists all.
func explainGuarantee(w io.Writer, name string) error {
	var b strings.Builder
	if name == "" {
		for _, f := range verify.Families() {
			if len(f.Guarantees) == 0 {
				continue
			}
			b.WriteString(strings.ToUpper(f.Title) + "\n")
			for _, g := range f.Guarantees {
				fmt.Fprintf(&b, "  %s: %s\n", g.Name, g.Promise)
			}
			b.WriteString("\n")
		}
		_, err := io.WriteString(w, strings.TrimSuffix(b.String(), "\n"))
		return err
	}
	g := verify.Named(name)
	if g == nil {
		return unknownGuarantee(name)
	}
	b.WriteString(g.Name + "\n")
	section := func(label, text string) {
		b.WriteString("\n" + label + "\n  " + strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n  ") + "\n")
	}
	section("PROMISE", g.Promise)
	section("WHY", g.Why)
	section("SEVERITY", severities(g))
	section("SOURCE", g.Source)
	if text, found, err := verify.Example(g); err == nil {
		section("EXAMPLE", text)
		section("COUNTER-EXAMPLE", strings.Join(counterExamples(found), "\n"))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func unknownGuarantee(name string) error {
	var names []string
	for _, g := range verify.All() {
		names = append(names, g.Name)
	}
	help := "scantling explain guarantee lists them"
	if near := nearest(name, names); near != "" {
		help = fmt.Sprintf("did you mean %q?", near)
	}
	return &usageError{fmt.Sprintf("there is no guarantee %q", name), help}
}

// severities says how grave a violation is.
func severities(g *verify.Guarantee) string {
	if g.Foreign == 0 {
		return "error"
	}
	return "error on what Scantling made, " + g.Foreign.String() + " on manifests of others"
}

// counterExamples are what is found in manifests, one line each.
func counterExamples(found []verify.Result) []string {
	var lines []string
	for _, r := range found {
		lines = append(lines, r.Object.String()+": "+r.Text)
	}
	return lines
}
