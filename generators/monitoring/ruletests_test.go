package monitoring

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/emit"
	"github.com/scantling/scantling/internal/kube"
)

// tested is every way to measure, every kind of cause, and objectives at both ends.
func tested() map[string]app.App {
	all := sources()
	all["causes"], all["causes of argo"], all["causes of flagger"], all["all"] = web(), by(app.ByArgo), by(app.ByFlagger), web()
	stateful, both, low, high, rare := web(), all["all"], promises("web", availability("http"), latency("http")), promises("web", availability("http"), latency("http")), promises("web", availability("http"))
	stateful.Kind, stateful.Role = app.Stateful, ""
	both.SLO = promises("web", availability("http"), latency("http")).SLO
	low.SLO.Objectives[0].Percent, low.SLO.Objectives[1].Percent = 90, 85 // a page of the first pair would need more than all to be bad
	high.SLO.Objectives[0].Percent, high.SLO.Objectives[0].GuardEvents, high.SLO.WindowDays = 99.99, 0, 30
	rare.SLO.Objectives[0].LongOnly, rare.SLO.Objectives[0].Pages = true, false
	all["causes of stateful"], all["all"], all["low"], all["high"], all["rare"] = stateful, both, low, high, rare
	return all
}

// testsOf returns the tests beside the rules of an app, of all files.
func testsOf(t *testing.T, a app.App) (all []kube.RuleTest) {
	t.Helper()
	files := Rule.Files(a)
	var names []string
	for _, f := range files {
		tests := f.Content.(kube.RuleTests)
		if f.Tree != "prometheus.d" || !slices.Equal(tests.RuleFiles, []string{a.Name + ".rules.yaml"}) {
			t.Errorf("%s/%s tests %v", f.Tree, f.Name, tests.RuleFiles)
		}
		names, all = append(names, f.Name+" "+tests.EvaluationInterval), append(all, tests.Tests...)
	}
	want := []string{a.Name + ".short.test.yaml 30s", a.Name + ".long.test.yaml 2h", a.Name + ".test.yaml 1m"}
	if !a.SLO.Measured() {
		want = want[2:]
	}
	if !slices.Equal(names, want) {
		t.Errorf("the tests of %s are %q, want %q", a.Name, names, want)
	}
	return all
}

// TestEveryAlertHasItsStories wants for each alert a minute in which it fires, as it would reach somebody, and one in which it is
// silent; whether they come true, promtool says. SCANTLING_RULE_TESTS names a directory to write the files to, for promtool by hand.
func TestEveryAlertHasItsStories(t *testing.T) {
	for name, a := range tested() {
		tests := testsOf(t, a)
		for _, g := range ruleGroups(a) {
			for _, r := range g.Rules {
				fires, silent := false, false
				for _, story := range tests {
					for _, x := range story.AlertRuleTest {
						silent = silent || x.Alertname == r.Alert && len(x.ExpAlerts) == 0
						fires = fires || x.Alertname == r.Alert && slices.ContainsFunc(x.ExpAlerts, func(e kube.ExpAlert) bool {
							return e.ExpLabels["slo"] == r.Labels["slo"] && e.ExpAnnotations["summary"] == r.Annotations["summary"]
						})
					}
				}
				if r.Alert != "" && (!fires || !silent) {
					t.Errorf("%s: %s of %q fires: %v, is silent: %v", name, r.Alert, r.Labels["slo"], fires, silent)
				}
			}
		}
		if dir := os.Getenv("SCANTLING_RULE_TESTS"); dir != "" {
			writeFiles(t, filepath.Join(dir, strings.ReplaceAll(name, " ", "-")), a)
		}
	}
}

