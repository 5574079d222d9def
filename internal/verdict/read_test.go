package verdict_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scantling/scantling/internal/verdict"
)

// tree writes files; one that begins with -> is a link.
func tree(t *testing.T, files map[string]string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		write := func() error { return os.WriteFile(path, []byte(text), 0o666) }
		if to, isLink := strings.CutPrefix(text, "->"); isLink {
			write = func() error { return os.Symlink(to, path) }
		}
		if err := write(); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func named(name string) string {
	return fmt.Sprintf("apiVersion: v1\nkind: Namespace\nmetadata: {name: %s}\n", name)
}

func TestRead(t *testing.T) {
	generated := map[string]string{
		"out/.scantling":                       "# owned\n",
		"out/dev/shop/a.yaml":                  named("a"),
		"out/prod/shop/a.yaml":                 named("a"),
		"out/prod/platform.yaml":               named("p"),
		"out/eksctl.d/prod.yaml":               "apiVersion: eksctl.io/v1alpha5\nkind: ClusterConfig\nmetadata: {name: prod}\n",
		"out/prometheus.d/prod/shop/a.yaml":    "groups: []\n",
		"by-hand/extra.yaml":                   named("x"),
		"by-hand/prod/a.yaml":                  named("a"),
		"by-hand/staging/a.yaml":               named("a"),
		"by-hand/link.yaml":                    "->extra.yaml",
		"linked":                               "->by-hand/prod",
		"by-hand/loop":                         "->.",
		"by-hand/.hidden/a.yaml":               named("h"),
		"by-hand/.hidden.yaml":                 named("h"),
		"by-hand/notes.txt":                    "apiVersion: v1\n",
		"by-hand/data.json":                    "{rating: 5}\n{rating: 4}\n",
		"by-hand/values.yaml":                  "size: 1\nsize: 2\n",
		"by-hand/kustomize/kustomization.yaml": "resources: [a.yaml]\npatches: [{path: less.yaml}]\npatchesStrategicMerge: [../more.yaml, \"{kind: Pod}\"]\n",
		"by-hand/kustomize/less.yaml":          named("less"),
		"by-hand/more.yaml":                    named("more"),
		"helm/Chart.yaml":                      "name: helm\n",
		"helm/charts/sub/templates/c.yaml":     "kind: {{ .Values.kind }}\n",
		"helm/templates/a.yaml":                "kind: {{ .Values.kind }}\n",
		"helm/templates/b.yaml":                named(`"{{ .Values.name }}"`),
		"helm/templates/charts/sub/alert.md":   "{{ }}",
	}
	dir := tree(t, generated)
	for _, c := range []struct {
		name  string
		input verdict.Input
		want  string
	}{
		{"each environment is a set", verdict.Input{Paths: []string{"out"}}, "dev: a; prod: p a"},
		{"one is meant", verdict.Input{Paths: []string{"out"}, Environment: "dev"}, "dev: a"},
		{"a directory of one", verdict.Input{Paths: []string{"out/prod/shop"}}, "prod: a"},
		{"what is in none joins the only one", verdict.Input{Paths: []string{"out/prod", "by-hand/extra.yaml"}}, "prod: p a x"},
		{"and is one of its own beside several", verdict.Input{Paths: []string{"by-hand/extra.yaml", "out"}}, ": x; dev: a; prod: p a"},
		{"stdin", verdict.Input{Paths: []string{"-", "by-hand/extra.yaml"}, Stdin: strings.NewReader(named("in"))}, ": in x"},
		{"directories that nobody knows are one set", verdict.Input{Paths: []string{"by-hand"}}, ": x a a"},
		{"names of environments tell", verdict.Input{Paths: []string{"by-hand"}, Environments: []string{"prod", "staging"}}, ": x; prod: a; staging: a"},
		{"a link to a directory that is named", verdict.Input{Paths: []string{"linked"}}, ": a"},
		{"templates are none", verdict.Input{Paths: []string{"helm"}}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.input.Dir = dir
			m, err := verdict.Read(c.input)
			if err != nil || len(m.Problems) > 0 {
				t.Fatal(m.Problems, err)
			}
			var sets []string
			for _, s := range m.Sets {
				var names []string
				for _, o := range s.Objects {
					names = append(names, o.Name)
				}
				sets = append(sets, s.Environment+": "+strings.Join(names, " "))
			}
			if diff := cmp.Diff(c.want, strings.Join(sets, "; ")); diff != "" {
				t.Error(diff)
			}
			if m.Empty() != (c.want == "") {
				t.Errorf("empty: %v", m.Empty())
			}
		})
	}
	m, err := verdict.Read(verdict.Input{Paths: []string{"helm"}, Dir: dir})
	if want := "templates are no manifests yet: helm template helm | scantling verify -"; err != nil || m.Left.Instead() != want {
		t.Errorf("%q, %v", m.Left.Instead(), err)
	}
}

// TestReadRefuses wants what the caller asked for and is not there to be an error, never an empty set.
func TestReadRefuses(t *testing.T) {
	dir := tree(t, map[string]string{"out/.scantling": "", "out/prod/a/a.yaml": named("a"), "out/gone.yaml": "->nowhere"})
	for _, c := range []struct {
		input verdict.Input
		want  string
	}{
		{verdict.Input{Paths: []string{"none"}}, "none: no such file or directory"},
		{verdict.Input{Paths: []string{"out/prod"}, Environment: "dev"}, `there are no manifests of environment "dev": there are those of prod`},
		{verdict.Input{Paths: []string{"out"}}, "out/gone.yaml: this link leads nowhere"},
	} {
		c.input.Dir = dir
		if _, err := verdict.Read(c.input); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %s", err, c.want)
		}
	}
}

// TestReadRuleFiles wants rules as Prometheus reads them to be taken in, but for those that generate wrote beside the same as objects.
func TestReadRuleFiles(t *testing.T) {
	const rules = "# alerts\ngroups:\n- name: web\n  rules:\n  - {alert: Down, expr: up == 0, annotations: {summary: \"{{ $labels.pod }}\"}}\n"
	dir := tree(t, map[string]string{
		"out/.scantling": "", "out/prod/a.yaml": named("a"), "out/prometheus.d/prod/a.rules.yaml": rules,
		"by-hand/alerts.yml": rules, "by-hand/alerts.test.yaml": "rule_files: [alerts.yml]\ntests: []\n", "by-hand/values.yaml": "groups: [admins]\n",
	})
	for paths, want := range map[string]string{
		"out": "0", "by-hand": "1 RuleFile/alerts by-hand/alerts.yml:2",
		"out/prometheus.d": "1 RuleFile/a.rules out/prometheus.d/prod/a.rules.yaml:2", "by-hand/alerts.yml": "1 RuleFile/alerts by-hand/alerts.yml:2",
	} {
		m, err := verdict.Read(verdict.Input{Paths: []string{paths}, Dir: dir})
		if err != nil || len(m.Sets) != 1 || len(m.Problems) > 0 || m.Empty() {
			t.Fatal(paths, m.Problems, err)
		}
		got := fmt.Sprint(len(m.Sets[0].Rules))
		for _, o := range m.Sets[0].Rules {
			got += fmt.Sprintf(" %s %s:%d", o, o.File, o.Line)
		}
		if got != want {
			t.Errorf("%s: %s, want %s", paths, got, want)
		}
	}
}
