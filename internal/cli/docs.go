package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/verdict"
)

// Docs returns the generated pages of the documentation by their path below docs/: one a command, the rules, and the guarantees.
func Docs() map[string]string {
	root := newRoot(&streams{in: strings.NewReader(""), out: io.Discard, err: io.Discard})
	pages := map[string]string{"cli/scantling.md": rootPage(root), "rules.md": rulesPage(), verdict.Page: guaranteesPage()}
	for _, c := range root.Commands() {
		if !c.Hidden {
			pages["cli/"+c.Name()+".md"] = commandPage(c)
		}
	}
	return pages
}

const generated = "<!-- Written by `make docs`. Do not edit. -->\n"

func rootPage(root *cobra.Command) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s# scantling\n\n%s\n\n| command | does |\n|---|---|\n", generated, root.Long)
	for _, c := range root.Commands() {
		if !c.Hidden {
			fmt.Fprintf(&b, "| [%s](%s.md) | %s |\n", c.Name(), c.Name(), c.Short)
		}
	}
	b.WriteString("\nFlags of every command:\n\n" + flagTable(root.PersistentFlags()))
	return b.String()
}

func commandPage(c *cobra.Command) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s# %s\n\n", generated, c.CommandPath())
	long := c.Long
	if long == "" {
		long = c.Short + "."
	}
	fmt.Fprintf(&b, "```\n%s\n```\n\n", c.UseLine())
	b.WriteString(long + "\n")
	if c.Example != "" {
		fmt.Fprintf(&b, "\n## Examples\n\n```sh\n%s\n```\n", strings.ReplaceAll(strings.TrimPrefix(c.Example, "  "), "\n  ", "\n"))
	}
	if c.HasAvailableLocalFlags() {
		b.WriteString("\n## Flags\n\n" + flagTable(c.LocalFlags()))
	}
	return b.String()
}

func flagTable(flags *pflag.FlagSet) string {
	var b strings.Builder
	b.WriteString("| flag | meaning | default |\n|---|---|---|\n")
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" {
			return
		}
		value, usage := pflag.UnquoteUsage(f)
		name := "`--" + strings.TrimSpace(f.Name+" "+value) + "`"
		if f.Shorthand != "" {
			name = "`-" + f.Shorthand + "`, " + name
		}
		fallback := ""
		if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "0" {
			fallback = "`" + f.DefValue + "`"
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", name, usage, fallback)
	})
	return b.String()
}

func rulesPage() string {
	var b strings.Builder
	b.WriteString(generated + "# Rules\n\nWhat `scantling check` looks at, and why. The ids are stable: `--format json`, `github` and `sarif` carry them.\n")
	for _, r := range diag.Rules() {
		fmt.Fprintf(&b, "\n## %s\n\n%s.\n", r.ID, strings.ToUpper(r.Reason[:1])+r.Reason[1:])
	}
	return b.String()
}
