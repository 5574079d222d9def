package kube

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/scantling/scantling/internal/app"
)

// hashed is what Kubernetes ends generated names in: letters and digits without vowels and what looks like them. It has no dash, so
// the pods of a neighbour whose name begins alike never match.
const hashed = "[bcdfghjklmnpqrstvwxz2456789]"

// WorkloadNames returns the names of all workloads that run an app, with the one that Flagger makes.
func WorkloadNames(a app.App) []string {
	var out []string
	for _, w := range a.Workloads() {
		out = append(out, WorkloadName(w))
	}
	if a.CanaryBy(app.ByFlagger) {
		out = append(out, PrimaryName(a))
	}
	return out
}

// PodPattern returns a regular expression that the names of an app's pods match, of all its workloads, and no others.
func PodPattern(a app.App) string {
	names := anyOf(WorkloadNames(a))
	switch a.Kind {
	case app.Cron:
		return names + "-[0-9]+-" + hashed + "{5}" // of a Job, which is called like the minute that it was due in
	case app.Stateful:
		return names + "-[0-9]+"
	}
	return names + "-" + hashed + "{1,10}-" + hashed + "{5}" // of a ReplicaSet, which is called like the hash of its template
}

// Matcher returns the PromQL matcher of a label that has one of these values.
func Matcher(label string, values ...string) string {
	if len(values) == 1 {
		return label + "=" + strconv.Quote(values[0])
	}
	return label + "=~" + strconv.Quote(alternatives(values))
}

func anyOf(names []string) string {
	if len(names) == 1 {
		return regexp.QuoteMeta(names[0])
	}
	return "(" + alternatives(names) + ")"
}

// alternatives is a regular expression of exactly these values: Prometheus looks at the whole label.
func alternatives(values []string) string {
	quoted := slices.Clone(values)
	for i, v := range quoted {
		quoted[i] = regexp.QuoteMeta(v)
	}
	return strings.Join(quoted, "|")
}
