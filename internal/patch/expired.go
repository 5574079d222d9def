package patch

import (
	"fmt"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/diag"
)

// Expired says which patches and waivers of an app are over on a day, written as 2027-03-31: each is meant up to the end of the day
// that it names. Whether that stops a run is for the caller to say: a clock must never change or stop a render.
func Expired(a *app.App, today string, severity diag.Severity) []diag.Diagnostic {
	var found []diag.Diagnostic
	over := func(rule, what, expires, path, reason string, pos diag.Pos) {
		if expires == "" || today <= expires {
			return
		}
		found = append(found, diag.Diagnostic{
			Severity: severity, Rule: rule, Pos: pos, Path: path + ".expires",
			Problem: fmt.Sprintf("%s expired on %s (%q)", what, expires, reason),
			Help:    "remove it, or look whether it is still needed and set another day",
		})
	}
	for _, p := range a.Patches {
		over("patch-is-current", "the patch of "+p.Target, p.Expires, p.Path, p.Reason, p.At("expires"))
	}
	for _, w := range a.Waivers {
		over("waiver-is-current", "the waiver of "+w.Guarantee, w.Expires, w.Path, w.Reason, w.ExpiresAt)
	}
	return found
}

// Needless warns of an app's waivers without which nothing would be violated; needed are the places of all others.
func Needless(a *app.App, needed map[diag.Pos]bool) []diag.Diagnostic {
	var found []diag.Diagnostic
	for _, w := range a.Waivers {
		if !needed[w.Pos] {
			found = append(found, diag.Diagnostic{
				Severity: diag.Warning, Rule: "waiver-is-needed", Pos: w.Pos, Path: w.Path,
				Problem: fmt.Sprintf("this waives nothing: no object of the app violates %s", w.Guarantee), Help: "remove the waiver",
			})
		}
	}
	return found
}
