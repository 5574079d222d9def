package cli

import (
	"encoding/json"
	"fmt"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/scantling/scantling/internal/diag"
)

// Build is what `version --format json` prints. Fields are only ever added.
type Build struct {
	Version  string `json:"version"`            // of the module: v1.2.3, or (devel)
	Revision string `json:"revision,omitempty"` // of the source
	Time     string `json:"time,omitempty"`     // of that revision, RFC 3339
	Modified bool   `json:"modified"`           // the source had changes beside the revision
	Go       string `json:"go"`
	CUE      string `json:"cue,omitempty"` // the evaluator of specs; unknown to test binaries
}

func newVersion(std *streams) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:     "version",
		Short:   "Print the version of this build",
		Example: "  scantling version\n  scantling version --format json",
		Args:    noArgs,
		RunE: func(*cobra.Command, []string) error {
			b := build()
			switch format {
			case "json":
				enc := json.NewEncoder(std.out)
				enc.SetIndent("", "  ")
				return enc.Encode(b)
			case "text":
				with := b.Go
				if b.CUE != "" {
					with += ", CUE " + b.CUE
				}
				_, err := fmt.Fprintf(std.out, "scantling %s (%s)\n", b.Version, with)
				return err
			}
			return badChoice("--format", format, []diag.Format{diag.Text, diag.JSON})
		},
	}
	cmd.Flags().StringVar(&format, "format", "text", "print as `FORMAT`: text or json")
	return cmd
}

// build reads what the Go linker knows, so that `go install` needs no flags.
func build() Build {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return Build{Version: "unknown"}
	}
	b := Build{Version: info.Main.Version, Go: info.GoVersion}
	if b.Version == "" {
		b.Version = "(devel)"
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Revision = s.Value
		case "vcs.time":
			b.Time = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		}
	}
	for _, dep := range info.Deps {
		if dep.Path == "cuelang.org/go" {
			b.CUE = dep.Version
		}
	}
	return b
}
