package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// sectionKey marks a flag with the heading that help shows it under.
const sectionKey = "section"

// section defines flags of c under a heading, in the order of their definition.
func section(c *cobra.Command, title string, define func(f *pflag.FlagSet)) {
	set := pflag.NewFlagSet(title, pflag.ContinueOnError)
	set.SortFlags = false
	define(set)
	set.VisitAll(func(f *pflag.Flag) { f.Annotations = map[string][]string{sectionKey: {title}} })
	c.Flags().AddFlagSet(set)
}

// usage prints how a command is called: the part of help below its
// description.
func usage(c *cobra.Command) error {
	if help := c.Flags().Lookup("help"); help != nil {
		help.Hidden = true // who reads this has found it
	}
	w := c.OutOrStderr()
	line := c.UseLine()
	if c.HasAvailableSubCommands() {
		line = c.CommandPath() + " COMMAND"
	} else if c.HasAvailableLocalFlags() {
		line += " [flags]"
	}
	fmt.Fprintf(w, "Usage:\n  %s\n", line)
	if c.HasExample() {
		fmt.Fprintf(w, "\nExamples:\n%s\n", c.Example)
	}
	for _, g := range c.Groups() {
		fmt.Fprintf(w, "\n%s:\n", g.Title)
		for _, sub := range c.Commands() {
			if sub.GroupID == g.ID && (sub.IsAvailableCommand() || sub.Name() == "help") {
				fmt.Fprintf(w, "  %-12s%s\n", sub.Name(), sub.Short)
			}
		}
	}
	flagUsages(c, func(title, lines string) { fmt.Fprintf(w, "\n%s:\n%s", title, lines) })
	if c.HasAvailableSubCommands() {
		fmt.Fprint(w, "\n'xent COMMAND --help' tells more about a command. A flag can also be set by an\n"+
			"environment variable: --max-tokens by XENT_MAX_TOKENS. The flag itself wins.\n")
	}
	return nil
}

// flagUsages yields the sections of a command's flags with one entry a flag,
// all aligned to the same column.
func flagUsages(c *cobra.Command, yield func(title, lines string)) {
	var titles []string
	c.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		title := "Flags"
		if t := f.Annotations[sectionKey]; t != nil {
			title = t[0]
		}
		titles = append(titles, title)
	})
	flag, title, lines := -1, "", ""
	for line := range strings.Lines(c.LocalFlags().FlagUsagesWrapped(plainWidth)) {
		if strings.HasPrefix(line, "  -") || strings.HasPrefix(line, "      --") { // else the last entry goes on
			flag++
			if titles[flag] != title && lines != "" {
				yield(title, lines)
				lines = ""
			}
			title = titles[flag]
		}
		lines += line
	}
	if lines != "" {
		yield(title, lines)
	}
}

func helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:               "help [COMMAND]",
		Short:             "Tell more about a command",
		ValidArgsFunction: commandNames,
		RunE: func(c *cobra.Command, args []string) error {
			about, _, err := c.Root().Find(args)
			if err != nil || about == c.Root() && len(args) > 0 {
				return knownCommand(c.Root(), args)
			}
			return about.Help()
		},
	}
}
