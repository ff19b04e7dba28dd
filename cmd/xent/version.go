package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"xent/internal/gemm"
)

func versionCommand(s *streams) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "version",
		Short: "Print the version and what this machine runs it with",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			v := struct {
				Schema   int    `json:"schema_version"`
				Command  string `json:"command"`
				Version  string `json:"version"`
				Revision string `json:"revision"`
				Modified bool   `json:"modified"`
				Go       string `json:"go"`
				Platform string `json:"platform"`
				Backend  string `json:"backend"`
			}{Schema: schemaVersion, Command: "version", Version: "(unknown)", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH, Backend: gemm.Backend()}
			if info, ok := debug.ReadBuildInfo(); ok {
				v.Version = info.Main.Version
				for _, setting := range info.Settings {
					switch setting.Key {
					case "vcs.revision":
						v.Revision = setting.Value
					case "vcs.modified":
						v.Modified = setting.Value == "true"
					}
				}
			}
			if asJSON {
				return printJSON(s.out, v)
			}
			fmt.Fprintf(s.out, "xent %s %s (%s, %s, matrix products: %s)\n", v.Version, v.Revision, v.Go, v.Platform, v.Backend)
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return c
}
