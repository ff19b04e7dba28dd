package main

import (
	"strings"

	"github.com/spf13/cobra"
)

func completionCommand(s *streams) *cobra.Command {
	shells := []string{"bash", "zsh", "fish", "powershell"}
	return &cobra.Command{
		Use:   "completion bash|zsh|fish|powershell",
		Short: "Print a script that completes commands and flags in a shell",
		Long: `Prints a script that lets a shell complete commands, flags and files. The
examples load it into the running shell; such a line in the shell's start-up
file loads it into every shell.`,
		Example: `  source <(xent completion bash)
  source <(xent completion zsh)
  xent completion fish | source
  xent completion powershell | Out-String | Invoke-Expression`,
		ValidArgs: shells,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usagef("give one shell: %s", strings.Join(shells, ", "))
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			root := c.Root()
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(s.out, true)
			case "zsh":
				return root.GenZshCompletion(s.out)
			case "fish":
				return root.GenFishCompletion(s.out, true)
			case "powershell":
				return root.GenPowerShellCompletionWithDesc(s.out)
			}
			return usagef("no completion for %q, only for %s", args[0], strings.Join(shells, ", "))
		},
	}
}
