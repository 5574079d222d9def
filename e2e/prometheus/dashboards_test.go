package prometheus

import (
	"bytes"
	"encoding/json"
	"flag"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/promql/parser"
	"sigs.k8s.io/yaml"

	"github.com/scantling/scantling/e2e/prometheus/replay"
	"github.com/scantling/scantling/e2e/prometheus/sim"
)

var written = flag.String("dashboards", "", "a directory to write every rendered dashboard to")

type asked struct{ Expr string }

// questions are a panel's queries by its title.
func questions(t *testing.T, text string) (panels map[string][]string, annotations []string) {
	t.Helper()
	var d struct {
		Panels []struct {
			Title   string
			Targets []asked
		}
		Annotations struct{ List []struct{ Target asked } }
	}
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		t.Fatal(err)
	}
	panels = map[string][]string{}
	for _, p := range d.Panels {
		for _, q := range p.Targets {
			panels[p.Title] = append(panels[p.Title], filled(q.Expr))
		}
	}
	for _, a := range d.Annotations.List {
		annotations = append(annotations, filled(a.Target.Expr))
	}
	return panels, annotations
}

// filled puts in what Grafana does: at a day on a wide screen, four scrapes and one.
func filled(expr string) string {
	return strings.NewReplacer("$__rate_interval", "2m", "$__interval", "1m").Replace(expr)
}

// TestDashboards wants of each dashboard that any project of the repository renders where there is a Grafana that Prometheus can read
// every query, and that each returns something where all that is scraped and recorded for the app is there.
func TestDashboards(t *testing.T) {
	all, boards := projects(t), 0
	all["shop"] = unpack(t, "testdata/shop.txtar")
	for _, name := range slices.Sorted(maps.Keys(all)) {
		project := withGrafana(t, all[name])
		rules, shown := render(t, project), renderDashboards(t, project)
		boards += len(shown)
		for _, app := range slices.Sorted(maps.Keys(shown)) {
			if *written != "" {
				file := strings.ReplaceAll(name+"/"+app, "/", "_") + ".json"
				if err := os.WriteFile(filepath.Join(*written, file), []byte(shown[app]), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			t.Run(name+"/"+app, func(t *testing.T) { answers(t, shown[app], rules[app]) })
		}
	}
	if boards < 30 {
		t.Errorf("only %d dashboards were rendered", boards)
	}
}

// answers asks Prometheus each question of a dashboard; file has the app's rules, or is empty.
func answers(t *testing.T, text, file string) {
	var files []string
	if file != "" {
		files = []string{file}
	}
	world, read := sim.NewAny(start), parser.NewParser(parser.Options{})
	add := func(expr string) {
		parsed, err := read.ParseExpr(expr)
		if err != nil {
			t.Fatalf("%v in %s", err, expr)
		}
		world.Add(parsed)
	}
	r := replay.New(t, world, start, files...)
	for _, rule := range r.Rules() {
		world.Add(rule.Query())
	}
	panels, annotations := questions(t, text)
	for _, exprs := range panels {
		for _, expr := range exprs {
			add(strings.ReplaceAll(expr, "_bucket{", `_bucket{le=~"0.1|1|[+]Inf",`)) // a quantile asks for all buckets, and names none
		}
	}
	for _, expr := range annotations {
		add(expr)
	}
	end := start.Add(20 * time.Minute)
	r.Run(end)
	for _, title := range slices.Sorted(maps.Keys(panels)) {
		for _, expr := range panels[title] {
			if got := r.Query(expr, end); len(got) == 0 {
				t.Errorf("%s shows nothing: %s", title, expr)
			}
		}
	}
	for _, expr := range annotations {
		if got := r.Query(expr, start.Add(time.Minute)); len(got) == 0 {
			t.Errorf("nothing is marked: %s", expr)
		}
	}
}

var capabilities = regexp.MustCompile(`(capabilities: )\[`)

// withGrafana copies a project, with a Grafana in each of its environments.
func withGrafana(t *testing.T, project string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(project)); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasPrefix(d.Name(), "platform.") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil || strings.Contains(string(text), `"grafana"`) {
			return err
		}
		return os.WriteFile(path, capabilities.ReplaceAll(text, []byte(`${1}["grafana", `)), 0o666)
	})
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// renderDashboards renders a project and returns its dashboards, by environment, namespace and app as render does.
func renderDashboards(t *testing.T, project string) map[string]string {
	t.Helper()
	out := t.TempDir()
	args := []string{"generate", "-o", out}
	if _, err := os.Stat(filepath.Join(project, "images.yaml")); err == nil {
		args = append(args, "--images", "images.yaml")
	}
	cmd := exec.Command(world.scantling, args...)
	var said bytes.Buffer
	cmd.Dir, cmd.Stderr = project, &said
	if err := cmd.Run(); err != nil {
		t.Fatalf("scantling %s: %v\n%s", strings.Join(args, " "), err, said.Bytes())
	}
	found := map[string]string{}
	err := filepath.WalkDir(out, func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".yaml" {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		env, _, _ := strings.Cut(strings.TrimPrefix(path, out+string(filepath.Separator)), string(filepath.Separator))
		for doc := range strings.SplitSeq("\n"+string(text), "\n---\n") {
			var m struct {
				Metadata struct{ Namespace, Name string }
				Data     map[string]string
			}
			if !strings.Contains(doc, "kind: ConfigMap") || !strings.Contains(doc, "grafana_folder") {
				continue
			}
			if err := yaml.Unmarshal([]byte(doc), &m); err != nil {
				return err
			}
			for _, text := range m.Data {
				found[env+"/"+m.Metadata.Namespace+"/"+strings.TrimSuffix(m.Metadata.Name, "-dashboard")] = text
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
