package verify

import (
	"fmt"
	"strings"

	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/inventory"
)

// objectives are about what Prometheus is told: what it records, and who hears when a promise is not kept.
var objectives = []Guarantee{
	{
		Name:    "rules-are-readable",
		Promise: "Prometheus can read every rule: its expression, its durations, and whether it is a record or an alert",
		Why:     "one rule that cannot be read keeps the whole group, or the whole object, out of Prometheus: nobody hears of anything in it",
		Source:  "https://prometheus.io/docs/prometheus/latest/configuration/recording_rules/",
		Foreign: diag.Error,
		check:   rulesAreReadable,
	},
	{
		Name:    "records-exist",
		Promise: "what a rule reads of other rules is recorded, and before it is read",
		Why:     "an alert on a series that nobody records is silent for ever, and looks like one on a service that is well",
		Source:  "https://prometheus.io/docs/practices/rules/",
		Foreign: diag.Warning,
		check:   recordsExist,
	},
	{
		Name:    "alert-can-fire",
		Promise: "no alert waits for a value that cannot be",
		Why:     "with a low objective a burn rate of 14.4 times the budget is more than everything: a total outage wakes nobody",
		Source:  "https://sre.google/workbook/alerting-on-slos/",
		Foreign: diag.Warning,
		check:   alertCanFire,
	},
	{
		Name:    "objective-is-recorded",
		Promise: "every objective is counted: bad events over all events, in each window, and what is promised and left of it",
		Why:     "a mean of ratios lets a quiet hour weigh as much as a busy one, and a division by nothing makes a month's budget no number",
		Source:  "https://sre.google/workbook/implementing-slos/",
		Foreign: diag.Warning,
		check:   objectiveIsRecorded,
	},
	{
		Name:    "objective-is-watched",
		Promise: "somebody is woken when a budget burns fast, gets a ticket when it burns slowly, and hears when nothing is measured",
		Why:     "a promise that nobody hears about is broken for weeks",
		Source:  "https://sre.google/workbook/alerting-on-slos/",
		Foreign: diag.Warning,
		check:   objectiveIsWatched,
	},
	{
		Name:    "alert-leads-somewhere",
		Promise: "every alert says whom it wakes, what it is about, whose that is, and where it is written what to do",
		Why:     "at night an alert without an owner and a runbook is noise",
		Source:  "https://prometheus.io/docs/practices/alerting/",
		Foreign: diag.Warning,
		check:   alertLeadsSomewhere,
	},
	{
		Name:    "rules-read-their-own",
		Promise: "the rules of an app read series of its own namespace, about objects that there are",
		Why:     "an alert about a Deployment that is called otherwise never fires; one about another team's wakes the wrong people",
		Source:  "https://github.com/kubernetes/kube-state-metrics/tree/main/docs",
		Foreign: diag.Warning,
		check:   rulesReadTheirOwn,
	},
	{
		Name:    "latency-bucket-exists",
		Promise: "what is promised of latency is counted by a bucket that the histogram has, however its bound is spelt",
		Why:     "without the bucket nothing is counted, and a promise that counts nothing is always kept",
		Source:  "https://prometheus.io/docs/prometheus/latest/migration/#le-and-quantile-label-values",
		Foreign: diag.Warning,
		check:   latencyBucketExists,
	},
	{
		Name:    "period-is-kept",
		Promise: "Prometheus keeps samples for as long as the rules look back",
		Why:     "over a month of which two weeks are kept, what is left of a budget is that of two weeks",
		Source:  "https://prometheus.io/docs/prometheus/latest/storage/",
		Foreign: diag.Warning,
		check:   periodIsKept,
	},
	{
		Name:    "error-rate-is-per-service",
		Promise: "a share of failed requests is that of one service, not of all together",
		Why:     "in a sum over everything a service that is small can fail completely, and the busy ones hide it",
		Source:  "https://sre.google/workbook/implementing-slos/",
		Foreign: diag.Warning,
		check:   errorRateIsPerService,
	},
	{
		Name:    "quantile-keeps-le",
		Promise: "a quantile is computed of all buckets of a histogram, added up by le",
		Why:     "without le there is no quantile at all; of the raw series there is one for each pod, route and code, and a rare one speaks for all",
		Source:  "https://prometheus.io/docs/practices/histograms/#quantiles",
		Foreign: diag.Warning,
		check:   quantileKeepsLE,
	},
}

