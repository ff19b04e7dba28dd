package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"xent/internal/gemm"
)

// A versionInfo is what `xent version` prints.
type versionInfo struct {
	Schema   int    `json:"schema_version"`
	Command  string `json:"command"`
	Version  string `json:"version"`
	Revision string `json:"revision"` // "" where the build does not know
	Modified bool   `json:"modified"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
	Backend  string `json:"backend"` // of matrix products
}

func versionCommand(s *streams) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:               "version",
		Short:             "Print the version and how this machine runs it",
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(*cobra.Command, []string) error {
			v := thisVersion()
			if asJSON {
				return printJSON(s.out, v)
			}
			fmt.Fprintf(s.out, "xent %s (%s, %s, matrix products: %s)\n", v.Version, v.Go, v.Platform, v.Backend)
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return c
}

func thisVersion() versionInfo {
	v := versionInfo{
		Schema: schemaVersion, Command: "version", Version: "(unknown)",
		Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH, Backend: gemm.Backend(),
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	if info.Main.Version != "" {
		v.Version = info.Main.Version
	}
	for _, setting := range info.Settings {
		switch setting.Key {
		case "vcs.revision":
			v.Revision = setting.Value
		case "vcs.modified":
			v.Modified = setting.Value == "true"
		}
	}
	return v
}
