package cli

import (
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
)

// What a release is, set by the linker and by nothing else: -ldflags "-X github.com/nfd-compat/nfd-compat/internal/cli.stampedVersion=v1.2.3".
// For who builds from an archive, where Go finds neither a version nor a commit to stamp. Without it, what Go knows is told.
//
//nolint:gochecknoglobals // the linker sets variables, not constants
var (
	stampedVersion string
	stampedCommit  string
	stampedDate    string
)

// development is the version of a build that Go has none for.
const development = "(devel)"

// A build is what there is to tell of a program's origin.
type build struct {
	// Version is that of the module, such as "v1.2.3", or "(devel)".
	Version string `json:"version"`
	// Commit is what the program was built from.
	Commit string `json:"commit,omitempty"`
	// Date is that of the commit, in RFC 3339.
	Date string `json:"date,omitempty"`
	// Modified tells whether files differed from the commit; nil if it is not known.
	Modified *bool `json:"modified,omitempty"`
	// GoVersion is the toolchain, such as "go1.26.8".
	GoVersion string `json:"goVersion"`
	// Platform is what the program was built for, such as "linux/amd64".
	Platform string `json:"platform"`
}

// thisBuild returns what is known of this program.
func thisBuild() build {
	info, _ := debug.ReadBuildInfo()
	return buildOf(info, build{Version: stampedVersion, Commit: stampedCommit, Date: stampedDate})
}

// buildOf returns what is known of a program: what was stamped, or else what Go knows, which may be nothing.
func buildOf(info *debug.BuildInfo, stamped build) build {
	b := build{Version: development, GoVersion: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	if info != nil {
		if info.Main.Version != "" {
			b.Version = info.Main.Version
		}
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				b.Commit = s.Value
			case "vcs.time":
				b.Date = s.Value
			case "vcs.modified":
				modified := s.Value == "true"
				b.Modified = &modified
			}
		}
	}
	if stamped.Version != "" {
		b.Version = stamped.Version
	}
	if stamped.Commit != "" && stamped.Commit != b.Commit { // a build of something else than Go has looked at
		b.Commit, b.Date, b.Modified = stamped.Commit, "", nil
	}
	if stamped.Date != "" {
		b.Date = stamped.Date
	}
	return b
}

// String tells it in one line.
func (b build) String() string {
	var about []string
	if b.Commit != "" {
		commit := "commit " + b.Commit[:min(12, len(b.Commit))]
		if b.Modified != nil && *b.Modified {
			commit += " and changes"
		}
		about = append(about, commit)
	}
	if b.Date != "" {
		about = append(about, b.Date)
	}
	about = append(about, b.GoVersion, b.Platform)
	return fmt.Sprintf("%s %s (%s)", name, b.Version, strings.Join(about, ", "))
}

// version is the version alone.
func version() string { return thisBuild().Version }

// showVersion are the options of version.
type showVersion struct {
	streams Streams
	output  string
}

func newVersion(streams Streams) *cobra.Command {
	o := &showVersion{streams: streams}
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Long: `Print the version, and of what the program was built: the commit and its date,
the version of Go, and the platform. What is not known is left out.`,
		Example: `  # For people
  nfd-compat version

  # For programs
  nfd-compat version -o json`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := oneOf("output", o.output, outputText, outputJSON); err != nil {
				return usageErrorOf(cmd, err)
			}
			return o.run()
		},
	}
	cmd.Flags().StringVarP(&o.output, "output", "o", outputText, "the `FORMAT` to print: text or json")
	return cmd
}

func (o *showVersion) run() error {
	b := thisBuild()
	if o.output == outputText {
		_, err := fmt.Fprintln(o.streams.Out, b)
		return err
	}
	text, err := json.MarshalIndent(b, "", "  ")
	if err != nil {
		return fmt.Errorf("write the version as JSON: %w", err)
	}
	_, err = fmt.Fprintf(o.streams.Out, "%s\n", text)
	return err
}
