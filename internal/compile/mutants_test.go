package compile_test

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/scantling/scantling/blueprints"
	"github.com/scantling/scantling/internal/compile"
	"github.com/scantling/scantling/internal/diag"
)

// TestMutants breaks every spec of the corpus in each of its lines, in the ways that slips of the hand do. Whatever comes of it, a
// project is either rendered or refused with a message that is fit for a user.
func TestMutants(t *testing.T) {
	for name, files := range sources(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for file, text := range files {
				put(t, dir, file, text)
			}
			turn := 0
			for _, file := range slices.Sorted(maps.Keys(files)) {
				if strings.HasPrefix(filepath.Base(file), "README") {
					continue
				}
				lines := strings.SplitAfter(files[file], "\n")
				for i := range lines {
					for _, mutate := range mutations {
						if turn++; turn%3 != 0 || len(files) > 5 && turn%5 != 0 { // the corpus, and the shop even more, has lines of each sort many times
							continue
						}
						put(t, dir, file, strings.Join(mutate(lines, i), ""))
						tryMutant(t, dir, fmt.Sprintf("%s:%d", file, i+1))
					}
				}
				put(t, dir, file, files[file])
			}
		})
	}
}

// tryMutant renders what is in dir. Where it began is in case of a panic the only hint.
func tryMutant(t *testing.T, dir, where string) {
	t.Helper()
	defer func() {
		if p := recover(); p != nil {
			text, _ := os.ReadFile(filepath.Join(dir, strings.SplitN(where, ":", 2)[0]))
			t.Errorf("%s: panic: %v\n%s", where, p, text)
		}
	}()
	m, err := compile.Generate(compile.Options{Dir: dir, Jobs: 1})
	if err != nil {
		t.Errorf("%s: an error without a place: %v", where, err)
		return
	}
	for _, d := range m.Diagnostics {
		if d.Severity != diag.Note {
			fit(t, dir, d)
		}
	}
	if failed := diag.HasErrors(m.Diagnostics); m.Failed != failed || failed == (len(m.Files) > 0) {
		t.Errorf("%s: %d files beside these messages: %v", where, len(m.Files), m.Diagnostics)
	}
}

var (
	word  = regexp.MustCompile(`[A-Za-z]{3,}`)
	value = regexp.MustCompile(`: *("[^"]*"|[0-9][0-9.]*|true|false|\{\}|\[[^\]]*\]|[^\s{\["',][^,{}\[\]\n]*)`)
)

// mutations are the slips. Each returns the lines with one of them, at line i.
var mutations = []func(lines []string, i int) []string{
	func(lines []string, i int) []string { return slices.Delete(slices.Clone(lines), i, i+1) },
	func(lines []string, i int) []string { return slices.Insert(slices.Clone(lines), i, lines[i]) },
	func(lines []string, i int) []string { return lines[:i] },
	func(lines []string, i int) []string { // a misspelt word
		return with(lines, i, replaceFirst(word, lines[i], func(s string) string { return s[1:2] + s[:1] + s[2:] }))
	},
	swap(`"text"`), swap("-7"), swap("{a: 1}"), swap("[1]"), swap("null"), swap("true"), swap(`""`), swap("1e400"),
	func(lines []string, i int) []string { return with(lines, i, " "+lines[i]) },
	func(lines []string, i int) []string { return with(lines, i, strings.Replace(lines[i], ":", "", 1)) },
	func(lines []string, i int) []string { return with(lines, i, strings.Replace(lines[i], `"`, "", 1)) },
	func(lines []string, i int) []string {
		return with(lines, i, strings.Map(func(r rune) rune {
			if strings.ContainsRune("{}[]", r) {
				return -1
			}
			return r
		}, lines[i]))
	},
}

// swap returns the mutation that puts another value behind the first colon.
func swap(other string) func([]string, int) []string {
	return func(lines []string, i int) []string {
		return with(lines, i, replaceFirst(value, lines[i], func(string) string { return ": " + other }))
	}
}

func with(lines []string, i int, line string) []string {
	lines = slices.Clone(lines)
	lines[i] = line
	return lines
}

func replaceFirst(re *regexp.Regexp, s string, by func(string) string) string {
	at := re.FindStringIndex(s)
	if at == nil {
		return s
	}
	return s[:at[0]] + by(s[at[0]:at[1]]) + s[at[1]:]
}

// sources returns the files of every project of the corpus that are written by hand, by project and name.
func sources(t *testing.T) map[string]map[string]string {
	t.Helper()
	all := map[string]map[string]string{}
	for _, name := range blueprints.Names() {
		files, ok := blueprints.Files(name)
		if !ok {
			t.Fatalf("no blueprint %s", name)
		}
		all[name] = map[string]string{}
		err := fs.WalkDir(files, ".", func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || strings.HasPrefix(path, "want/") {
				return err
			}
			text, err := fs.ReadFile(files, path)
			all[name][path] = string(text)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	archives, err := filepath.Glob("../../testdata/golden/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("no golden projects: %v", err)
	}
	for _, path := range archives {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files := map[string]string{}
		for _, f := range archive.Files {
			if !strings.HasPrefix(f.Name, "want") {
				files[f.Name] = string(f.Data)
			}
		}
		all[filepath.Base(path)] = files
	}
	return all
}

func put(t *testing.T, dir, file, text string) {
	t.Helper()
	name := filepath.Join(dir, filepath.FromSlash(file))
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}