// toldRule is one rule, and where it stands.
type toldRule struct {
	*inventory.Rule
	object       *inventory.Rules
	group, index int
	expr         *promExpr
	problem      *promProblem // why there is no expr
}

// path is where its expression stands in its object.
func (r *toldRule) path() string {
	return fmt.Sprintf("spec.groups[%d].rules[%d].expr", r.group, r.index)
}

// name is what a rule is called in a message.
func (r *toldRule) name() string {
	if r.Alert != "" {
		return r.Alert
	}
	return r.Record
}

// before reports whether a rule is evaluated before another one of the same object: groups of one object are so, too, only by how we
// read them, since Prometheus evaluates each on its own.
func (r *toldRule) before(other *toldRule) bool {
	return r.group < other.group || r.group == other.group && r.index < other.index
}

// ruleBook is all that Prometheus is told.
type ruleBook struct {
	all     []*toldRule            // in the order of objects
	records map[string][]*toldRule // by what they record; of those that can be read
	own     map[ownRecord][]*toldRule
	about   map[string][]*toldRule // alerts by LABEL VALUE of what backups are known by in series
}

// ownRecord is a record of one object.
type ownRecord struct {
	object *inventory.Rules
	name   string
}

// backupLabels are the labels by which series are about a backup.
var backupLabels = []string{"cronjob", "schedule", "pod"}

// note keeps whom an alert is about.
func (b *ruleBook) note(r *toldRule) {
	for _, s := range r.expr.series() {
		for _, label := range backupLabels {
			m, _ := s.matcher(label)
			key := label + " " + m.value
			if all := b.about[key]; m.value != "" && (len(all) == 0 || all[len(all)-1] != r) {
				b.about[key] = append(all, r)
			}
		}
	}
}

// told returns all rules of the set, read once.
func (c *checker) told() *ruleBook {
	if c.rules != nil {
		return c.rules
	}
	b := &ruleBook{records: map[string][]*toldRule{}, own: map[ownRecord][]*toldRule{}, about: map[string][]*toldRule{}}
	for _, o := range c.Rules {
		for g := range o.Groups {
			for i := range o.Groups[g].Rules {
				rule := &o.Groups[g].Rules[i]
				r := &toldRule{Rule: rule, object: o, group: g, index: i}
				switch text, ok := rule.Expr.(string); {
				case ok:
					r.expr, r.problem = parsePromQL(text)
				case rule.Expr == nil:
					r.problem = &promProblem{text: "there is no expression"}
				default:
					r.expr = &promExpr{kind: promNumber, name: fmt.Sprint(rule.Expr)}
				}
				b.all = append(b.all, r)
				switch {
				case r.expr == nil:
				case r.Record != "":
					b.records[r.Record] = append(b.records[r.Record], r)
					b.own[ownRecord{o, r.Record}] = append(b.own[ownRecord{o, r.Record}], r)
				default:
					b.note(r)
				}
			}
		}
	}
	c.rules = b
	return b
}

// alerts returns the rules that speak and can be read.
func (b *ruleBook) alerts() (all []*toldRule) {
	for _, r := range b.all {
		if r.Alert != "" && r.expr != nil {
			all = append(all, r)
		}
	}
	return all
}

// isRecord reports whether the name of a metric is that of a record: only they have colons.
func isRecord(name string) bool { return strings.Contains(name, ":") }
