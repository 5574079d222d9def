package prometheus

import (
	"cmp"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/prometheus/promql/parser"
	"sigs.k8s.io/yaml"
)

// A mutant is a rule that somebody broke.
type mutant struct {
	file  string // of the rules
	group int
	index int // of the rule in its group
	how   string
	rule  rule
	nth   int // of all
}

// every asks for all mutants, which takes half an hour; else it is one of thirty.
var every = flag.Bool("mutants", false, "break rules in every way, not in one of thirty")

const sample = 30

// TestRuleTestsSeeMutants breaks each kind of alert, and of what it builds on, in many ways, and wants the tests beside the rules to
// fail. Rules that ask the same of the same metrics are one kind: one of them is broken, wherever it is.
func TestRuleTestsSeeMutants(t *testing.T) {
	t.Parallel()
	all := projects(t)
	all["shop"], all["promises"] = unpack(t, "testdata/shop.txtar"), unpack(t, "../render/promises.txtar") // the latter has each source
	var mutants []mutant
	seen := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		rendered := render(t, all[name])
		for _, app := range slices.Sorted(maps.Keys(rendered)) {
			for _, m := range mutantsOf(t, rendered[app], seen) {
				m.nth = len(mutants)
				mutants = append(mutants, m)
			}
		}
	}
	dir, work := t.TempDir(), make(chan int)
	if !*every {
		mutants = slices.DeleteFunc(mutants, func(m mutant) bool { return m.nth%sample != 0 })
	}
	alive := make([]bool, len(mutants))
	var workers sync.WaitGroup
	for range 2 {
		workers.Go(func() {
			for i := range work {
				m := mutants[i]
				if alive[i] = survives(t, filepath.Join(dir, strconv.Itoa(i)), m); alive[i] {
					t.Logf("nobody sees %s of %s%s in %s, %s:\n%s", m.how, m.rule.Alert, m.rule.Record, filepath.Base(m.file), cmp.Or(excused(m), "though somebody should"), m.rule.Expr)
				}
			}
		})
	}
	for i := range mutants {
		work <- i
	}
	close(work)
	workers.Wait()
	killed, total, unseen := map[string]int{}, map[string]int{}, 0
	for i, m := range mutants {
		how, _, _ := strings.Cut(m.how, ":")
		total[how]++
		switch {
		case !alive[i]:
			killed[how]++
		case excused(m) == "":
			unseen++
		}
	}
	for _, how := range slices.Sorted(maps.Keys(total)) {
		t.Logf("%-28s %3d of %3d seen", how, killed[how], total[how])
	}
	if len(mutants) < 20 {
		t.Errorf("there are only %d mutants", len(mutants))
	}
	if unseen*20 > len(mutants) {
		t.Errorf("nobody sees %d of %d mutants, more than one in twenty", unseen, len(mutants))
	}
}

// survives reports whether the tests of a file are content with a mutant of its rules.
func survives(t *testing.T, dir string, m mutant) bool {
	t.Helper()
	var f ruleFile
	read(t, m.file, &f)
	f.Groups[m.group].Rules[m.index] = m.rule
	text, err := yaml.Marshal(f)
	if err != nil {
		t.Error(err)
		return false
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Error(err)
		return false
	}
	defer os.RemoveAll(dir)
	write := func(name string, data []byte) {
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(name)), data, 0o666); err != nil {
			t.Error(err)
		}
	}
	write(m.file, text)
	for _, test := range testsBeside(t, m.file) {
		stories, err := os.ReadFile(test)
		if err != nil {
			t.Error(err)
			return false
		}
		write(test, stories)
		if _, ok := runPromtool(t, "test", "rules", filepath.Join(dir, filepath.Base(test))); !ok {
			return false
		}
	}
	return true
}

// metric is a name of a metric in an expression.
var metric = regexp.MustCompile(`[a-z_][a-z0-9_:]+\{`)

// mutantsOf returns those of the rules of a file whose kind nobody has seen yet. Of an objective it is the source that makes the kind.
func mutantsOf(t *testing.T, file string, seen map[string]bool) (all []mutant) {
	t.Helper()
	var f ruleFile
	read(t, file, &f)
	for g, group := range f.Groups {
		for i, r := range group.Rules {
			kind := r.Alert + r.Record + strings.Join(metric.FindAllString(r.Expr, -1), "")
			if seen[kind] || strings.HasPrefix(r.Record, "sloth_") {
				continue
			}
			seen[kind] = true
			for _, m := range broken(t, r) {
				m.file, m.group, m.index = file, g, i
				all = append(all, m)
			}
		}
	}
	return all
}

