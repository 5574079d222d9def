package kube

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/scantling/scantling/internal/app"
)

// hashed is what Kubernetes ends generated names in: letters and digits without vowels and what looks like them. It has no dash, so
// the pods of a neighbour whose name begins alike never match.
const hashed = "[bcdfghjklmnpqrstvwxz2456789]"

// WorkloadNames returns the names of all workloads that run an app, with the one that Flagger makes, sorted.
func WorkloadNames(a app.App) []string {
	var out []string
	for _, w := range a.Workloads() {
		out = append(out, WorkloadName(w))
	}
	if a.CanaryBy(app.ByFlagger) {
		out = append(out, PrimaryName(a))
	}
	slices.Sort(out)
	return out
}

// PodPattern returns a regular expression that the names of an app's pods match, of all its workloads, and no others.
func PodPattern(a app.App) string {
	return anyOf(WorkloadNames(a)) + podTail(a)
}

// podTail is what stands behind the workload's name in those of its pods.
func podTail(a app.App) string {
	switch a.Kind {
	case app.Cron:
		return "-[0-9]+-" + hashed + "{5}" // of a Job, which is called like the minute that it was due in
	case app.Stateful:
		return "-[0-9]+"
	}
	return "-" + hashed + "{1,10}-" + hashed + "{5}" // of a ReplicaSet, which is called like the hash of its template
}

// AppOfPod returns a regular expression that the names of the apps' pods match and no others, with those of their migrations, and the
// replacement that makes an app's name of such a match: for PromQL's label_replace.
func AppOfPod(apps []app.App) (pattern, replacement string) {
	named := map[string][]string{} // apps, by what stands behind their names
	for _, a := range apps {
		roles := WorkloadNames(a)
		for i, name := range roles {
			roles[i] = strings.TrimPrefix(name, a.Name)
		}
		tail := podTail(a)
		if len(roles) > 1 || roles[0] != "" {
			tail = "(?:" + alternatives(roles) + ")" + tail
		}
		named[tail] = append(named[tail], a.Name)
		if a.Migration != nil {
			tail = strings.TrimPrefix(MigrationName(a), a.Name) + "-[0-9a-f]+-" + hashed + "{5}"
			named[tail] = append(named[tail], a.Name)
		}
	}
	var groups []string
	for i, tail := range slices.Sorted(maps.Keys(named)) {
		groups = append(groups, "("+alternatives(named[tail])+")"+tail)
		replacement += "$" + strconv.Itoa(i+1)
	}
	return strings.Join(groups, "|"), replacement
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
