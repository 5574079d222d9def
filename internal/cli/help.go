package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/scantling/scantling/internal/load"
)

func newHelp(*streams) *cobra.Command {
	return &cobra.Command{
		Use:     "help [COMMAND]",
		Short:   "Print what a command does, with examples",
		Example: "  scantling help generate",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Root().Help()
			}
			names := commandNames(cmd.Root())
			if i := slices.Index(names, args[0]); i < 0 || len(args) > 1 {
				return unknownCommand(cmd.Root(), strings.Join(args, " "))
			}
			topic, _, err := cmd.Root().Find(args)
			if err != nil {
				return err
			}
			return topic.Help()
		},
	}
}

// noArgs refuses arguments.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return &usageError{fmt.Sprintf("unexpected argument %q", args[0]), "usage: " + cmd.UseLine()}
}

// badChoice says that a value is none of those there are.
func badChoice[S ~string](what, value string, choices []S) error {
	names := make([]string, len(choices))
	for i, c := range choices {
		names[i] = string(c)
	}
	help := ""
	if near := nearest(value, names); near != "" {
		help = fmt.Sprintf("did you mean %q?", near)
	}
	return &usageError{fmt.Sprintf("%s %q: want %s", what, value, load.Prose(names, "or")), help}
}

func flagNames(cmd *cobra.Command) []string {
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	return names
}
