// Package exporters holds what our rules, dashboards and commands ask Prometheus for against what the exporters' own code exposes: a series,
// a label or a value that nobody exposes is a question that never has an answer, and an alert that never fires.
//
// Each project is rendered, and its expressions are collected (asked_test.go). Package cluster makes of the manifests what a cluster would
// have; package expose runs the exporters on that; package series keeps what they expose, without values, as Prometheus would after a
// scrape (exposed_test.go); package reach then tells what each expression finds there. mutants_test.go misspells expressions and wants
// that to be noticed.
package exporters

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/scantling/scantling/e2e/exporters/cluster"
	"github.com/scantling/scantling/e2e/exporters/reach"
	"github.com/scantling/scantling/e2e/exporters/series"
)

// stated is what docs/slo.md wants a blackbox exporter to be configured with.
const stated = `modules:
  http_2xx: {prober: http}
  grpc_plain: {prober: grpc, grpc: {tls: false}}
  tcp_connect: {prober: tcp}
`

// A set is what one project renders for one environment, and what it asks.
type set struct {
	name      string
	objects   []*unstructured.Unstructured
	questions []question
	tested    map[string]bool // series that the tests of its rules make up
	worlds    [2]series.World
}

// once keeps the sets, which take a while.
var once struct {
	sync.Mutex
	sets []*set
}

// everything are the sets of all projects.
func everything(t *testing.T) []*set {
	t.Helper()
	once.Lock()
	defer once.Unlock()
	if once.sets != nil {
		return once.sets
	}
	var all []*set
	for name, project := range projects(t) {
		project = withGrafana(t, project)
		out := t.TempDir()
		scantling(t, project, "generate", "-o", out, "--with-tests")
		environments, err := os.ReadDir(out)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range environments {
			if !e.IsDir() || e.Name() == "prometheus.d" {
				continue
			}
			all = append(all, rendered(t, name, project, out, e.Name()))
		}
	}
	slices.SortFunc(all, func(a, b *set) int { return cmp.Compare(a.name, b.name) })
	once.sets = all
	return all
}

func rendered(t *testing.T, name, project, out, environment string) *set {
	t.Helper()
	objects, err := cluster.Read(filepath.Join(out, environment))
	if err != nil {
		t.Fatal(err)
	}
	s := &set{name: name + "/" + environment, objects: objects, questions: questions(t, objects), tested: map[string]bool{}}
	if slices.ContainsFunc(s.questions, func(q question) bool { return q.record != "" }) {
		s.questions = append(s.questions, printed(t, project, environment, "gate")...)
	}
	if len(s.questions) > 0 {
		s.questions = append(s.questions, printed(t, project, environment, "rightsize")...)
	}
	tests, err := filepath.Glob(filepath.Join(out, "prometheus.d", environment, "*", "*.test.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range tests {
		inputs(t, file, s.tested)
	}
	for i, honour := range []bool{true, false} {
		if s.worlds[i], err = exposed(objects, honour); err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		record(t, s.questions, s.worlds[i])
	}
	return s
}

// TestSeries holds every expression that any project of the repository renders, or has the commands ask, against what the exporters' own
// code exposes about its objects: each selector finds something, whatever the values, and so does the whole.
func TestSeries(t *testing.T) {
	asked := 0
	for _, s := range everything(t) {
		asked += len(s.questions)
		for _, slip := range s.slips(t, s.questions) {
			t.Errorf("%s: %s", s.name, slip)
		}
	}
	if asked < 1000 {
		t.Errorf("only %d expressions were found", asked)
	}
}

// slips are what is wrong with questions in both worlds: with labels that are honoured, and with those that are not.
func (s *set) slips(t *testing.T, questions []question) []string {
	t.Helper()
	first := answers(t, questions, s.worlds[0])
	second := answers(t, questions, s.worlds[1])
	var both []string
	for key, text := range first {
		if _, ok := second[key]; ok {
			both = append(both, text)
		}
	}
	for _, found := range []map[string]string{first, second} { // what is empty as a whole is so in either
		for key, text := range found {
			if strings.HasSuffix(key, whole) {
				both = append(both, text)
			}
		}
	}
	slices.Sort(both)
	return slices.Compact(both)
}

// whole ends what is said of an expression that finds nothing at all.
const whole = ": the whole finds nothing"

// answers asks a world, and returns what is wrong, by who asks and what it is.
func answers(t *testing.T, questions []question, w series.World) map[string]string {
	t.Helper()
	wrong := map[string]string{}
	for _, q := range questions {
		found, slips := reach.Find(q.parsed(t), w)
		q.judge(found, slips, wrong)
	}
	return wrong
}

func (q question) parsed(t *testing.T) parser.Expr {
	t.Helper()
	expr, err := parser.ParseExpr(q.expr)
	if err != nil {
		t.Fatalf("%s: %v in %s", q.from, err, q.expr)
	}
	return expr
}

// record adds to a world what rules record of it.
func record(t *testing.T, questions []question, w series.World) {
	t.Helper()
	const rounds = 4 // enough for records of records of records, in whatever order they stand
	for range rounds {
		for _, q := range questions {
			if q.record == "" {
				continue
			}
			found, _ := reach.Find(q.parsed(t), w)
			for _, l := range found {
				b := labels.NewBuilder(l).Set(labels.MetricName, q.record)
				for name, value := range q.labels {
					b.Set(name, value)
				}
				w.Once(b.Labels())
			}
		}
	}
}

// A lack is a label that a series does not have, and that is asked for all the same.
type lack struct{ series, label, why string }

var lacking = []lack{
	{"grpc_server_handling_seconds_", "grpc_code", "the library for Go times failed calls, too; others tell them apart, and docs/slo.md says so"},
}

// judge notes what is wrong with a question, and with what reads the answer.
func (q question) judge(found []labels.Labels, slips []reach.Slip, wrong map[string]string) {
	for _, slip := range slips {
		if slices.ContainsFunc(lacking, func(l lack) bool { return strings.HasPrefix(slip.At, l.series) && slip.What == "no label "+l.label }) {
			continue
		}
		wrong[q.from+": "+slip.At+": "+slip.What] = q.from + ": " + slip.String()
	}
	if len(found) == 0 {
		wrong[q.from+whole] = q.from + whole + ": " + q.expr
	}
	for _, text := range q.texts {
		for _, name := range templated.FindAllStringSubmatch(text, -1) {
			if !slices.ContainsFunc(found, func(l labels.Labels) bool { return l.Has(name[1]) }) {
				wrong[q.from+name[1]] = q.from + ": its texts read the label " + name[1] + ", which " + q.expr + " has not"
			}
		}
	}
}
