// Package cli is the command line: one file a command, and nothing that decides what a manifest looks like.
package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/scantling/scantling/internal/compile"
	"github.com/scantling/scantling/internal/diag"
)

// The exit codes, the same for every command.
const (
	exitOK      = 0
	exitFinding = 1 // something about the input, or a difference
	exitUsage   = 2 // usage, or reading and writing failed
)

// Main runs one command and returns its exit code. Data goes to stdout and talk to stderr.
func Main(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	std := &streams{in: stdin, out: stdout, err: stderr}
	root := newRoot(std)
	root.SetArgs(args)
	return std.exit(root.Execute())
}

// errFinding ends a command that has already said what it found.
var errFinding = errors.New("findings")

// A usageError is a command line that cannot be run as it stands.
type usageError struct {
	problem string
	help    string
}

func (e *usageError) Error() string { return e.problem }

// streams are where a command reads and writes, and how.
type streams struct {
	in       io.Reader
	out, err io.Writer
	color    string // auto, always or never
	dir      string
}

// exit says what went wrong, if it has not been said, and returns the exit code.
func (s *streams) exit(err error) int {
	var usage *usageError
	var request *compile.UsageError
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errFinding):
		return exitFinding
	case errors.Is(err, syscall.EPIPE):
		return exitUsage // whoever read us has seen enough; saying so would only be noise
	case errors.As(err, &usage):
		s.complain(usage.problem, usage.help)
	case errors.As(err, &request):
		s.complain(request.Problem, request.Help)
	default:
		s.complain(err.Error(), "")
	}
	return exitUsage
}

// complain prints an error that has no place in a file.
func (s *streams) complain(problem, help string) {
	_ = diag.Printer{Format: diag.Text, Color: s.colored(s.err)}.Print(s.err, []diag.Diagnostic{{Problem: problem, Help: help}})
}

// say prints one line for people.
func (s *streams) say(format string, args ...any) {
	fmt.Fprintf(s.err, format+"\n", args...)
}

// colored reports whether text on w is colored: by --color, else on a terminal that wants it (https://no-color.org).
func (s *streams) colored(w io.Writer) bool {
	if s.color == "always" || s.color == "never" {
		return s.color == "always"
	}
	return os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && isTerminal(w)
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

const rootLong = `Scantling compiles short app specs (CUE or YAML) into hardened Kubernetes manifests.

It reads no cluster, and to render it opens no socket: what comes out depends on the files of the project alone.
Exit codes: 0 done, 1 a finding about the input or a difference, 2 usage or reading and writing failed.`

func newRoot(std *streams) *cobra.Command {
	root := &cobra.Command{
		Use:               "scantling",
		Short:             "Compile short app specs into hardened Kubernetes manifests",
		Long:              rootLong,
		Args:              cobra.ArbitraryArgs,
		SilenceErrors:     true,
		SilenceUsage:      true,
		DisableAutoGenTag: true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
		PersistentPreRunE: func(*cobra.Command, []string) error { return std.prepare() },
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownCommand(cmd, args[0])
			}
			fmt.Fprint(std.err, rootLong+"\n\n"+cmd.UsageString())
			return &usageError{problem: "which command?", help: "scantling init --blueprint web is a good beginning"}
		},
	}
	root.SetIn(std.in)
	root.SetOut(std.out)
	root.SetErr(std.err)
	root.SetFlagErrorFunc(flagError)
	root.SetHelpCommand(&cobra.Command{Use: "no-help", Hidden: true}) // --help and "help COMMAND" below are enough
	root.PersistentFlags().StringVarP(&std.dir, "directory", "C", "", "run as if started in `DIR`")
	root.PersistentFlags().StringVar(&std.color, "color", "auto", "color text `WHEN`: auto (on a terminal without NO_COLOR), always or never")
	root.AddCommand(
		newInit(std), newGenerate(std), newCheck(std), newSet(std), newPromote(std), newRollback(std),
		newVerify(std), newExplain(std), newCost(std), newRightsize(std), newGate(std), newSchema(std),
		newCompletion(std), newHelp(std), newVersion(std),
	)
	return root
}

// prepare acts on the flags that all commands share.
func (s *streams) prepare() error {
	switch s.color {
	case "auto", "always", "never":
	default:
		color := s.color
		s.color = "never"
		return &usageError{fmt.Sprintf("--color %s: want auto, always or never", color), ""}
	}
	if s.dir == "" {
		return nil
	}
	info, err := os.Stat(s.dir)
	if err == nil && !info.IsDir() {
		err = &os.PathError{Op: "-C", Path: s.dir, Err: syscall.ENOTDIR}
	}
	return err
}

func unknownCommand(root *cobra.Command, name string) error {
	help := "scantling --help lists the commands"
	if near := nearest(name, commandNames(root)); near != "" {
		help = fmt.Sprintf("did you mean %q?", near)
	}
	return &usageError{fmt.Sprintf("unknown command %q", name), help}
}

func commandNames(root *cobra.Command) []string {
	var names []string
	for _, c := range root.Commands() {
		if !c.Hidden {
			names = append(names, c.Name())
		}
	}
	return names
}

// flagError turns the flag package's error into ours, with the flag that was probably meant.
func flagError(cmd *cobra.Command, err error) error {
	help := fmt.Sprintf("%s --help lists the flags", cmd.CommandPath())
	if name, ok := strings.CutPrefix(err.Error(), "unknown flag: --"); ok {
		if near := nearest(name, flagNames(cmd)); near != "" {
			help = fmt.Sprintf("did you mean --%s?", near)
		}
	}
	return &usageError{err.Error(), help}
}
