package gate_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/gate"
	"github.com/scantling/scantling/internal/prometheus"
)

var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

// answers is a source of fixed answers, by the name of the query.
type answers map[string]prometheus.Answer

func (a answers) Instant(_ context.Context, q prometheus.Query, _ time.Time) (prometheus.Answer, error) {
	return a[q.Name], nil
}

// checkout is an app with one promise of 99.9 %, whose releases stop at 0 and need care at 25.
func checkout() app.App {
	return app.App{
		Env: &app.Environment{Name: "prod"}, Name: "checkout", Namespace: "shop", Tier: app.Critical, Kind: app.Service, File: "app.cue",
		Rollout: app.Rollout{Strategy: app.Rolling},
		SLO: &app.SLO{WindowDays: 28, Policy: app.BudgetPolicy{Freezes: true, FreezePercent: 0, CautionPercent: 25},
			Objectives: []app.Objective{{Name: "availability", Percent: 99.9, Source: "http"}}},
		Origins: []app.Origin{{Path: "slo.objectives[availability]", By: app.BySpec, Pos: diag.Pos{File: "app.cue", Line: 4, Col: 7}}},
	}
}

// left are the records of an app of which so much is left, in a cluster; empty: no label says.
func left(ratio float64, cluster string) []prometheus.Sample {
	var all []prometheus.Sample
	for name, value := range map[string]float64{
		"slo:period_error_budget_remaining:ratio": ratio, "slo:current_burn_rate:ratio": 2.5, "slo:objective:ratio": 0.999, "slo:time_period:days": 28,
	} {
		all = append(all, sample(name, value, cluster))
	}
	return all
}

func sample(name string, value float64, cluster string) prometheus.Sample {
	labels := map[string]string{"namespace": "shop", "service": "checkout", "slo": "availability"}
	if name != "" {
		labels["__name__"] = name
	}
	if cluster != "" {
		labels["cluster"] = cluster
	}
	return prometheus.Sample{Labels: labels, Value: value, Time: noon}
}

