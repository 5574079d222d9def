package cli

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/scantling/scantling/internal/load"
)

func newSchema(std *streams) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "schema",
		Short: "Print the schema of specs, for editors and other tools",
		Long: `Print the schema of app and platform files.

As JSON Schema it gives completion to editors that know YAML: put "# yaml-language-server: $schema=FILE" at the top of
app.yaml. As CUE it is what "scantling init" writes to cue.mod/pkg/scantling.dev/schema, for cue vet and cue lsp.`,
		Example: "  scantling schema\n  scantling schema --format cue",
		Args:    noArgs,
		RunE: func(*cobra.Command, []string) error {
			switch format {
			case "jsonschema":
				text, err := load.JSONSchema()
				if err == nil {
					_, err = std.out.Write(text)
				}
				return err
			case "cue":
				return printCUE(std)
			}
			return badChoice("--format", format, []string{"jsonschema", "cue"})
		},
	}
	cmd.Flags().StringVar(&format, "format", "jsonschema", "print as `FORMAT`: jsonschema or cue")
	return cmd
}

// printCUE prints the files of the schema one after the other, as the one file they could be.
func printCUE(std *streams) error {
	files := load.CUE()
	for i, name := range slices.Sorted(maps.Keys(files)) {
		text := string(files[name])
		if i > 0 {
			text = "\n" + withoutPackage(text)
		}
		if _, err := fmt.Fprint(std.out, text); err != nil {
			return err
		}
	}
	return nil
}

// withoutPackage returns a CUE file's text below its package clause.
func withoutPackage(text string) string {
	_, body, ok := strings.Cut("\n"+text, "\npackage schema\n")
	if !ok {
		return text
	}
	return strings.TrimLeft(body, "\n")
}
