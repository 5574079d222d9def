package kube

import "strings"

// guides are this project's own pages about alerts, each of which has its heading there.
const guides = "https://github.com/scantling/scantling/blob/main/docs/"

// Runbook is where a person reads what to do about an alert: the team's page at the heading of the alert, or where no page is stated
// this project's guide, such as "slo.md". A page without that heading is shown from its top; an address of one heading is kept.
func Runbook(page, guide, alert string) string {
	page = withoutBraces(page)
	switch {
	case page == "":
		page = guides + guide
	case strings.Contains(page, "#"):
		return page
	}
	return page + "#" + strings.ToLower(alert)
}

// Commands are what a person pastes, at the end of a sentence that says why: each on a line of its own, and ended so that they are
// commands still where whoever delivers the text joins its lines.
func Commands(all ...string) string { return ":\n" + strings.Join(all, ";\n") }

// Kubectl is a command about objects of a namespace.
func Kubectl(namespace, does string) string { return "kubectl -n " + namespace + " " + does }

// LogsOf shows the last lines of each container of the pods with a label: those that have begun, also where others have not.
func LogsOf(namespace, label string) string {
	return Kubectl(namespace, "logs -l "+label+" --all-containers --prefix --ignore-errors --tail=20")
}

// withoutBraces escapes the braces of an address: Prometheus reads an annotation as a template, and loads no rule of an object in which
// one is wrong.
func withoutBraces(address string) string {
	return strings.ReplaceAll(strings.ReplaceAll(address, "{", "%7B"), "}", "%7D")
}
