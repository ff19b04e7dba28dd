package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// environmentKey marks a flag whose value came from a variable.
const environmentKey = "environment"

// exclusive are flags of which one replaces the others: given on the command
// line, it also silences the others' variables.
var exclusive = [][]string{{"minutes", "steps", "max-tokens"}, {"text", "file"}, {"targets", "soft-targets", "soft-index"}}

// variable is the name of a flag's environment variable.
func variable(flag string) string {
	return "XENT_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// fromEnvironment sets the flags that the command line left alone from XENT_*
// variables. An empty variable counts as none.
func fromEnvironment(flags *pflag.FlagSet) (err error) {
	silenced := map[string]bool{"help": true, "version": true}
	for _, group := range exclusive {
		if slices.ContainsFunc(group, flags.Changed) {
			for _, name := range group {
				silenced[name] = true
			}
		}
	}
	flags.VisitAll(func(f *pflag.Flag) {
		value := os.Getenv(variable(f.Name))
		if f.Changed || silenced[f.Name] || value == "" || err != nil {
			return
		}
		if e := flags.Set(f.Name, value); e != nil {
			err = usagef("environment variable %s=%q: want %s", variable(f.Name), value, wanted(f))
			return
		}
		if f.Annotations == nil {
			f.Annotations = map[string][]string{}
		}
		f.Annotations[environmentKey] = []string{value}
	})
	return err
}

// given reports whether a flag stands on the command line.
func given(flags *pflag.FlagSet, name string) bool {
	f := flags.Lookup(name)
	return f.Changed && f.Annotations[environmentKey] == nil
}

// flagError says what is wrong with a flag without speaking of parsers, and which
// one may have been meant.
func flagError(c *cobra.Command, err error) error {
	var bad *pflag.InvalidValueError
	if errors.As(err, &bad) {
		return usagef("--%s %q: want %s", bad.GetFlag().Name, bad.GetValue(), wanted(bad.GetFlag()))
	}
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) {
		return err
	}
	if args := c.Flags().Args(); c == c.Root() && len(args) > 0 {
		return knownCommand(c, args) // xent trian --steps 9
	}
	var names []string
	c.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	typed := cmp.Or(unknown.GetSpecifiedShortnames(), unknown.GetSpecifiedName()) // -steps is a row of short ones
	if near := nearest(typed, names); near != "" {
		return usagef("%w; did you mean --%s?", err, near)
	}
	return err
}

func wanted(f *pflag.Flag) string {
	switch f.Value.Type() {
	case "int", "int64":
		return "a whole number"
	case "uint64":
		return "a whole number from 0 on"
	case "float64":
		return "a number"
	case "bool":
		return "true or false"
	}
	return "a " + f.Value.Type()
}

// settings are the values that a command's flags ended up with, whatever set
// them, for the record in JSON.
func settings(flags *pflag.FlagSet) map[string]any {
	all := map[string]any{}
	flags.VisitAll(func(f *pflag.Flag) {
		var value any = f.Value.String()
		switch f.Value.Type() {
		case "int", "int64", "uint64", "float64":
			value = json.Number(f.Value.String())
		case "bool":
			value = f.Value.String() == "true"
		case "stringArray":
			value = f.Value.(pflag.SliceValue).GetSlice()
		}
		if f.Name != "help" {
			all[strings.ReplaceAll(f.Name, "-", "_")] = value
		}
	})
	return all
}
