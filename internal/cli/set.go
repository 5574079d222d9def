package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/scantling/scantling/internal/compile"
	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/edit"
	"github.com/scantling/scantling/internal/load"
)

func newSet(std *streams) *cobra.Command {
	var environment, format string
	cmd := &cobra.Command{
		Use:   "set APP image=REFERENCE",
		Short: "Change an app's image in its spec file",
		Long: `Change an app's image by editing its spec file in place; comments and formatting stay as they are.

With -e the image of one environment is set, as an override below environments. The reference is checked as the spec's own
is: when the edit would make an error, the file is left alone. Where specs are not edited by machines, give references at
render time with --images FILE.`,
		Example: `  scantling set web image=registry.example.com/storefront/web:1.1.0
  scantling set web image=registry.example.com/storefront/web:1.2.0 -e prod`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 2 {
				return &usageError{"which app, and which image?", "usage: " + cmd.UseLine()}
			}
			field, ref, ok := strings.Cut(args[1], "=")
			if !ok || field != "image" || ref == "" {
				return &usageError{fmt.Sprintf("%q: want image=REFERENCE", args[1]), "only images can be set"}
			}
			f := flags{format: format, failOn: "error"}
			return set(std, &f, args[0], environment, ref)
		},
	}
	cmd.Flags().StringVarP(&environment, "environment", "e", "", "set the image in environment `ENV` only")
	cmd.Flags().StringVar(&format, "format", "text", "print diagnostics as `FORMAT`: text, json, github or sarif")
	return cmd
}

func set(std *streams, f *flags, name, environment, ref string) error {
	printer, err := f.printer(std.colored(std.err))
	if err != nil {
		return err
	}
	opts, err := f.options(std.dir, nil)
	if err != nil {
		return err
	}
	opts.Environment = environment
	before, err := compile.Resolve(opts)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(before.Project.Apps, func(a load.AppSpec) bool { return a.Name == name })
	if i < 0 {
		if before.Failed {
			return errors.Join(printer.Print(std.err, before.Diagnostics), errFinding)
		}
		return unknownApp(name, before.Project)
	}
	change, refused, err := edit.Image(before.Project.Apps[i], environment, ref, func(file string) ([]byte, error) { return os.ReadFile(std.path(file)) })
	if err != nil {
		return err
	}
	if refused != nil {
		return errors.Join(printer.Print(std.err, []diag.Diagnostic{*refused}), errFinding)
	}
	path, err := filepath.Abs(std.path(change.File))
	if err != nil {
		return err
	}
	opts.Overlay = map[string][]byte{path: change.After}
	after, err := compile.Resolve(opts)
	if err != nil {
		return err
	}
	if found := brought(before, after, name); len(found) > 0 {
		if err := printer.Print(std.err, found); err != nil {
			return err
		}
		std.say("%s is unchanged", change.File)
		return errFinding
	}
	if err := replaceFile(path, change.After); err != nil {
		return err
	}
	std.say("%s: image of %s is %s", change.File, name, ref)
	return nil
}

func unknownApp(name string, p *load.Project) error {
	names := make([]string, len(p.Apps))
	for i, a := range p.Apps {
		names[i] = a.Name
	}
	help := "the project has " + load.Prose(names, "and")
	if near := nearest(name, names); near != "" {
		help = fmt.Sprintf("did you mean %q?", near)
	}
	return &usageError{fmt.Sprintf("there is no app %q", name), help}
}

// brought returns the errors that an edit of an app brought: those of before are none of its business. Lines may have moved, so
// they are not compared.
func brought(before, after compile.Specs, name string) []diag.Diagnostic {
	type key struct{ file, path, problem string }
	old := map[key]bool{}
	for _, d := range before.Diagnostics {
		old[key{d.Pos.File, d.Path, d.Problem}] = true
	}
	found := slices.DeleteFunc(slices.Clone(after.Diagnostics), func(d diag.Diagnostic) bool {
		return d.Severity != diag.Error || old[key{d.Pos.File, d.Path, d.Problem}]
	})
	if shared := edit.Shared(before.Project.Apps, after.Project.Apps, name); shared != nil {
		found = append(found, *shared)
	}
	return found
}

// replaceFile puts new content in the place of a file in one step, with the old one's mode.
func replaceFile(path string, content []byte) error {
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	err = errors.Join(err, f.Chmod(info.Mode().Perm()), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}
