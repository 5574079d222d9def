package cli

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/scantling/scantling/internal/load"
)

func newExplain(std *streams) *cobra.Command {
	var environment string
	cmd := &cobra.Command{
		Use:   "explain spec.FIELD | APP recovery | APP slo | guarantee.NAME",
		Short: "Print what a field of the spec means, how an app's data is kept restorable, what it promises, or what verify proves",
		Long: `Print what a field of the spec means: its form, its default, an example, and the fields inside it.

"spec" alone lists every field of an app, and "platform" those of the platform file. Names that a team chooses are left
out or written as NAME: spec.needs.postgres.pool.

APP recovery prints what was planned for the app's data, in each environment: the strategy that follows from its objectives,
the most that can be lost, how long a restore takes, what rehearses it, and what has no backup. Every number is shown with
the arithmetic that it comes from.

APP slo prints what the app promises, in each environment: who counts it, how much may be bad, above which share somebody
is woken or gets a ticket, how soon, and what becomes of releases when little of the budget is left.

guarantee.NAME prints what verify proves, why, who says so, and manifests that break it; "guarantee" alone lists all.`,
		Example: `  scantling explain spec
  scantling explain spec.tier
  scantling explain spec.needs.postgres
  scantling explain platform.registries
  scantling explain checkout recovery
  scantling explain checkout recovery -e prod
  scantling explain checkout slo
  scantling explain guarantee.budget-allows-eviction`,
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case len(args) == 2 && !strings.Contains(args[0], "."):
				return explainApp(std, environment, args[0], args[1])
			case len(args) != 1:
				return &usageError{"which field, or what of which app?", "usage: " + cmd.UseLine()}
			case environment != "":
				return &usageError{"a field means the same in every environment: -e goes with APP recovery and APP slo", ""}
			}
			if name, ok := strings.CutPrefix(args[0], "guarantee"); ok && (name == "" || name[0] == '.') {
				return explainGuarantee(std.out, strings.TrimPrefix(name, "."))
			}
			d, near, ok := load.Describe(args[0])
			if !ok {
				help := "scantling explain spec lists the fields"
				if len(near) > 0 {
					help = fmt.Sprintf("did you mean %s?", strings.Join(near, " or "))
				}
				if !strings.Contains(args[0], ".") { // an app's name has none
					help += fmt.Sprintf(" (of an app: scantling explain %s recovery, or slo)", args[0])
				}
				return &usageError{fmt.Sprintf("there is no field %q", args[0]), help}
			}
			return printDescription(std.out, d)
		},
	}
	cmd.Flags().StringVarP(&environment, "environment", "e", "", "explain the app in environment `ENV` only")
	return cmd
}

// printDescription writes a field as a page of its own.
func printDescription(w io.Writer, d load.Description) error {
	var b strings.Builder
	b.WriteString(d.Path)
	if d.Required {
		b.WriteString(" (required)")
	}
	b.WriteString("\n")
	section := func(label, text string) {
		if text != "" {
			b.WriteString("\n" + label + "\n  " + strings.ReplaceAll(text, "\n", "\n  ") + "\n")
		}
	}
	section("MEANING", d.Doc)
	section("FORM", d.Type)
	section("EXAMPLE", d.Example)
	if len(d.Fields) > 0 {
		b.WriteString("\nFIELDS\n")
		table := tabwriter.NewWriter(&b, 0, 8, 2, ' ', 0)
		for _, f := range d.Fields {
			name := f.Path[strings.LastIndexByte(f.Path, '.')+1:]
			if f.Required {
				name += " (required)"
			}
			first, _, _ := strings.Cut(f.Doc, "\n")
			fmt.Fprintf(table, "  %s\t%s\n", name, first)
		}
		if err := table.Flush(); err != nil {
			return err
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
