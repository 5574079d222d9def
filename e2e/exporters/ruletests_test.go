package exporters

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	"sigs.k8s.io/yaml"

	"github.com/scantling/scantling/e2e/exporters/reach"
)

// TestRuleTests holds the series that the generated tests of rules make up against what is exposed: a name, a label and a value that no
// exporter has would let a rule fire in its test and never in a cluster.
func TestRuleTests(t *testing.T) {
	made := 0
	for _, s := range everything(t) {
		made += len(s.tested)
		var invented []question
		for text := range s.tested {
			if q, ok := invention(t, text); ok {
				invented = append(invented, q)
			}
		}
		for _, slip := range s.slips(t, invented) {
			if !strings.Contains(slip, whole) { // which tells of either world, and some are of one
				t.Errorf("%s: %s", s.name, slip)
			}
		}
	}
	if made < 100 {
		t.Errorf("only %d series are made up", made)
	}
}

// inputs adds the series that a file of tests makes up.
func inputs(t *testing.T, file string, all map[string]bool) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var tests struct {
		Tests []struct {
			Series []struct{ Series string } `json:"input_series"`
		}
	}
	if err := yaml.Unmarshal(text, &tests); err != nil {
		t.Fatal(err)
	}
	for _, test := range tests.Tests {
		for _, s := range test.Series {
			all[s.Series] = true
		}
	}
}

// strangers are values that stories give to what no rule may read, such as another reason or another owner: no exporter has to know them.
var strangers = []string{"other", "stranger"}

// chosen are labels, beside those of objects, whose values no exporter decides: KEDA's metric has the name of a topic in it, and how a
// request of HTTP ends, or what went wrong with a message, is for the app to say.
var chosen = []string{"metric", "code", "error_type"}

// invention asks for a series, whatever its objects are called.
func invention(t *testing.T, text string) (question, bool) {
	t.Helper()
	s, err := parser.ParseMetric(text)
	if err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	var matchers []string
	s.Range(func(l labels.Label) {
		switch {
		case l.Name == labels.MetricName:
		case slices.Contains(reach.Objects, l.Name), slices.Contains(chosen, l.Name), slices.Contains(strangers, l.Value):
			matchers = append(matchers, l.Name+`=~".+"`)
		default:
			matchers = append(matchers, fmt.Sprintf("%s=%q", l.Name, l.Value))
		}
	})
	name := s.Get(labels.MetricName)
	return question{from: "series " + text, expr: name + "{" + strings.Join(matchers, ",") + "}"}, !strings.HasPrefix(name, "slo:")
}
