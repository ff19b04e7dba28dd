package main

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"xent/internal/gemm"
	"xent/internal/machine"
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
	CPU      string `json:"cpu"`     // "" where the system does not tell
	Cores    int    `json:"cores"`   // logical CPUs: runtime.NumCPU, or GOMAXPROCS where that is less
}

func versionCommand(s *streams) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:               "version",
		Short:             "Print the version and how this machine runs it",
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(*cobra.Command, []string) error {
			return printVersion(s.out, asJSON)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return c
}

func printVersion(w io.Writer, asJSON bool) error {
	v := thisVersion()
	if asJSON {
		return printJSON(w, v)
	}
	_, err := io.WriteString(w, v.text(lineWidth(w)))
	return err
}

// text is what people read: the program, then the machine.
func (v versionInfo) text(width int) string {
	cpu := v.CPU
	if cpu == "" {
		cpu = "unknown CPU"
	}
	return wrap(fmt.Sprintf("xent %s, %s, %s", v.Version, v.Go, v.Platform), width, "") +
		wrap(fmt.Sprintf("%s, %s; matrix products: %s", cpu, count(v.Cores, "logical core"), v.Backend), width, "")
}

func thisVersion() versionInfo {
	v := versionInfo{
		Schema: schemaVersion, Command: "version", Version: "(unknown)",
		Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH, Backend: gemm.Backend(),
		CPU: machine.CPU(), Cores: machine.Cores(),
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
