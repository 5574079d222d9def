package verify_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/scantling/scantling/internal/inventory"
	"github.com/scantling/scantling/internal/manifest"
	"github.com/scantling/scantling/internal/verify"
)

// rendered is what is rendered of a blueprint or a golden for one environment, as KIND/NAME and text.
type rendered map[string]string

// render reads what is rendered for PROJECT/ENVIRONMENT, each object as a document of YAML.
func render(t *testing.T, name string) rendered {
	t.Helper()
	project, environment, _ := strings.Cut(name, "/")
	var files [][]byte
	if archive, err := txtar.ParseFile("../../testdata/golden/" + project + ".txtar"); err == nil {
		for _, f := range archive.Files {
			if strings.HasPrefix(f.Name, "want/"+environment+"/") {
				files = append(files, f.Data)
			}
		}
	} else {
		paths, err := filepath.Glob("../../blueprints/" + project + "/want/" + environment + "/*/*.yaml")
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, data)
		}
	}
	r := rendered{}
	for _, data := range files {
		for _, doc := range strings.Split("\n"+string(data), "\n---\n") {
			if objects, err := manifest.Parse("object.yaml", []byte(doc)); err == nil && len(objects) == 1 {
				r[objects[0].Kind+"/"+objects[0].Name] = doc + "\n"
			}
		}
	}
	if len(r) == 0 {
		t.Fatalf("nothing is rendered of %s", name)
	}
	return r
}

