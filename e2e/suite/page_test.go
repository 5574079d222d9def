package suite

import (
	"cmp"
	_ "embed"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/template"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/scantling/scantling/e2e/cluster"
)

var update = flag.Bool("update", false, "rewrite docs/control-plane.md from what was seen")

// results are the page that the suite writes: what was seen on the cluster, nothing that differs from run to run.
type results struct {
	kinds      []string // that were judged, sorted
	unserved   []string // third-party kinds that no module defines, sorted
	behaviours []string
	promises   []string // of releases
	faults     []string // that were planted and found
}

// page is filled by the tests.
var page results

func (r *results) row(question, textbook, ours string) {
	r.behaviours = append(r.behaviours, fmt.Sprintf("| %s | %s | %s |", question, textbook, ours))
}

func (r *results) promise(question, seen string) {
	r.promises = append(r.promises, fmt.Sprintf("| %s | %s |", question, seen))
}

// wording is the page but for what is seen; `make check` compares it with the page, without a cluster.
//
//go:embed page.tmpl
var wording string

func (r *results) text() (string, error) {
	t, err := template.New("page").Option("missingkey=error").Parse(wording)
	if err != nil {
		return "", err
	}
	var text strings.Builder
	err = t.Execute(&text, map[string]string{
		"version":    cluster.Version,
		"behaviours": strings.Join(r.behaviours, "\n"),
		"promises":   strings.Join(r.promises, "\n"),
		"kinds":      strings.Join(r.kinds, ", "),
		"unserved":   cmp.Or(strings.Join(r.unserved, ", "), "none"),
		"faults":     "- " + strings.Join(r.faults, "\n- "),
	})
	return text.String(), err
}

// list notes every kind of the cases as judged or, where the cluster does not know it, as not.
func (r *results) list(cases []rendered) {
	for _, c := range cases {
		for _, o := range c.objects {
			list := &r.kinds
			if !world.client.Knows(o) {
				list = &r.unserved
			}
			if kind := o.GetKind(); !slices.Contains(*list, kind) {
				*list = append(*list, kind)
			}
		}
	}
	slices.Sort(r.kinds)
	slices.Sort(r.unserved)
}

// check compares the page with what was seen, or rewrites it. A run of some tests alone has not seen everything.
func (r *results) check(root string) error {
	if name := flag.Lookup("test.run"); name != nil && name.Value.String() != "" {
		return nil
	}
	seen, err := r.text()
	if err != nil {
		return err
	}
	path := filepath.Join(root, "docs", "control-plane.md")
	if *update {
		return os.WriteFile(path, []byte(seen), 0o666)
	}
	was, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if diff := gocmp.Diff(strings.Split(string(was), "\n"), strings.Split(seen, "\n")); diff != "" {
		return fmt.Errorf("docs/control-plane.md (-) is not what was seen (+); make e2e ARGS=-update rewrites it:\n%s", diff)
	}
	return nil
}