// broken returns the ways to break a rule.
func broken(t *testing.T, r rule) (all []mutant) {
	t.Helper()
	add := func(how string, change func(*rule)) {
		changed := r
		change(&changed)
		if changed.Expr != r.Expr || changed.For != r.For || changed.KeepFiringFor != r.KeepFiringFor {
			all = append(all, mutant{how: how, rule: changed})
		}
	}
	if r.Alert != "" {
		add("no keep_firing_for", func(r *rule) { r.KeepFiringFor = "" })
		add("no for", func(r *rule) { r.For = "" })
		add("twice the for", func(r *rule) {
			if d, err := time.ParseDuration(r.For); err == nil {
				r.For = fmt.Sprintf("%ds", int(2*d.Seconds()))
			}
		})
	}
	prom := parser.NewParser(parser.Options{})
	for n := 0; ; n++ {
		changed := false
		for _, way := range ways {
			expr, err := prom.ParseExpr(r.Expr)
			if err != nil {
				t.Fatalf("%s: %v", r.Expr, err)
			}
			at := 0
			parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
				if at++; at != n+1 {
					return nil
				}
				changed = true
				if way.change(node) {
					add(fmt.Sprintf("%s: %d", way.name, n), func(r *rule) { r.Expr = expr.String() })
				}
				return nil
			})
		}
		if !changed {
			return all
		}
	}
}

// ways change one node of an expression, and report whether they could.
var ways = []struct {
	name   string
	change func(parser.Node) bool
}{
	{"a comparison turned round", func(n parser.Node) bool {
		b, ok := n.(*parser.BinaryExpr)
		if !ok {
			return false
		}
		other, ok := map[parser.ItemType]parser.ItemType{
			parser.GTR: parser.LSS, parser.LSS: parser.GTR, parser.GTE: parser.LSS, parser.LTE: parser.GTR, parser.EQLC: parser.NEQ, parser.NEQ: parser.EQLC,
		}[b.Op]
		if ok {
			b.Op = other
		}
		return ok
	}},
	{"ten times the threshold", func(n parser.Node) bool { return threshold(n, 10) }},
	{"a tenth of the threshold", func(n parser.Node) bool { return threshold(n, 0.1) }},
	{"the left side alone", func(n parser.Node) bool { return alone(n, true) }},
	{"the right side alone", func(n parser.Node) bool { return alone(n, false) }},
	{"another record's window", func(n parser.Node) bool {
		v, ok := n.(*parser.VectorSelector)
		if !ok {
			return false
		}
		for from, to := range map[string]string{"rate5m": "rate1h", "rate30m": "rate5m", "rate1h": "rate5m", "rate6h": "rate30m"} {
			if strings.HasPrefix(v.Name, "slo:sli_error:ratio_") && strings.HasSuffix(v.Name, from) {
				v.Name = strings.TrimSuffix(v.Name, from) + to
				for _, m := range v.LabelMatchers {
					if m.Name == "__name__" {
						m.Value = v.Name
					}
				}
				return true
			}
		}
		return false
	}},
	{"a window of a fourth", func(n parser.Node) bool {
		m, ok := n.(*parser.MatrixSelector)
		if ok {
			m.Range /= 4
		}
		return ok
	}},
	{"sums that keep labels", func(n parser.Node) bool {
		a, ok := n.(*parser.AggregateExpr)
		if ok {
			a.Grouping, a.Without = nil, true
		}
		return ok
	}},
}

// threshold multiplies the number that something is compared with.
func threshold(n parser.Node, by float64) bool {
	b, ok := n.(*parser.BinaryExpr)
	if !ok || !b.Op.IsComparisonOperator() {
		return false
	}
	number, ok := b.RHS.(*parser.NumberLiteral)
	if !ok || number.Val == 0 {
		return false
	}
	number.Val *= by
	return true
}

// alone makes one operand of a set operator, or of an addition, stand for both.
func alone(n parser.Node, left bool) bool {
	b, ok := n.(*parser.BinaryExpr)
	if !ok || !b.Op.IsSetOperator() && b.Op != parser.ADD {
		return false
	}
	if left {
		b.RHS, b.Op, b.VectorMatching = b.LHS, parser.LOR, &parser.VectorMatching{Card: parser.CardManyToMany}
	} else {
		b.LHS, b.Op, b.VectorMatching = b.RHS, parser.LOR, &parser.VectorMatching{Card: parser.CardManyToMany}
	}
	return true
}

// excused says why a mutant means the same as the rule, or as much of it as anybody hears of; empty: a story should tell them apart.
func excused(m mutant) string {
	expr, burns := m.rule.Expr, strings.HasPrefix(m.rule.Alert, "ErrorBudgetBurn") || m.rule.Alert == "SLOOutage"
	way, _, _ := strings.Cut(m.how, ":")
	switch {
	case way == "sums that keep labels" && (burns || strings.Contains(expr, "_over_time((")):
		return "there is one series, and it has no other labels"
	case way == "sums that keep labels" && strings.Contains(expr, "group without ()"):
		return "each adds a zero; TestExpressions wants one of them"
	case way == "a window of a fourth" && strings.HasSuffix(m.rule.Record, "_rate1h") && strings.Contains(expr, "[15m])"):
		return "it is asked only while nothing is known of now, and then no page asks for it"
	case way == "a tenth of the threshold" && (m.rule.Alert == "PodCrashLooping" || m.rule.Alert == "StandbyMissing"):
		return "there is nothing between 0 and 1"
	case strings.HasSuffix(m.rule.Record, "total:rate5m") && strings.Contains(expr, "count_over_time(("):
		return "that there was a look is counted, whatever it found"
	}
	return ""
}
