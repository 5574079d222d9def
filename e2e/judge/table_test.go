package judge_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scantling/scantling/e2e/judge"
	"github.com/scantling/scantling/e2e/judge/manifest"
)

var update = flag.Bool("update", false, "rewrite docs/judges.md")

// A verdict is who noticed a mutant: judges by name, and "goldens".
type verdict struct {
	mutant
	noticed map[string]bool
}

// TestMutants wants every defect to be noticed: by a judge, or by the goldens alone, whose bytes it changes. docs/judges.md says
// which it is.
func TestMutants(t *testing.T) {
	t.Parallel()
	all, held := judges(t), corpus(t)
	sets := slices.Concat(held, releases(t), own(t))
	unchanged := map[string][]manifest.Finding{}
	before := func(s judge.Set) []manifest.Finding {
		if _, ok := unchanged[s.Name]; !ok {
			findings, _, err := judge.Ask(all, s.Docs)
			if err != nil {
				t.Fatalf("%s: %v", s.Name, err)
			}
			unchanged[s.Name] = findings
		}
		return unchanged[s.Name]
	}
	var verdicts []verdict
	for _, m := range slices.Concat(mutants, recoveryMutants, promiseMutants) {
		i := slices.IndexFunc(sets, func(s judge.Set) bool { return s.Name == m.set })
		if i < 0 {
			t.Fatalf("%s: there is no set %s", m.name, m.set)
		}
		docs, changed := apply(m.edit, sets[i])
		if !changed {
			t.Errorf("%s: %s has nothing that this could break", m.name, m.set)
		}
		findings, _, err := judge.Ask(all, rewritten(t, docs))
		if err != nil {
			t.Fatalf("%s: %v", m.name, err)
		}
		v := verdict{m, map[string]bool{"goldens": changed && i < len(held)}} // what the corpus holds is compared byte by byte
		findings = slices.DeleteFunc(findings, func(f manifest.Finding) bool { return slices.Contains(before(sets[i]), f) })
		for _, f := range findings {
			v.noticed[f.Judge] = true
		}
		if len(findings) == 0 && !v.noticed["goldens"] {
			t.Errorf("%s: nobody notices", m.name)
		}
		verdicts = append(verdicts, v)
	}
	compare(t, page(t, all, verdicts))
}

func page(t *testing.T, judges []judge.Judge, verdicts []verdict) []byte {
	t.Helper()
	var b bytes.Buffer
	b.WriteString("# Judges\n\n<!-- Written by the tests of e2e/judge: `make judge` compares it, and rewrites it with ARGS=-update. -->\n\n")
	b.WriteString("`make judge` puts everything that the goldens and blueprints render before code that other people wrote, without a cluster.\n")
	b.WriteString("What a judge finds is mended, or waived below.\n\n")
	b.WriteString("| judge | asks |\n|---|---|\n")
	for _, j := range judges {
		fmt.Fprintf(&b, "| %s | %s |\n", j.Name, j.Asks)
	}
	fmt.Fprintf(&b, "\nThe controllers are those of %s.\n", strings.Join(engines(t), ", "))
	b.WriteString("They are run on paper, beside every golden and blueprint also on an app of each strategy, engine, stage, option and way in. What a\n")
	b.WriteString("controller makes of a set goes before the judges below it: Flagger's clone needs a budget and a policy like any other Deployment.\n")
	b.WriteString("Where an engine asks a Prometheus, the question is put to one that knows nothing, and no data must be no answer. Gateway API is\n")
	b.WriteString("judged by its definitions alone, whose rules are all that it checks itself. Every router takes any ratio, and steps in any order, so\n")
	b.WriteString("the last judge is ours. All of them look at one render: whether the next one follows from it is asked by `scantling check --against`.\n")
	b.WriteString("When the alerts of backups and drills fire is asked of Prometheus' own engine, with what it would have scraped: not before an objective is\n")
	b.WriteString("broken, and soon after. When those of promises do, and what each query of a dashboard answers, is asked by `make rules`.\n")
	b.WriteString("\n## Waivers\n\n| judge | check | tiers | why it is accepted |\n|---|---|---|---|\n")
	for _, w := range judge.Waivers {
		tiers := strings.Join(w.Tiers, ", ")
		if tiers == "" {
			tiers = "all"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", w.Judge, w.Rule, tiers, w.Reason)
	}
	fmt.Fprintf(&b, "\n## What they notice\n\n%d defects, each put into what Scantling renders, and who notices. ", len(verdicts))
	b.WriteString("The goldens are compared byte by byte, so they notice\nevery defect in something that they hold; but a golden can be rewritten, a judge cannot.\n\n")
	table(&b, judges, verdicts)
	return b.Bytes()
}

// engines are the modules whose code plays a controller, at the versions that are required.
func engines(t *testing.T) (all []string) {
	t.Helper()
	for name, module := range map[string]string{
		"argo": "github.com/argoproj/argo-rollouts", "flagger": "github.com/fluxcd/flagger", "istio": "istio.io/istio",
		"cnpg": "github.com/cloudnative-pg/cloudnative-pg", "operator": "github.com/prometheus-operator/prometheus-operator",
	} {
		text, err := os.ReadFile(filepath.Join("engine", name, "go.mod"))
		if err != nil {
			t.Fatal(err)
		}
		version := regexp.MustCompile(regexp.QuoteMeta(module) + ` (v\S+)`).FindSubmatch(text)
		if version == nil {
			t.Fatalf("engine/%s/go.mod does not require %s", name, module)
		}
		all = append(all, fmt.Sprintf("%s %s", module, version[1]))
	}
	slices.Sort(all)
	return all
}

func table(b *bytes.Buffer, judges []judge.Judge, verdicts []verdict) {
	columns, idle := []string{"goldens"}, []string(nil)
	for _, j := range judges {
		if slices.ContainsFunc(verdicts, func(v verdict) bool { return v.noticed[j.Name] }) {
			columns = append(columns, j.Name)
		} else {
			idle = append(idle, j.Name)
		}
	}
	fmt.Fprintf(b, "| defect | in a cluster | %s |\n|---|---|%s\n", strings.Join(columns, " | "), strings.Repeat("---|", len(columns)))
	totals, alone := map[string]int{}, 0
	for _, v := range verdicts {
		fmt.Fprintf(b, "| %s | %s |", v.name, v.outcome)
		by := 0
		for _, column := range columns {
			mark := ""
			if v.noticed[column] {
				mark = " ×"
				totals[column]++
				by++
			}
			fmt.Fprintf(b, "%s |", mark)
		}
		b.WriteString("\n")
		if by == 1 && v.noticed["goldens"] {
			alone++
		}
	}
	b.WriteString("| **noticed** | |")
	for _, column := range columns {
		fmt.Fprintf(b, " %d |", totals[column])
	}
	fmt.Fprintf(b, "\n\n%d of them are noticed by the goldens alone: most are promises that one object makes about another.\n", alone)
	for _, name := range idle {
		fmt.Fprintf(b, "None is in a kind that %s looks at.\n", name)
	}
}

func compare(t *testing.T, got []byte) {
	t.Helper()
	path := filepath.Join(root, "docs", "judges.md")
	if *update {
		if err := os.WriteFile(path, got, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("docs/judges.md is stale (- it says, + true is; `make judge ARGS=-update` rewrites it):\n%s", diff)
	}
}
