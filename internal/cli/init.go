package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/scantling/scantling/blueprints"
	"github.com/scantling/scantling/internal/load"
)

// moduleFile makes a directory a CUE module, without which cue vet and editors do not look into cue.mod/pkg. The language version
// is the oldest that the schema needs: with a newer one, an older cue would refuse the module.
const moduleFile = "module: \"cue.example\"\nlanguage: version: \"v0.9.0\"\n"

func newInit(std *streams) *cobra.Command {
	var blueprint string
	cmd := &cobra.Command{
		Use:   "init [DIR] --blueprint NAME",
		Short: "Write a working project to start from",
		Long: `Write a working project to start from: app specs, a platform file and a README, and the schema in cue.mod/ so that
cue vet and cue lsp know it. No file is ever overwritten.

Blueprints:
` + blueprintList("  "),
		Example: "  scantling init shop --blueprint web\n  scantling init --blueprint online-boutique",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return &usageError{fmt.Sprintf("unexpected argument %q", args[1]), "usage: " + cmd.UseLine()}
			}
			dir := "."
			if len(args) == 1 {
				dir = args[0]
			}
			return initProject(std, dir, blueprint)
		},
	}
	cmd.Flags().StringVar(&blueprint, "blueprint", "", "the project to write: "+strings.Join(blueprints.Names(), ", "))
	return cmd
}

func blueprintList(indent string) string {
	var b strings.Builder
	for _, bp := range blueprints.All() {
		fmt.Fprintf(&b, "%s%-16s %s\n", indent, bp.Name, bp.Summary)
	}
	return strings.TrimRight(b.String(), "\n")
}

func initProject(std *streams, dir, blueprint string) error {
	project, ok := blueprints.Files(blueprint)
	if blueprint == "" || !ok {
		problem, help := "which blueprint?", "init --blueprint NAME, where NAME is\n"+blueprintList("")
		if blueprint != "" {
			problem = fmt.Sprintf("there is no blueprint %q", blueprint)
		}
		if near := nearest(blueprint, blueprints.Names()); near != "" {
			help = fmt.Sprintf("did you mean %q? there are\n%s", near, blueprintList(""))
		}
		return &usageError{problem, help}
	}
	files, err := projectFiles(project)
	if err != nil {
		return err
	}
	specs := slices.Sorted(maps.Keys(files))
	for name, text := range load.CUE() {
		files[filepath.Join("cue.mod", "pkg", "scantling.dev", "schema", name)] = text
	}
	if module := filepath.Join("cue.mod", "module.cue"); !exists(std.path(filepath.Join(dir, module))) {
		files[module] = []byte(moduleFile)
	}
	if err := writeNew(std.path(dir), files); err != nil {
		return err
	}
	fmt.Fprintf(std.out, "wrote %s, and the schema for cue and editors in cue.mod\n", strings.Join(specs, ", "))
	next := "scantling generate"
	if dir = filepath.Join(std.dir, dir); dir != "." {
		next += " -C " + dir
	}
	_, err = fmt.Fprintf(std.out, "next: %s\n", next)
	return err
}

// projectFiles reads all files of a blueprint.
func projectFiles(project fs.FS) (map[string][]byte, error) {
	files := map[string][]byte{}
	err := fs.WalkDir(project, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(project, path)
		files[filepath.FromSlash(path)] = text
		return err
	})
	return files, err
}

// writeNew writes files below dir, all or none: nothing that exists is overwritten, and what was written before an error is removed.
func writeNew(dir string, files map[string][]byte) (err error) {
	names := slices.Sorted(maps.Keys(files))
	for _, name := range names {
		if path := filepath.Join(dir, name); exists(path) {
			return &usageError{path + " is there already, so nothing was written", "choose another directory: scantling init DIR --blueprint NAME"}
		}
	}
	var written []string
	defer func() {
		if err != nil {
			for _, name := range written {
				err = errors.Join(err, os.Remove(name))
			}
		}
	}()
	for _, name := range names {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			return err
		}
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if err != nil {
			return err
		}
		written = append(written, path)
		_, err = f.Write(files[name])
		if err = errors.Join(err, f.Close()); err != nil {
			return err
		}
	}
	return nil
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
