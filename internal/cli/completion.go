package cli

import (
	"strings"

	"github.com/spf13/cobra"
)

func newCompletion(std *streams) *cobra.Command {
	shells := []string{"bash", "zsh", "fish", "powershell"}
	return &cobra.Command{
		Use:   "completion SHELL",
		Short: "Print a completion script for bash, zsh, fish or powershell",
		Long: `Print a completion script for a shell.

In bash: source <(scantling completion bash)
In zsh: scantling completion zsh > "${fpath[1]}/_scantling"
In fish: scantling completion fish | source
In powershell: scantling completion powershell | Out-String | Invoke-Expression`,
		Example:   "  scantling completion bash\n  scantling completion zsh",
		ValidArgs: shells,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return &usageError{"which shell?", strings.Join(shells, ", ")}
			}
			root := cmd.Root()
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(std.out, true)
			case "zsh":
				return root.GenZshCompletion(std.out)
			case "fish":
				return root.GenFishCompletion(std.out, true)
			case "powershell":
				return root.GenPowerShellCompletionWithDesc(std.out)
			}
			return badChoice("shell", args[0], shells)
		},
	}
}

// offer lets shells complete the values of a flag.
func offer(cmd *cobra.Command, flag string, values ...string) {
	if err := cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err) // there is no such flag: a mistake in the program, which every run shows
	}
}
