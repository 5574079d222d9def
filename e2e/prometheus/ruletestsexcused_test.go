package prometheus

import (
	"regexp"
	"slices"
	"strings"
)

// An excuse is why some mutants mean the same as the rule, or as much of it as anybody hears of.
type excuse struct {
	way  string // how it is broken; empty: in any way
	rule string // a pattern of the name of the rule; empty: any
	expr string // a pattern of what is left of the expression; empty: any
	why  string
}

// excused says why nobody can see a mutant; empty: a story should.
func excused(m mutant) string {
	for _, e := range excuses {
		if e.way != "" && e.way != m.way() || !regexp.MustCompile("^(?:"+e.rule+")$").MatchString(m.rule.Alert+m.rule.Record) && e.rule != "" {
			continue
		}
		if regexp.MustCompile(e.expr).MatchString(m.rule.Expr) {
			return e.why
		}
	}
	if _, label, ok := strings.Cut(m.how, "without a label: "); ok && strings.Contains(m.rule.Expr, label+"=") {
		return "what the expression returns bears that label itself"
	}
	if slices.Contains(inLooks, m.way()) && looked.ReplaceAllString(m.rule.Expr, "") == looked.ReplaceAllString(m.was, "") {
		return "that there was a look is counted, whatever it found"
	}
	return ""
}

// inLooks are ways to break a look that leave it one.
var inLooks = []string{
	"ten times a number", "a tenth of a number", "a number 10 % too high", "a number 10 % too low",
	"a comparison turned round", "a comparison that is nearly the same", "without a matcher",
}

// looked is what a look compares, where looks are only counted: up to what else decides whether there was one.
var looked = regexp.MustCompile(`count_over_time\(\((?:[0-9.]+ - probe_success|.*? (?:[<>]=?|[!=]=) bool .*?(?: unless | and |\)\[))`)

const (
	counts  = `slo:sli_(?:total|errors):rate5m`
	derived = `slo:sli_error:ratio_.*|slo:.*burn_rate:ratio|slo:.*remaining:ratio|slo:.*:sample2m`
	burns   = `ErrorBudgetBurn|ErrorBudgetBurnSlow|SLOOutage`
)

var excuses = []excuse{
	// Of both sides of an operator only those that agree on all labels count: what one lets in, the other one does not have.
	{"without a matcher", derived, ` / |\+`, "the other side still asks for it"},
	{"without a matcher", burns, `on \(namespace, service, slo\)`, "the other side still asks for it"},
	{"without a matcher", "AutoscalerAtMaximum|DisruptionBudgetExhausted|QuotaAlmostFull|CPUThrottled|CertificateExpires|RolloutStuck", `>=|and|unless| / |==| or `, "the other side still asks for it"},
	{"without a matcher", counts, `sum without \(le\)`, "the other side still asks for it, and a series has its bucket where it has its count"},
	{"without a matcher", counts, `> bool [0-9.]+ and probe_success`, "the other side still asks for it"},
	{"without a matcher", "NoReadyPods", `and on \(namespace, replicaset\)`, "the other side still asks for it"},
	{"without a matcher", "BackupRPO|RestoreDrillFailed|RestoreDrillOverdue", ` unless |and on \(namespace, pod\)|> \(max by`, "the other side still asks for it"},
	{"no on()", burns, "", "records of an objective have no other labels, but where Sloth's dashboards want them"},

	// What is counted, and not looked at.
	{"another aggregation", "", `count(?: by \([a-z, ]+\))? ?\(`, "it is asked whether there is anything, not how much"},
	{"another aggregation", "", `(?:unless|0 \*) sum by`, "it is asked whether there is anything, not how much"},
	{"another aggregation", "BackupRPO", `sum by \((?:schedule|namespace)\) \((?:velero_backup_attempt|cnpg|time\(\)|barman)`, "it is asked whether there is anything, not how much"},
	{"another aggregation", "RestoreDrillFailed", `sum by \(namespace, cronjob\) \(kube_cronjob_status_active`, "none together is none of each"},
	{"another aggregation", "NoReadyPods", `max\(max_over_time\(kube_[a-z]+_(?:spec_replicas|replicas|status_)`, "none together is none of each"},
	{"another function", "NoReadyPods", `min_over_time\(kube_[a-z]+_(?:owner|created)`, "it never changes"},
	{"another aggregation", "", `max\(slo:`, "there is one series"},
	{"another aggregation", burns, "", "there is one series"},
	{"another aggregation", counts, `(?:max|sum)\((?:sum|count)_over_time\(\(`, "there is one series"},
	{"another aggregation", counts, "max without", "a series has one bucket of that bound"},
	{"sums that keep labels", burns, "", "there is one series, and it has no other labels"},
	{"sums that keep labels", "", `_over_time\(\(`, "there is one series, and it has no other labels"},
	{"sums that keep labels", "", `group without \(\)`, "each adds a zero; TestExpressions wants one of them"},
	{"a window of a fourth", `.*_rate1h`, `\[15m\]\)`, "it is asked only while nothing is known of now, and then no page asks for it"},
	{"a window of a half", `.*_rate1h`, `\[30m\]\)`, "it is asked only while nothing is known of now, and then no page asks for it"},
	{"twice the window", `.*_rate1h`, `\[2h\]\)`, "it is asked only while nothing is known of now, and then no page asks for it"},

	// Nothing is between.
	{"a comparison that is nearly the same", burns, "", "no share is exactly the threshold"},
	{"a comparison that is nearly the same", "", ">= 1|>= 0|>= 2", "it is 0 or 1, and never below 0"},
	{"bool or not", "", `== bool 1|> bool 0|== bool 0`, "it is asked whether there is anything, not how much"},
	{"another arithmetic", counts, `0 / `, "nothing divided by 1 is nothing"},
	{"a tenth of a number", "PodCrashLooping|StandbyMissing", "", "there is nothing between 0 and 1"},
	{"a number 10 % too low", "", `>= (?:4\.5|9)(?:\D|$)`, "events are whole"},
}
