package cli

import (
	"fmt"
	"strings"

	"github.com/scantling/scantling/internal/verify"
)

const guaranteesIntro = `# Guarantees

What [scantling verify](cli/verify.md) proves of manifests, whoever made them, and what is proved of everything that Scantling renders
before it is written. A guarantee looks at all objects together, and at the facts of the platform. Of each object that it is about
it is

- **proved**, with the numbers that show it
- **violated**, with a counter-example: what somebody does, and what happens then
- **unknown**, because a fact is missing; that is never counted as proved
- **waived** by the app's spec, with a reason and for a time

On what Scantling made, a violation is always an error. Below each guarantee stand manifests that break it, as short as they can be, and
what is found there.
`

// guaranteesPage lists the guarantees, each with manifests that break it.
func guaranteesPage() string {
	var b strings.Builder
	b.WriteString(generated + guaranteesIntro + "\n")
	for _, f := range verify.Families() {
		var links []string
		for _, g := range f.Guarantees {
			links = append(links, fmt.Sprintf("[%s](#%s)", g.Name, g.Name))
		}
		if len(links) > 0 {
			fmt.Fprintf(&b, "- %s: %s\n", f.Title, strings.Join(links, ", "))
		}
	}
	for _, f := range verify.Families() {
		if len(f.Guarantees) > 0 {
			fmt.Fprintf(&b, "\n## %s\n", f.Title)
		}
		for i := range f.Guarantees {
			guaranteeSection(&b, &f.Guarantees[i])
		}
	}
	return b.String()
}

func guaranteeSection(b *strings.Builder, g *verify.Guarantee) {
	fmt.Fprintf(b, "\n### %s\n\n%s.\n\nWhy: %s ([source](%s)). Severity: %s.\n", g.Name, sentence(g.Promise), g.Why, g.Source, severities(g))
	text, found, err := verify.Example(verify.Named(g.Name))
	if err != nil {
		return // a test wants an example of each
	}
	fmt.Fprintf(b, "\n```yaml\n%s\n```\n\n", strings.TrimSpace(text))
	for _, line := range counterExamples(found) {
		object, what, _ := strings.Cut(line, ": ")
		fmt.Fprintf(b, "- `%s`: %s\n", object, what)
	}
}

// sentence begins a text with a capital letter.
func sentence(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
