package patch

import (
	"testing"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/diag"
)

// TestExpired holds that a day counts to its end, in text and by whom it is said.
func TestExpired(t *testing.T) {
	a := web
	a.Patches = []app.Patch{{Path: "apps.web.patches[0]", Target: "Deployment/web", Reason: "slow", Expires: "2027-03-31", Places: map[string]diag.Pos{"expires": {File: "app.cue", Line: 3}}}}
	a.Waivers = []app.Waiver{{Path: "apps.web.waive[0]", Guarantee: "pods-spread", Reason: "one zone", Expires: "2027-04-01", ExpiresAt: diag.Pos{File: "app.cue", Line: 5}}}
	for today, want := range map[string]int{"2026-12-31": 0, "2027-03-31": 0, "2027-04-01": 1, "2027-04-02": 2, "2030-01-01": 2} {
		if got := Expired(&a, today, diag.Error); len(got) != want {
			t.Errorf("%s: %+v", today, got)
		}
	}
	got := Expired(&a, "2027-04-02", diag.Warning)
	for i, want := range []diag.Diagnostic{
		{Severity: diag.Warning, Rule: "patch-is-current", Pos: diag.Pos{File: "app.cue", Line: 3}, Path: "apps.web.patches[0].expires", Problem: `the patch of Deployment/web expired on 2027-03-31 ("slow")`, Help: "remove it, or look whether it is still needed and set another day"},
		{Severity: diag.Warning, Rule: "waiver-is-current", Pos: diag.Pos{File: "app.cue", Line: 5}, Path: "apps.web.waive[0].expires", Problem: `the waiver of pods-spread expired on 2027-04-01 ("one zone")`, Help: "remove it, or look whether it is still needed and set another day"},
	} {
		if got[i] != want {
			t.Errorf("got %+v, want %+v", got[i], want)
		}
	}
}

// TestNeedless holds that a waiver of what holds is told, and one that is used is not.
func TestNeedless(t *testing.T) {
	a := web
	a.Waivers = []app.Waiver{
		{Path: "apps.web.waive[0]", Guarantee: "pods-spread", Pos: diag.Pos{File: "app.cue", Line: 3}},
		{Path: "apps.web.waive[1]", Guarantee: "budget-allows-eviction", Pos: diag.Pos{File: "app.cue", Line: 4}},
	}
	got := Needless(&a, map[diag.Pos]bool{a.Waivers[0].Pos: true})
	if len(got) != 1 || got[0].Severity != diag.Warning || got[0].Path != "apps.web.waive[1]" || got[0].Problem != "this waives nothing: no object of the app violates budget-allows-eviction" {
		t.Errorf("got %+v", got)
	}
}