func writeFiles(t *testing.T, dir string, a app.App) {
	t.Helper()
	for _, f := range Rule.Files(a) {
		data, err := emit.AppendYAML(nil, f.Content)
		if err == nil {
			err = os.MkdirAll(dir, 0o777)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, f.Name), data, 0o666)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestStoriesAreWhole wants every series to have samples, and every alert in a story to be asked about once a minute at the most.
func TestStoriesAreWhole(t *testing.T) {
	for name, a := range tested() {
		for _, story := range testsOf(t, a) {
			asked, seen := map[string]bool{}, map[string]bool{}
			for _, x := range story.AlertRuleTest {
				if key := x.Alertname + x.EvalTime; asked[key] {
					t.Errorf("%s: %q asks twice for %s at %s", name, story.Name, x.Alertname, x.EvalTime)
				} else {
					asked[key] = true
				}
			}
			for _, s := range story.InputSeries {
				if s.Values == "" || strings.Contains(s.Values, "x-") || strings.Contains(s.Series, "{}") || seen[s.Series] {
					t.Errorf("%s: %q: %s has the samples %q", name, story.Name, s.Series, s.Values)
				}
				seen[s.Series] = true
			}
			if len(story.InputSeries) == 0 || len(story.AlertRuleTest) == 0 {
				t.Errorf("%s: %q tells nothing", name, story.Name)
			}
		}
	}
}

// TestForecastOfAnOutage derives by hand when the page of 99.9 % comes, and goes. After an hour that was well, one minute of an outage
// is 1/4 of the last rate (a rate has four minutes between its samples), which stands for all of its five minutes: of a good hour that
// is more than 13.44 x 0.001, and it fires. It ends five minutes after the last bad sample has left the half hour of the other pair: the
// last of them is recorded at minute 73, since each rate looks back.
func TestForecastOfAnOutage(t *testing.T) {
	a := promises("web", availability("http"))
	story := slices.Concat(lasting(60, minute{requests: 600}), lasting(10, minute{600, 600, 0}), lasting(60, minute{requests: 600}))
	p := foretell(a, a.SLO.Objectives[0], eachMinute, story)
	fires := eachMinute.whenever(kube.Rule{KeepFiringFor: "5m"}, nil, len(story), func(now int) bool { return p.burns(true, now) })
	if len(fires) != 1 || fires[0].from != 60 || fires[0].until != 72+30+5 {
		t.Errorf("it fires %+v", fires)
	}
	for now, want := range map[int]float64{59: 0, 60: 0.25, 61: 0.5, 63: 1, 69: 1, 70: 0.75, 73: 0} {
		if got, ok := p.ratio("5m", now); !ok || got != want {
			t.Errorf("at %d the ratio is %g, want %g", now, got, want)
		}
	}
}

// TestSelects wants a series that an expression would find.
func TestSelects(t *testing.T) {
	for _, tt := range []struct{ expr, metric, want string }{
		{`sum(rate(a{namespace="n",job=~"x|y",code!~"5..",gone=""}[5m]))`, "a", `a{namespace="n",job="x"}`},
		{`b{x="1"} or a{metric=~"s[0-9]+-(kafka|rabbitmq)-.+",name="a,{}\"b"}`, "a", `a{metric="s0-kafka-0",name="a,{}\"b"}`},
		{`a{le=~"1([.]0)?|1e[+]00"}`, "a", `a{le="1"}`},
		{`a{x="1"}`, "b", `b{}`},
		{`a{x=`, "a", `a{}`},
	} {
		if got := selects(tt.expr, tt.metric).String(); got != tt.want {
			t.Errorf("%s in %s: %s, want %s", tt.metric, tt.expr, got, tt.want)
		}
	}
}

// TestSamplesAreWritten wants pieces that promtool reads back as the same values.
func TestSamplesAreWritten(t *testing.T) {
	always := func(int) bool { return true }
	for want, values := range map[string][]int64{
		"100+0x2": {100, 100, 100}, "1+2x2 9+0x0": {1, 3, 5, 9}, "5-5x1 0+0x1": {5, 0, 0, 0}, "": nil,
	} {
		if got := progressions(values, always); got != want {
			t.Errorf("%v is %q, want %q", values, got, want)
		}
	}
	hole := disturbance{count: 1, from: 3, to: 5}
	if got, want := progressions([]int64{1, 2, 3, 4, 5, 6, 7}, hole.there), "_x1 2+1x1 _x2 6+1x1"; got != want {
		t.Errorf("with holes: %q, want %q", got, want)
	}
	if got, want := levels(slices.Concat(lasting(3, minute{}), lasting(4, minute{requests: 7})), hole, func(m minute) int64 { return m.requests }), "_x1 0x1 _x2 7x1"; got != want {
		t.Errorf("levels: %q, want %q", got, want)
	}
}
