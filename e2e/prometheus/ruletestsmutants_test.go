package prometheus

import (
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
)

// A mutant is a rule that somebody broke.
type mutant struct {
	at   int    // which rule of its file
	how  string // and where
	rule rule
	was  string // its expression, as it was
}

// way is how it was broken, wherever in the expression.
func (m mutant) way() string {
	way, _, _ := strings.Cut(m.how, ":")
	return way
}

// unseen is how many of the mutants nobody sees and nobody excuses, 207 of 4260 when this was written: thresholds and guards of budgets
// are told apart by more than a tenth (67), cron apps have few stories (29), windows of NoReadyPods lie between its scrapes (18), and
// SLOUncounted goes on for other times (8). It shall only become smaller.
const unseen = 207

// TestRuleTestsSeeMutants breaks each kind of rule in every way, and wants a story to come out otherwise, or a reason why none can.
// Rules that ask the same of the same metrics are one kind: one of them is broken, wherever it is.
func TestRuleTestsSeeMutants(t *testing.T) {
	t.Parallel()
	all := projects(t)
	all["shop"], all["promises"] = unpack(t, "testdata/shop.txtar"), unpack(t, "../render/promises.txtar") // the latter has each source
	engine := promql.NewEngine(promql.EngineOpts{
		MaxSamples: 50_000_000, Timeout: 10 * time.Minute, // the first is what Prometheus defaults to
		LookbackDelta: 5 * time.Minute, EnableAtModifier: true, EnableNegativeOffset: true, Parser: parser.NewParser(parser.Options{}),
	})
	defer engine.Close()
	seen, said := map[string]bool{}, tally{tried: map[string]int{}, killed: map[string]int{}}
	work := make(chan func())
	var workers sync.WaitGroup
	for range 2 {
		workers.Go(func() {
			for do := range work {
				do()
			}
		})
	}
	for _, name := range slices.Backward(slices.Sorted(maps.Keys(all))) { // promises first
		rendered := render(t, all[name])
		for _, app := range slices.Sorted(maps.Keys(rendered)) {
			var rules ruleFile
			read(t, rendered[app], &rules)
			if mutants := mutantsOf(t, rules.all(), seen); len(mutants) > 0 {
				plays := playsOf(t, engine, rendered[app], rules.all())
				work <- func() { try(t, rendered[app], plays, mutants, &said) }
			}
		}
	}
	close(work)
	workers.Wait()
	said.report(t)
}

// all are the rules of a file in the order in which they are evaluated.
func (f ruleFile) all() (rules []rule) {
	for _, g := range f.Groups {
		rules = append(rules, g.Rules...)
	}
	return rules
}

// metric is a name of a metric in an expression.
var metric = regexp.MustCompile(`[a-z_][a-z0-9_:]+\{`)

// mutantsOf returns those of rules whose kind nobody has seen yet. Of an objective it is the source that makes the kind.
func mutantsOf(t *testing.T, rules []rule, seen map[string]bool) (all []mutant) {
	t.Helper()
	for i, r := range rules {
		kind := r.Alert + r.Record + strings.Join(metric.FindAllString(r.Expr, -1), "")
		if seen[kind] || strings.HasPrefix(r.Record, "sloth_") {
			continue
		}
		seen[kind] = true
		for _, m := range broken(t, r) {
			m.at, m.was = i, exprOf(t, r)
			all = append(all, m)
		}
	}
	return all
}

// exprOf is the expression of a rule, written as those of mutants are.
func exprOf(t *testing.T, r rule) string {
	t.Helper()
	expr, err := parser.NewParser(parser.Options{}).ParseExpr(r.Expr)
	if err != nil {
		t.Fatalf("%s: %v", r.Expr, err)
	}
	return expr.String()
}

// playsOf are the plays of all stories beside a file of rules.
func playsOf(t *testing.T, engine *promql.Engine, file string, rules []rule) (plays []*play) {
	t.Helper()
	for _, name := range testsBeside(t, file) {
		var f testFile
		read(t, name, &f)
		for _, story := range f.Tests {
			plays = append(plays, newPlay(t, engine, span(t, f.EvaluationInterval), story, rules))
		}
	}
	return plays
}

// try plays all stories of a file with each of its mutants.
func try(t *testing.T, file string, plays []*play, mutants []mutant, to *tally) {
	heard := make([][]utterance, len(plays))
	for i, p := range plays {
		var err error
		if heard[i], err = p.all(); err != nil {
			t.Errorf("%s: %s: %v", file, p.story.Name, err)
			return
		}
		if wrong := p.wrongAlert("", heard[i]) + p.wrongExpression(nil, heard[i]); wrong != "" {
			t.Errorf("%s: %s: promtool is content, and here it is otherwise: %s", file, p.story.Name, wrong)
		}
	}
	for _, m := range mutants {
		killed := false
		for i, p := range plays {
			if killed = !p.with(m.at, m.rule, heard[i]); killed {
				break
			}
		}
		to.add(t, filepath.Base(file), m, killed)
	}
}

// tally is what became of mutants, by the way in which they were broken.
type tally struct {
	sync.Mutex
	tried, killed map[string]int
	unseen        int // without an excuse
}

func (c *tally) add(t *testing.T, file string, m mutant, killed bool) {
	c.Lock()
	defer c.Unlock()
	c.tried[m.way()]++
	if killed {
		c.killed[m.way()]++
		return
	}
	if why := excused(m); why != "" {
		t.Logf("nobody can see %s of %s%s in %s: %s", m.how, m.rule.Alert, m.rule.Record, file, why)
		return
	}
	c.unseen++
	t.Logf("nobody sees %s of %s%s in %s: %s", m.how, m.rule.Alert, m.rule.Record, file, m.rule.Expr)
}

func (c *tally) report(t *testing.T) {
	all := 0
	for _, way := range slices.Sorted(maps.Keys(c.tried)) {
		t.Logf("%-32s %4d of %4d seen", way, c.killed[way], c.tried[way])
		all += c.tried[way]
	}
	t.Logf("%d mutants", all)
	if all < 1000 {
		t.Errorf("there are only %d mutants", all)
	}
	if c.unseen > unseen {
		t.Errorf("nobody sees %d mutants, more than %d", c.unseen, unseen)
	}
}
