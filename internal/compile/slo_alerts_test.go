package compile_test

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/scantling/scantling/internal/kube"
)

// lostRunbooks finds alerts whose page has no heading of their name: of our own pages, those in docs.
func lostRunbooks(w *watched) (found []string) {
	const ours = "https://github.com/scantling/scantling/blob/main/"
	for _, a := range w.alerts() {
		page, anchor, ok := strings.Cut(a.Annotations["runbook_url"], "#")
		switch {
		case !ok || anchor != strings.ToLower(a.Alert):
			found = append(found, fmt.Sprintf("%s: leads to %q", a.id(), anchor))
		case strings.HasPrefix(page, ours) && !slices.Contains(headings(strings.TrimPrefix(page, ours)), anchor):
			found = append(found, fmt.Sprintf("%s: %s has no heading %s", a.id(), strings.TrimPrefix(page, ours), a.Alert))
		}
	}
	return found
}

var heading = regexp.MustCompile(`(?m)^#+ (.+)$`)

// headings are the anchors that GitHub gives to the headings of a page of ours; nil: there is no such page.
func headings(page string) (anchors []string) {
	text, err := os.ReadFile("../../" + page)
	if err != nil || strings.Contains(page, "..") {
		return nil
	}
	for _, m := range heading.FindAllStringSubmatch(string(text), -1) {
		anchors = append(anchors, strings.ToLower(strings.ReplaceAll(m[1], " ", "-")))
	}
	return anchors
}

// untold finds rules without a file, and alerts without a story in which they fire and one in which they are silent.
func untold(w *watched) (found []string) {
	files := map[string]bool{}
	for _, o := range w.rules {
		id := o.Namespace + "/" + o.Name
		path, tests := w.fileOf(o)
		if path == "" || tests == nil || files[path] {
			found = append(found, id+": no file of its own with the same rules, or no tests beside it")
			continue
		}
		files[path] = true
		if _, file, _ := strings.Cut(path, "/"); !slices.Equal(tests.RuleFiles, []string{file}) {
			found = append(found, fmt.Sprintf("%s: the tests are of %v", id, tests.RuleFiles))
		}
		var order []string
		for _, g := range o.Spec.Groups {
			order = append(order, g.Name)
		}
		if len(order) > 1 && !slices.Equal(tests.GroupEvalOrder, order) {
			found = append(found, fmt.Sprintf("%s: the tests evaluate %v", id, tests.GroupEvalOrder))
		}
		for _, g := range o.Spec.Groups {
			for _, r := range g.Rules {
				if fires, silent := stories(tests, r); r.Alert != "" && (!fires || !silent) {
					found = append(found, fmt.Sprintf("%s: %s of %q: a story in which it fires: %v, in which it is silent: %v", id, r.Alert, r.Labels["slo"], fires, silent))
				}
			}
		}
	}
	for path := range w.files {
		if !files[path] {
			found = append(found, path+": rules of no object")
		}
	}
	slices.Sort(found)
	return found
}

// stories reports whether any test wants an alert to fire, with all of its labels and words, and whether any wants it to be silent.
func stories(tests *kube.RuleTests, r kube.Rule) (fires, silent bool) {
	for _, story := range tests.Tests {
		for _, at := range story.AlertRuleTest {
			if at.Alertname != r.Alert {
				continue
			}
			is := slices.ContainsFunc(at.ExpAlerts, func(a kube.ExpAlert) bool {
				return borne(r.Labels, a.ExpLabels) && maps.Equal(r.Annotations, a.ExpAnnotations)
			})
			same := slices.ContainsFunc(at.ExpAlerts, func(a kube.ExpAlert) bool { return a.ExpLabels["slo"] == r.Labels["slo"] })
			fires, silent = fires || is, silent || !same
		}
	}
	return fires, silent
}

// borne reports whether all labels are among others.
func borne(labels, others map[string]string) bool {
	for name, value := range labels {
		if others[name] != value {
			return false
		}
	}
	return true
}

var envoyRoute = regexp.MustCompile(`^\(http\|grpc\)route/([a-z0-9-]+)/([a-z0-9-]+)/rule/\.\+$`)

// namespaceOf is the namespace whose series a selector reads; empty: any.
func namespaceOf(s *term) string {
	for _, label := range []string{"exported_namespace", "destination_workload_namespace", "destination_service_namespace", "namespace"} {
		if ns := s.is(label); ns != "" {
			return ns
		}
	}
	if m, ok := s.get("envoy_cluster_name"); ok && m.op == "=~" {
		if route := envoyRoute.FindStringSubmatch(m.value); route != nil {
			return route[1]
		}
	}
	if schedule := s.is("schedule"); strings.HasPrefix(s.name, "velero_") { // NAMESPACE-APP, in Velero's own namespace
		ns, _, _ := strings.Cut(schedule, "-")
		return ns
	}
	return ""
}

// windowless finds alerts of burning budgets that leave open over which window (E36): minutes a month would be anybody's guess.
func windowless(w *watched) (found []string) {
	for _, o := range w.pledges() {
		for name, a := range o.alerts {
			if strings.HasPrefix(name, "ErrorBudgetBurn") && !strings.Contains(a.Annotations["description"], "Over "+strings.TrimSuffix(o.period(), "d")+" days") {
				found = append(found, o.id()+": "+name+" does not say over which window")
			}
		}
	}
	slices.Sort(found)
	return found
}