// violations are what a guarantee finds.
func (r rendered) violations(t *testing.T, guarantee string, facts verify.Facts) (found []string) {
	t.Helper()
	var all []manifest.Object
	for _, text := range r {
		objects, err := manifest.Parse("object.yaml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, objects...)
	}
	slices.SortFunc(all, func(a, b manifest.Object) int { return a.ID().Compare(b.ID()) })
	for _, result := range verify.Check(inventory.New(all), facts, false) {
		if result.Guarantee.Name == guarantee && result.State == verify.Violated {
			found = append(found, result.Object.Short()+": "+result.Text)
		}
	}
	return found
}

// A textMutant breaks one thing in what is rendered, as a slip of the hand or of a generator would: in one object old becomes new. With
// "rule NAME" as old that rule goes, and without old the object.
type textMutant struct {
	guarantee, project, object string
	name                       string
	old, new                   string
}

// broken returns the objects with the slip.
func (m textMutant) broken(t *testing.T, r rendered) rendered {
	t.Helper()
	text, ok := r[m.object]
	if !ok {
		t.Fatalf("%s has no %s", m.project, m.object)
	}
	broken := rendered{}
	for id, of := range r {
		broken[id] = of
	}
	switch {
	case m.old == "":
		delete(broken, m.object)
		return broken
	case strings.HasPrefix(m.old, "rule "): // of one rule: that one goes
		broken[m.object] = withoutRule(text, strings.TrimPrefix(m.old, "rule "))
	default:
		broken[m.object] = strings.ReplaceAll(text, m.old, m.new)
	}
	if broken[m.object] == text {
		t.Errorf("%s: there is no %q in %s", m.name, m.old, m.object)
	}
	return broken
}

// withoutRule removes the first rule that is called so.
func withoutRule(text, name string) string {
	lines := strings.Split(text, "\n")
	at := slices.IndexFunc(lines, func(line string) bool {
		line = strings.TrimPrefix(strings.TrimSpace(line), "- ")
		return line == "alert: "+name || line == "record: "+name
	})
	if at < 0 {
		return text
	}
	begins := func(i int) bool { return strings.HasPrefix(lines[i], "    - ") || strings.HasPrefix(lines[i], "  - ") }
	from, to := at, at+1
	for !begins(from) {
		from--
	}
	for to < len(lines) && !begins(to) {
		to++
	}
	return strings.Join(slices.Concat(lines[:from], lines[to:]), "\n")
}

// orders is what was declared of the blueprint api.
var orders = verify.Facts{RetentionSeconds: 40 * 86400, Region: "eu-1", Apps: []verify.Declared{{
	Namespace: "sales", App: "orders", Tier: "critical",
	Recovery: []verify.Objective{{Name: "orders-db", RPOSeconds: 4 * 3600, RTOSeconds: 3600}},
	Promises: []verify.Promise{{Name: "availability", Percent: "99.9"}, {Name: "latency", Percent: "95"}},
}}}

// TestObjectivesMutants makes slips in what Prometheus is told.
func TestObjectivesMutants(t *testing.T) {
	testMutants(t, map[string]verify.Facts{"api/prod": orders}, objectivesMutants)
}

const api, rule = "api/prod", "PrometheusRule/orders"

var objectivesMutants = []textMutant{
	{"rules-are-readable", api, rule, "no PromQL", "max by (", "max by by ("},
	{"rules-are-readable", api, rule, "a bracket too few", `code=~"5.."}[5m]))`, `code=~"5.."}[5m])`},
	{"rules-are-readable", api, rule, "a function that is none", "sum_over_time", "sums_over_time"},
	{"rules-are-readable", api, rule, "a rate of an instant", `job="orders"}[5m]`, `job="orders"}`},
	{"rules-are-readable", api, rule, "a wait that is none", "for: 10m", "for: ten minutes"},
	{"rules-are-readable", api, rule, "two groups of one name", "name: orders-slo-long", "name: orders-slo"},
	{"rules-are-readable", api, rule, "neither record nor alert", "- alert: TargetDown", "- alerts: TargetDown"},
	{"records-exist", api, rule, "a record that is not made", "ratio_rate2h{", "ratio_rate4h{"},
	{"records-exist", api, rule, "a record of another objective", `sum(slo:sli_total:rate5m{namespace="sales",service="orders",slo="availability"})`, `sum(slo:sli_total:rate5m{namespace="sales",service="orders",slo="errors"})`},
	{"records-exist", api, rule, "what is read is gone", "rule slo:sli_total:sample2m", ""},
	{"alert-can-fire", api, rule, "a threshold that nothing exceeds", "> 0.672", "> 1.344"},
	{"alert-can-fire", api, rule, "exactly everything", "> 0.28", "> 1"},
	{"alert-can-fire", api, rule, "a target that is below down", `job="orders"}) == 0`, `job="orders"}) < 0`},
	{"alert-can-fire", api, rule, "a count of nothing", "max by (namespace, job, pod) (up", "count by (namespace, job, pod) (up"},
	{"objective-is-recorded", api, rule, "no ratio of a day", "rule slo:sli_error:ratio_rate1d", ""},
	{"objective-is-recorded", api, rule, "no errors", "rule slo:sli_errors:rate5m", ""},
	{"objective-is-recorded", api, rule, "nobody knows what is left", "rule slo:period_error_budget_remaining:ratio", ""},
	{"objective-is-recorded", api, rule, "no objective", "rule slo:objective:ratio", ""},
	{"objective-is-recorded", api, rule, "a day twice", "record: slo:sli_error:ratio_rate3d", "record: slo:sli_error:ratio_rate1d"},
	{"objective-is-recorded", api, rule, "a budget of floating point", "vector(0.001)", "vector(0.0010000000000000009)"},
	{"objective-is-recorded", api, rule, "nothing may be bad", "vector(0.95)", "vector(1)"},
	{"objective-is-recorded", api, rule, "another promise than the team's", "vector(0.999)\n", "vector(0.99)\n"},
	{"objective-is-recorded", api, rule, "nothing divided by nothing", " > 0)", ")"},
	{"objective-is-recorded", api, rule, "1 for nothing", " > 0)", " > bool 0)"},
	{"objective-is-recorded", api, rule, "a mean of ratios", "sum_over_time", "avg_over_time"},
	{"objective-is-recorded", api, rule, "two windows in one", "[6h]) > 0", "[1h]) > 0"},
	{"objective-is-recorded", api, rule, "the newest events twice", "[55m] offset 5m", "[1h]"},
	{"objective-is-recorded", api, rule, "the newest events hardly", "10 * slo", "1 * slo"},
	{"objective-is-recorded", api, rule, "the newest events of another hour", "offset 5m", "offset 1h"},
	{"objective-is-recorded", api, rule, "a window that is another", "[1d]", "[1h]"},
	{"objective-is-recorded", api, rule, "28 days of 30 seconds", `sample2m{namespace="sales",service="orders",slo="availability"}[28d]`, `rate5m{namespace="sales",service="orders",slo="availability"}[28d]`},
	{"objective-is-recorded", api, rule, "of all objectives", `,slo="availability"}[3d]`, `}[3d]`},
	{"objective-is-recorded", api, rule, "burns another budget", " / 0.001", " / 0.01"},
	{"objective-is-recorded", api, rule, "what is spent is left", "1 - slo:", "0 + slo:"},
	{"objective-is-recorded", api, rule, "pages every two minutes", "interval: 30s", "interval: 2m"},
	{"objective-is-recorded", api, rule, "no error is no result", `code=~"5.."}[5m])) or 0 * `, `code=~"5.."}[5m])) and 0 * `},
	{"objective-is-recorded", api, rule, "errors of an hour", `code=~"5.."}[5m])`, `code=~"5.."}[1h])`},
	{"objective-is-recorded", api, rule, "nobody counts latency", `slo: latency`, `slo: lateness`},
	{"objective-is-watched", api, rule, "ten times the threshold", "> 0.01344", "> 0.1344"},
	{"objective-is-watched", api, rule, "the factor of 30 days", "> 0.01344", "> 0.0144"},
	{"objective-is-watched", api, rule, "a rounded factor", "> 0.01344", "> 0.013"},
	{"objective-is-watched", api, rule, "a factor below 1", "> 0.001", "> 0.0009333"},
	{"objective-is-watched", api, rule, "either window", "and on (namespace, service, slo) slo:sli_error:ratio_rate1h", "or slo:sli_error:ratio_rate1h"},
	{"objective-is-watched", api, rule, "windows of two pairs", "ratio_rate5m{namespace=\"sales\",service=\"orders\",slo=\"availability\"} > 0.01344", "ratio_rate30m{namespace=\"sales\",service=\"orders\",slo=\"availability\"} > 0.01344"},
	{"objective-is-watched", api, rule, "as many alerts as labels", "max by (namespace, service, slo)", "sum by (slo)"},
	{"objective-is-watched", api, rule, "a 1 instead of a share", "> 0.01344", "> bool 0.01344"},
	{"objective-is-watched", api, rule, "nobody is woken", "rule ErrorBudgetBurn", ""},
	{"objective-is-watched", api, rule, "no ticket", "rule ErrorBudgetBurnSlow", ""},
	{"objective-is-watched", api, rule, "absent errors", "absent(slo:sli_total:rate5m", "absent(slo:sli_errors:rate5m"},
	{"objective-is-watched", api, rule, "nobody misses it", "rule SLOMissing", ""},
	{"objective-is-watched", api, rule, "the number of totals", "absent(slo:", "count(slo:"},
	{"objective-is-watched", api, rule, "absence that nobody waits for", "for: 10m", "for: 0s"},
	{"alert-leads-somewhere", api, rule, "a cause wakes somebody", "severity: ticket", "severity: page"},
	{"alert-leads-somewhere", api, rule, "a burning budget waits", "severity: page", "severity: ticket"},
	{"alert-leads-somewhere", api, rule, "a severity of its own", "severity: ticket", "severity: critical"},
	{"alert-leads-somewhere", api, rule, "no owner", "        owner: sales\n", ""},
	{"alert-leads-somewhere", api, rule, "another owner", "        owner: sales\n", "        owner: riders\n"},
	{"alert-leads-somewhere", api, rule, "another tier", "        tier: critical\n", "        tier: standard\n"},
	{"alert-leads-somewhere", api, rule, "a runbook without TLS", "https://runbooks", "http://runbooks"},
	{"alert-leads-somewhere", api, rule, "the heading of another alert", "#targetdown", "#slomissing"},
	{"alert-leads-somewhere", api, rule, "it ends between two scrapes", "keep_firing_for: 5m", "keep_firing_for: \"\""},
	{"alert-leads-somewhere", api, rule, "no runbook", "runbook_url", "runbook"},
	{"rules-read-their-own", api, rule, "all namespaces", `up{namespace="sales",job`, "up{job"},
	{"rules-read-their-own", api, rule, "another namespace", `up{namespace="sales"`, `up{namespace="riders"`},
	{"rules-read-their-own", api, rule, "another app's job", `job="orders"}) == 0`, `job="cart"}) == 0`},
	{"rules-read-their-own", api, rule, "a Deployment that is none", `deployment="orders",condition`, `deployment="order",condition`},
	{"rules-read-their-own", api, rule, "pods of an app with a longer name", `pod=~"orders-`, `pod=~"orders-db-`},
	{"rules-read-their-own", api, rule, "a Secret that nobody fetches", "orders-payments", "payments"},
	{"rules-read-their-own", api, "Deployment/orders", "the Deployment is renamed", "  name: orders\n  namespace", "  name: order\n  namespace"},
	{"latency-bucket-exists", api, rule, "between two bounds", `le="0.25"`, `le="0.2"`},
	{"latency-bucket-exists", api, rule, "a whole number in one spelling", `le="0.25"`, `le="1"`},
	{"latency-bucket-exists", api, rule, "ten for one", `le="0.25"`, `le=~"1.*"`},
	{"latency-bucket-exists", api, rule, "nobody hears of a missing bucket", "rule LatencyBucketMissing", ""},
	{"period-is-kept", api, rule, "longer than samples are kept", "[28d]", "[60d]"},
	{"period-is-kept", api, rule, "a week", "vector(28)", "vector(7)"},
	{"quantile-keeps-le", api, rule, "a quantile of one bucket", "max by (namespace, job, pod) (up{", `histogram_quantile(0.9, sum by (job) (rate(http_request_duration_seconds_bucket{namespace="sales",job="orders"}[5m]))) > 1 or max by (namespace, job, pod) (up{`},
	{"error-rate-is-per-service", api, rule, "a share of everybody", "max by (namespace, job, pod) (up{", `sum(rate(http_requests_total{code=~"5.."}[5m])) / sum(rate(http_requests_total[5m])) > 0.01 or max by (namespace, job, pod) (up{`},
}

// testMutants wants each slip to be found by its guarantee, which finds nothing without it.
func testMutants(t *testing.T, facts map[string]verify.Facts, mutants []textMutant) {
	caught, projects, whole := 0, map[string]rendered{}, map[string]bool{}
	for _, m := range mutants {
		if projects[m.project] == nil {
			projects[m.project] = render(t, m.project)
		}
		r := projects[m.project]
		if !whole[m.project+m.guarantee] {
			whole[m.project+m.guarantee] = true
			if found := r.violations(t, m.guarantee, facts[m.project]); len(found) > 0 {
				t.Errorf("%s is not proved of %s: %q", m.guarantee, m.project, found)
			}
		}
		if found := m.broken(t, r).violations(t, m.guarantee, facts[m.project]); len(found) == 0 {
			t.Errorf("%s does not find %s in %s", m.guarantee, m.name, m.project)
			continue
		}
		caught++
	}
	t.Logf("%d of %d slips are found", caught, len(mutants))
}
