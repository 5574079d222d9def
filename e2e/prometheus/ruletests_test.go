package prometheus

import (
	"bytes"
	"context"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/scantling/scantling/e2e/prometheus/server"
)

// A ruleFile is one as promtool reads it, and the spec of a PrometheusRule.
type ruleFile struct {
	Groups []struct {
		Name     string `json:"name"`
		Interval string `json:"interval,omitempty"`
		Rules    []rule `json:"rules"`
	} `json:"groups"`
}

type rule struct {
	Record        string            `json:"record,omitempty"`
	Alert         string            `json:"alert,omitempty"`
	Expr          string            `json:"expr"`
	For           string            `json:"for,omitempty"`
	KeepFiringFor string            `json:"keep_firing_for,omitempty"`
	Labels        map[string]string `json:"labels,omitempty"`
	Annotations   map[string]string `json:"annotations,omitempty"`
}

// A testFile is what promtool reads beside rules.
type testFile struct {
	RuleFiles          []string    `json:"rule_files"`
	EvaluationInterval string      `json:"evaluation_interval"`
	Tests              []toldStory `json:"tests"`
}

// A toldStory is what is measured, and what rules shall say of it.
type toldStory struct {
	Name        string `json:"name"`
	Interval    string `json:"interval"`
	InputSeries []struct {
		Series string `json:"series"`
		Values string `json:"values"`
	} `json:"input_series"`
	AlertRuleTest []struct {
		EvalTime  string `json:"eval_time"`
		Alertname string `json:"alertname"`
		ExpAlerts []struct {
			ExpLabels      map[string]string `json:"exp_labels"`
			ExpAnnotations map[string]string `json:"exp_annotations"`
		} `json:"exp_alerts"`
	} `json:"alert_rule_test"`
	PromQLExprTest []struct {
		Expr       string `json:"expr"`
		EvalTime   string `json:"eval_time"`
		ExpSamples []struct {
			Labels string  `json:"labels"`
			Value  float64 `json:"value"`
		} `json:"exp_samples"`
	} `json:"promql_expr_test"`
}

// promtool is Prometheus' own, built once.
var promtool = sync.OnceValues(func() (string, error) {
	built, err := server.Build(context.Background())
	return built.Promtool, err
})

// runPromtool runs promtool and returns what it says, and whether it is content.
func runPromtool(t *testing.T, args ...string) (string, bool) {
	t.Helper()
	program, err := promtool()
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(program, args...).CombinedOutput()
	return string(out), err == nil
}

// TestRuleTests lets promtool check every rule file that a project of the repository renders, and run the tests beside it; and it wants
// the same rules in the cluster, and of every alert a story in which it fires, and one in which it does not.
func TestRuleTests(t *testing.T) {
	t.Parallel()
	all, files := projects(t), 0
	all["shop"], all["promises"] = unpack(t, "testdata/shop.txtar"), unpack(t, "../render/promises.txtar")
	for _, name := range slices.Sorted(maps.Keys(all)) {
		rendered := render(t, all[name])
		if len(rendered) == 0 {
			continue
		}
		files += len(rendered)
		t.Run(name, func(t *testing.T) {
			rules := slices.Sorted(maps.Values(rendered))
			if said, ok := runPromtool(t, append([]string{"check", "rules"}, rules...)...); !ok {
				t.Errorf("promtool check rules:\n%s", said)
			}
			tests := []string{"test", "rules"}
			for _, file := range rules {
				tests = append(tests, testsBeside(t, file)...)
				told(t, file)
			}
			if said, ok := runPromtool(t, tests...); !ok {
				t.Errorf("promtool test rules:\n%s", said)
			}
			inCluster(t, rules)
		})
	}
	if files < 100 {
		t.Errorf("only %d rule files were rendered", files)
	}
}

// testsBeside are the files of tests of a rule file: those that name it.
func testsBeside(t *testing.T, file string) (all []string) {
	t.Helper()
	found, err := filepath.Glob(strings.TrimSuffix(file, ".rules.yaml") + ".*test.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range found {
		var f testFile
		if read(t, name, &f); slices.Equal(f.RuleFiles, []string{filepath.Base(file)}) {
			all = append(all, name)
		}
	}
	if len(all) == 0 {
		t.Errorf("%s has no tests", file)
	}
	return all
}

// told wants for each alert of a file a story in which it fires, and a minute in which it is silent.
func told(t *testing.T, file string) {
	t.Helper()
	var rules ruleFile
	read(t, file, &rules)
	var tests testFile // all of them
	for _, name := range testsBeside(t, file) {
		var some testFile
		read(t, name, &some)
		tests.Tests = append(tests.Tests, some.Tests...)
	}
	for _, g := range rules.Groups {
		for _, r := range g.Rules {
			if r.Alert == "" {
				continue
			}
			fires, silent := false, false
			for _, story := range tests.Tests {
				for _, x := range story.AlertRuleTest {
					silent = silent || x.Alertname == r.Alert && len(x.ExpAlerts) == 0
					for _, e := range x.ExpAlerts {
						fires = fires || x.Alertname == r.Alert && e.ExpLabels["slo"] == r.Labels["slo"]
					}
				}
			}
			if !fires || !silent {
				t.Errorf("%s: %s of %q fires: %v, is silent: %v", file, r.Alert, r.Labels["slo"], fires, silent)
			}
		}
	}
}

// inCluster wants each PrometheusRule beside the files to have the groups of one of them, in its namespace; and no file without one,
// but in an environment whose Prometheus has no operator.
func inCluster(t *testing.T, files []string) {
	t.Helper()
	byNamespace := map[string][]ruleFile{} // by path below the output, such as "prod/shop"
	operated := map[string]bool{}          // environments with an operator
	top := ""
	for _, file := range files {
		before, place, _ := strings.Cut(filepath.Dir(file), string(filepath.Separator)+"prometheus.d"+string(filepath.Separator))
		top = before
		var f ruleFile
		read(t, file, &f)
		byNamespace[place] = append(byNamespace[place], f)
	}
	err := filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
		below, _ := filepath.Rel(top, path)
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".yaml") || strings.HasPrefix(below, "prometheus.d") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for doc := range bytes.SplitSeq(text, []byte("\n---\n")) {
			var object struct {
				Kind string   `json:"kind"`
				Spec ruleFile `json:"spec"`
			}
			if !bytes.Contains(doc, []byte("kind: PrometheusRule\n")) {
				continue
			}
			if err := yaml.Unmarshal(doc, &object); err != nil {
				return err
			}
			place := filepath.Dir(below)
			operated[filepath.Dir(place)] = true
			i := slices.IndexFunc(byNamespace[place], func(f ruleFile) bool { return cmp.Equal(f, object.Spec) })
			if i < 0 {
				t.Errorf("%s: no rule file of %s has the groups of this object", below, place)
				continue
			}
			byNamespace[place] = slices.Delete(byNamespace[place], i, i+1)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for place, rest := range byNamespace {
		for _, f := range rest {
			if !operated[filepath.Dir(place)] {
				continue
			}
			t.Errorf("%s: no object has the groups of the file that begins with %s", place, f.Groups[0].Name)
		}
	}
}

func read(t *testing.T, file string, into any) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err == nil {
		err = yaml.Unmarshal(text, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}