func judge(t *testing.T, a app.App, source prometheus.Source) gate.Report {
	t.Helper()
	r, err := gate.Judge(t.Context(), source, gate.Options{Environment: "prod", Apps: []app.App{a}, Now: noon, MaxAge: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// told is all that a report says, for people.
func told(t *testing.T, r gate.Report) string {
	t.Helper()
	var b strings.Builder
	if err := (diag.Printer{Format: diag.Text}).Print(&b, r.Diagnostics()); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestPolicy goes through what can be left, what the tier says about it, and what the rollout can do.
func TestPolicy(t *testing.T) {
	for name, test := range map[string]struct {
		ratio    float64
		change   func(a *app.App)
		verdict  gate.Verdict
		severity string // of the only finding; empty: there is none
	}{
		"whole":                   {1, nil, gate.Free, ""},
		"just enough":             {.2500001, nil, gate.Free, ""},
		"a quarter":               {.25, nil, gate.Frozen, "error"},
		"a quarter, rounded":      {.25 + 1e-13, nil, gate.Frozen, "error"},
		"a quarter, by a canary":  {.25, func(a *app.App) { a.Rollout.Strategy = app.Canary }, gate.Slow, "warning"},
		"a quarter, by colours":   {.25, func(a *app.App) { a.Rollout.Strategy = app.BlueGreen }, gate.Slow, "warning"},
		"a quarter of a cron app": {.25, func(a *app.App) { a.Kind = app.Cron }, gate.Slow, "warning"},
		"a quarter, only said":    {.25, func(a *app.App) { a.SLO.Policy.Freezes = false }, gate.Slow, "warning"},
		"a hair":                  {1e-6, func(a *app.App) { a.Rollout.Strategy = app.Canary }, gate.Slow, "warning"},
		"nothing":                 {0, nil, gate.Frozen, "error"},
		"nothing, rounded":        {1e-13, func(a *app.App) { a.Rollout.Strategy = app.Canary }, gate.Frozen, "error"},
		"nothing, by a canary":    {0, func(a *app.App) { a.Rollout.Strategy = app.Canary }, gate.Frozen, "error"},
		"nothing, only said":      {0, func(a *app.App) { a.SLO.Policy.Freezes = false }, gate.Spent, "warning"},
		"overspent":               {-3, nil, gate.Frozen, "error"},
		"overspent, and allowed": {-3, func(a *app.App) {
			a.SLO.Policy.FreezePercent, a.SLO.Policy.CautionPercent = -500, 0
			a.Rollout.Strategy = app.Canary
		}, gate.Slow, "warning"},
		"a tenth, frozen at fifty": {.1, func(a *app.App) { a.SLO.Policy.FreezePercent = 50 }, gate.Frozen, "error"},
		"no number":                {math.NaN(), nil, gate.Unknown, "warning"},
		"without end":              {math.Inf(1), nil, gate.Unknown, "warning"},
		"more than all":            {1.01, nil, gate.Unknown, "warning"},
		"all, rounded":             {1 + 1e-15, nil, gate.Free, ""},
		"a number of no meaning":   {1e300, nil, gate.Unknown, "warning"},
		"another":                  {-1e300, nil, gate.Unknown, "warning"},
	} {
		t.Run(name, func(t *testing.T) {
			a := checkout()
			if test.change != nil {
				test.change(&a)
			}
			r := judge(t, a, answers{"budget": {Samples: left(test.ratio, "")}})
			found := r.Diagnostics()
			severity := ""
			if len(found) == 1 {
				severity = found[0].Severity.String()
			}
			if v := r.Budgets[0].Verdict; v != test.verdict || severity != test.severity || len(found) > 1 {
				t.Errorf("verdict %s, want %s; found %v, want %s", v, test.verdict, found, test.severity)
			}
			if r.Fails(diag.Error) != (test.severity == "error") || r.Fails(diag.Warning) != (test.severity != "") {
				t.Errorf("fails: %v, with warnings %v", r.Fails(diag.Error), r.Fails(diag.Warning))
			}
		})
	}
}

// TestMissing wants a word about a budget that nobody records, whatever else is there.
func TestMissing(t *testing.T) {
	others := left(1, "")
	for i := range others {
		others[i].Labels["service"] = "web"
	}
	r := judge(t, checkout(), answers{"budget": {Samples: others}})
	if text := told(t, r); r.Budgets[0].Verdict != gate.Unknown || !strings.HasPrefix(text, "app.cue:4:7: warning: apps.checkout.slo.availability: nothing is recorded of checkout's error budget (in prod)\n\thelp: the app is new") {
		t.Error(text)
	}
}

// TestUncounted tells rules that find nothing to count from rules that are not there.
func TestUncounted(t *testing.T) {
	r := judge(t, checkout(), answers{"budget": {Samples: []prometheus.Sample{sample("slo:objective:ratio", 0.999, "")}}})
	const want = "app.cue:4:7: warning: apps.checkout.slo.availability: nothing is recorded of checkout's error budget, although its rules are loaded (in prod)\n\thelp: nobody has used the app yet"
	if text := told(t, r); r.Budgets[0].Verdict != gate.Unknown || !strings.HasPrefix(text, want) {
		t.Error(text)
	}
}

// TestClusters lets the worst of several series count, and tells how to choose.
func TestClusters(t *testing.T) {
	both := append(left(.9, "a"), left(-.5, "b")...)
	events := []prometheus.Sample{sample("", 1e6, "a"), sample("", 2e6, "b")}
	r := judge(t, checkout(), answers{"budget": {Samples: both}, "events-28d": {Samples: events}})
	if b := r.Budgets[0]; b.Verdict != gate.Frozen || b.Amount() != "-1,000 requests" {
		t.Errorf("%s, %s", b.Verdict, b.Amount())
	}
	const want = `app.cue:4:7: note: apps.checkout.slo.availability: 2 series tell what is left of checkout's error budget: the worst counts, of cluster="b" (in prod)
	help: if that is not the cluster of prod, name it: --match 'cluster="NAME"'
`
	if text := told(t, r); !strings.HasSuffix(text, want) {
		t.Error(text)
	}
	match, err := prometheus.ParseMatchers([]string{`cluster="a"`})
	if err != nil {
		t.Fatal(err)
	}
	r, err = gate.Judge(t.Context(), answers{"budget": {Samples: both}, "events-28d": {Samples: events}},
		gate.Options{Environment: "prod", Apps: []app.App{checkout()}, Match: match, Now: noon, MaxAge: time.Hour})
	if err != nil || r.Budgets[0].Verdict != gate.Free || r.Budgets[0].Amount() != "900 requests" || len(r.Diagnostics()) != 0 {
		t.Errorf("%+v, error %v", r.Budgets, err)
	}
}

// TestClustersWithoutNumbers wants nobody let through by a number that is none, be it beside a budget that is spent or one that is not.
func TestClustersWithoutNumbers(t *testing.T) {
	for _, strange := range []float64{math.NaN(), math.Inf(-1), 1e300} {
		for ratio, want := range map[float64]gate.Verdict{-.5: gate.Frozen, .2: gate.Frozen, .9: gate.Unknown} {
			for _, all := range [][]prometheus.Sample{append(left(strange, "a"), left(ratio, "b")...), append(left(ratio, "b"), left(strange, "a")...)} {
				if b := judge(t, checkout(), answers{"budget": {Samples: all}}).Budgets[0]; b.Verdict != want {
					t.Errorf("%v beside %v: %s, want %s", strange, ratio, b.Verdict, want)
				}
			}
		}
	}
}

// TestHugeNumbers wants a document whatever a store holds.
func TestHugeNumbers(t *testing.T) {
	records := left(-1e6, "")
	for i := range records {
		if strings.Contains(records[i].Labels["__name__"], "burn") {
			records[i].Value = 1e308
		}
	}
	r := judge(t, checkout(), answers{"budget": {Samples: records}, "events-28d": {Samples: []prometheus.Sample{sample("", 1e300, "")}}})
	var b strings.Builder
	if err := r.JSON(&b); err != nil {
		t.Error(err)
	}
}

// TestDoubts wants warnings about answers that may be wrong as a whole, and about rules of another promise.
func TestDoubts(t *testing.T) {
	at := func(now time.Time, a prometheus.Answer) string {
		r, err := gate.Judge(t.Context(), answers{"budget": a}, gate.Options{Environment: "prod", Apps: []app.App{checkout()}, Now: now, MaxAge: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		return told(t, r)
	}
	whole := prometheus.Answer{Samples: left(1, "")}
	stale := left(1, "")
	for i := range stale {
		switch stale[i].Labels["__name__"] {
		case "slo:objective:ratio":
			stale[i].Value = .99
		case "slo:time_period:days":
			stale[i].Value = 30
		}
	}
	for name, test := range map[string]struct{ got, want string }{
		"fresh":       {at(noon.Add(time.Hour), whole), ""},
		"clocks":      {at(noon.Add(-5*time.Minute), whole), ""},
		"old":         {at(noon.Add(61*time.Minute), whole), "warning: the answers are of 2026-11-02 12:00:00 UTC, 1 h 1 min ago (in prod)\n\twant: none older than 1 h 0 min\n\thelp: fetch them again: less may be left by now\n"},
		"very old":    {at(noon.Add(80*time.Hour), whole), "warning: the answers are of 2026-11-02 12:00:00 UTC, 3 days ago (in prod)\n\twant: none older than 1 h 0 min\n\thelp: fetch them again: less may be left by now\n"},
		"early":       {at(noon.Add(-6*time.Minute), whole), "warning: the answers are of 2026-11-02 12:00:00 UTC, 6 min 0 s from now (in prod)\n\thelp: one of the clocks is wrong, the server's or the one here\n"},
		"incomplete":  {at(noon, prometheus.Answer{Samples: left(1, ""), Warnings: []string{"no store"}}), "warning: the answer may be incomplete: no store (in prod)\n\thelp: what is missing was not judged: see that the server reaches all its storage, and ask again\n"},
		"other rules": {at(noon, prometheus.Answer{Samples: stale}), "app.cue:4:7: warning: apps.checkout.slo.availability: the rules of checkout that are loaded promise 99 % over 30 days, the spec 99.9 % over 28 days (in prod)\n\thelp: apply what generate makes of the spec; a few minutes later the budget is the promised one's\n"},
	} {
		if diff := cmp.Diff(test.want, test.got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestNothingToJudge(t *testing.T) {
	bare, dark := checkout(), checkout()
	bare.SLO, dark.SLO = nil, &app.SLO{}
	var none answers
	for name, test := range map[string]struct {
		opts gate.Options
		want string
	}{
		"nobody":    {gate.Options{Apps: []app.App{bare}}, "warning: no app of prod has an objective that is measured: the gate holds nothing back\n"},
		"named":     {gate.Options{Apps: []app.App{bare}, Named: true}, "app.cue: warning: apps.checkout: the app has no objective, so no error budget: the gate lets it through (in prod)\n"},
		"unwatched": {gate.Options{Apps: []app.App{dark}, Named: true}, "app.cue: warning: apps.checkout.slo: nobody measures the objective here: the gate lets the app through (in prod)\n"},
	} {
		test.opts.Environment = "prod"
		r, err := gate.Judge(t.Context(), none, test.opts)
		if text := told(t, r); err != nil || !strings.HasPrefix(text, test.want) {
			t.Errorf("%s: %s, error %v", name, text, err)
		}
		if q := gate.Queries(test.opts.Apps, nil); len(q) != 0 {
			t.Errorf("%s: asks %v", name, q)
		}
	}
}

func TestAmounts(t *testing.T) {
	for want, test := range map[string]struct {
		ratio  float64
		events float64
		source string
	}{
		"40 min 19 s":    {1, 0, "probe"},
		"20 min 10 s":    {.5, 5e6, "cron"},
		"-2 h 0 min":     {-3, 0, "probe"},
		"24 s":           {.01, 0, "probe"},
		"1,234 requests": {1, 1_234_999, "grpc"},
		"0 requests":     {.0001, 5000, "istio"},
		"5,000 requests": {.5, 1e7, "nginx"},
		"-12 requests":   {-.5, 24_500, "envoy"},
	} {
		a := checkout()
		a.SLO.Objectives[0].Source = test.source
		source := answers{"budget": {Samples: left(test.ratio, "")}}
		if test.events > 0 {
			source["events-28d"] = prometheus.Answer{Samples: []prometheus.Sample{sample("", test.events, "")}}
		}
		if got := judge(t, a, source).Budgets[0].Amount(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// failing is a disk that is full, or a server that is down.
type failing struct{ error }

func (f failing) Instant(context.Context, prometheus.Query, time.Time) (prometheus.Answer, error) {
	return prometheus.Answer{}, f.error
}

func TestSourceFails(t *testing.T) {
	down := errors.New("down")
	if _, err := gate.Judge(t.Context(), failing{down}, gate.Options{Apps: []app.App{checkout()}}); !errors.Is(err, down) {
		t.Errorf("error %v", err)
	}
}
