package main

import (
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
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
				if err := root.GenBashCompletionV2(s.out, true); err != nil {
					return err
				}
				_, err := io.WriteString(s.out, plainBash)
				return err
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

// completeFlags lets a shell complete the values of flags by what help calls
// them, but for those that list their values.
func completeFlags(c *cobra.Command) {
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if _, listed := c.GetFlagCompletionFunc(f.Name); listed {
			return
		}
		directive := cobra.ShellCompDirectiveNoFileComp
		switch placeholder, _ := pflag.UnquoteUsage(f); placeholder {
		case "FILE":
			directive = cobra.ShellCompDirectiveDefault
		case "FOLDER":
			directive = cobra.ShellCompDirectiveFilterDirs
		}
		c.RegisterFlagCompletionFunc(f.Name, cobra.FixedCompletions(nil, directive))
	})
}

// modelFirst completes a folder, and then whatever the directive says.
func modelFirst(then cobra.ShellCompDirective) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) == 0 {
			return nil, cobra.ShellCompDirectiveFilterDirs
		}
		return nil, then
	}
}

// commandNames completes the name of a command.
func commandNames(c *cobra.Command, args []string, _ string) (names []cobra.Completion, _ cobra.ShellCompDirective) {
	if len(args) == 0 {
		for _, sub := range c.Root().Commands() {
			if sub.IsAvailableCommand() {
				names = append(names, cobra.CompletionWithDesc(sub.Name(), sub.Short))
			}
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// plainBash follows cobra's script for bash, which calls functions of the
// package bash-completion: here are stand-ins for a shell that has not loaded it.
const plainBash = `
__xent_init_completion()
{
    COMPREPLY=()
    if declare -F _get_comp_words_by_ref >/dev/null; then
        _get_comp_words_by_ref "$@" cur prev words cword
        return
    fi
    # The line up to the cursor, cut at blanks alone: --size=nano is one word.
    local line=${COMP_LINE:0:COMP_POINT}
    read -ra words <<<"$line"
    [[ $line == *[[:blank:]] ]] && words+=("")
    cword=$((${#words[@]} - 1))
    cur=${words[cword]}
    prev=${words[cword - 1]}
}

if ! declare -F _filedir >/dev/null; then
    # Folders only, which is all that is asked for.
    _filedir()
    {
        local folder
        [[ $(type -t compopt) == builtin ]] && compopt -o filenames
        while IFS= read -r folder; do
            COMPREPLY+=("$folder")
        done < <(compgen -d -- "$cur")
    }
fi
`
