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

// withoutBraces escapes the braces of an address: Prometheus reads an annotation as a template, and loads no rule of an object in which
// one is wrong.
func withoutBraces(address string) string {
	return strings.ReplaceAll(strings.ReplaceAll(address, "{", "%7B"), "}", "%7D")
}
