package main

import (
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

// environmentKey marks a flag whose value came from a variable.
const environmentKey = "environment"

// exclusive are flags of which one replaces the others: given on the command
// line, it also silences the others' variables.
var exclusive = [][]string{{"minutes", "steps", "max-tokens"}, {"text", "file"}}

// variable is the name of a flag's environment variable.
func variable(flag string) string {
	return "XENT_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// fromEnvironment sets the flags that the command line left alone from XENT_*
// variables. An empty variable counts as none.
func fromEnvironment(flags *pflag.FlagSet) (err error) {
	silenced := map[string]bool{"help": true}
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

// flagError says what is wrong with the value of a flag without speaking of
// parsers.
func flagError(err error) error {
	var bad *pflag.InvalidValueError
	if errors.As(err, &bad) {
		return usagef("--%s %q: want %s", bad.GetFlag().Name, bad.GetValue(), wanted(bad.GetFlag()))
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
