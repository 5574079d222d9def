package reach

import (
	"regexp"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// Objects are the labels whose values are names that somebody chose: of several that a matcher lists, some may not be there today.
// Values of all other labels are the exporter's words, and each of them must be one.
var Objects = []string{
	"namespace", "exported_namespace", "pod", "container", "job", "deployment", "statefulset", "horizontalpodautoscaler", "poddisruptionbudget",
	"cronjob", "job_name", "name", "owner_name", "persistentvolumeclaim", "service", "slo", "scaledObject", "resourcequota",
	"destination_workload", "destination_service_name", "instance", "replicaset", "revision", "uid", "node",
}

// selected are the series that all matchers hold of.
func (f *finder) selected(e *parser.VectorSelector) []labels.Labels {
	all := f.named(e)
	if len(all) == 0 {
		f.slip(e, "nobody exposes it", f.alike(e.Name))
		return nil
	}
	var found []labels.Labels
	for _, s := range all {
		if !slices.ContainsFunc(e.LabelMatchers, func(m *labels.Matcher) bool { return !m.Matches(s.Get(m.Name)) }) {
			found = append(found, s)
		}
	}
	slips := len(f.slips)
	for _, m := range e.LabelMatchers {
		if m.Name != labels.MetricName {
			f.matched(e, m, all)
			continue
		}
		for _, name := range m.SetMatches() {
			if len(f.world[name]) == 0 {
				f.slip(e, "nobody exposes "+name, f.alike(name))
			}
		}
	}
	if len(found) == 0 && len(f.slips) == slips {
		var seen []string
		for _, s := range all {
			seen = append(seen, s.DropMetricName().String())
		}
		f.slip(e, "no series has all of that", seen)
	}
	return found
}

// named are the series of the name that a selector wants.
func (f *finder) named(e *parser.VectorSelector) []labels.Labels {
	if e.Name != "" {
		return f.world[e.Name]
	}
	var all []labels.Labels
	for name, some := range f.world {
		if slices.ContainsFunc(e.LabelMatchers, func(m *labels.Matcher) bool { return m.Name == labels.MetricName && m.Matches(name) }) {
			all = append(all, some...)
		}
	}
	return all
}

// alike are names that begin alike.
func (f *finder) alike(name string) []string {
	var out []string
	prefix, _, _ := strings.Cut(name, "_")
	for other := range f.world {
		if strings.HasPrefix(other, prefix+"_") {
			out = append(out, other)
		}
	}
	return out
}

// matched wants the label of a matcher to be one that the series have, and its values to be among theirs. That a label is not there at
// all may be what is asked for.
func (f *finder) matched(at parser.Node, m *labels.Matcher, all []labels.Labels) {
	if m.Value == "" {
		return
	}
	var values []string
	for _, s := range all {
		if s.Has(m.Name) {
			values = append(values, s.Get(m.Name))
		}
	}
	if len(values) == 0 {
		f.slip(at, "no label "+m.Name, labelNames(all))
		return
	}
	wanted := alternatives(m)
	missing := slices.DeleteFunc(slices.Clone(wanted), func(w *regexp.Regexp) bool { return slices.ContainsFunc(values, w.MatchString) })
	if len(missing) == len(wanted) || len(missing) > 0 && !slices.Contains(Objects, m.Name) {
		f.slip(at, "no "+m.Name+" is "+strings.TrimSuffix(strings.TrimPrefix(missing[0].String(), "^(?:"), ")$"), values)
	}
}

// alternatives are the values that a matcher lists; a pattern that is no list is one.
func alternatives(m *labels.Matcher) []*regexp.Regexp {
	texts := m.SetMatches()
	for i, t := range texts {
		texts[i] = regexp.QuoteMeta(t)
	}
	if len(texts) == 0 {
		texts = []string{m.Value}
		if m.Type == labels.MatchEqual || m.Type == labels.MatchNotEqual {
			texts[0] = regexp.QuoteMeta(m.Value)
		}
	}
	var out []*regexp.Regexp
	for _, t := range texts {
		out = append(out, regexp.MustCompile("^(?:"+t+")$"))
	}
	return out
}
