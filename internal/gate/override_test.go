package gate_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/gate"
)

// TestOverrideOfDoubts wants somebody's word to open the gate where nobody knows enough, and it to be recorded of each budget.
func TestOverrideOfDoubts(t *testing.T) {
	o := gate.Override{Reason: "why", By: "ada", Time: noon}
	stale, blind := judge(t, checkout(), answers{"budget": {Samples: left(.5, ""), Warnings: []string{"store-1 is down"}}}), gate.Blind(gate.Options{Environment: "prod", Apps: []app.App{checkout()}}, errors.New("down"))
	for name, test := range map[string]struct {
		report  gate.Report
		failOn  diag.Severity
		finding string
	}{
		"an incomplete answer": {stale, diag.Warning, "budget-is-current"},
		"no answer":            {blind, diag.Error, "budget-is-recorded"},
	} {
		if !test.report.Fails(test.failOn) {
			t.Errorf("%s: the gate is open: %s", name, told(t, test.report))
		}
		entries := test.report.Override(o, test.failOn)
		if len(entries) != 1 || entries[0].App != "checkout" || entries[0].SLO != "availability" || entries[0].Finding != test.finding {
			t.Errorf("%s: %v", name, entries)
		}
		if test.report.Fails(test.failOn) || test.report.Budgets[0].Verdict != gate.Overridden {
			t.Errorf("%s: the gate is shut: %s", name, told(t, test.report))
		}
	}
	// Of an app without a budget there is nothing to record, so nothing is overridden.
	plain := checkout()
	plain.SLO = nil
	r, err := gate.Judge(t.Context(), answers{}, gate.Options{Environment: "prod", Apps: []app.App{plain}, Named: true})
	if err != nil || len(r.Override(o, diag.Warning)) != 0 || !r.Fails(diag.Warning) {
		t.Errorf("error %v, %s", err, told(t, r))
	}
}

func TestRecord(t *testing.T) {
	path := filepath.Join(t.TempDir(), "overrides.jsonl")
	o := gate.Override{Reason: `the "lost" orders`, By: "ada", Time: noon}
	for range 2 {
		if err := gate.CheckRecord(path); err != nil {
			t.Fatal(err)
		}
		r := judge(t, checkout(), answers{"budget": {Samples: left(-.125, "")}})
		entries := r.Override(o, diag.Error)
		if err := gate.Record(path, entries); err != nil {
			t.Fatal(err)
		}
		if r.Fails(diag.Error) || r.Fails(diag.Warning) || r.Budgets[0].Verdict != gate.Overridden {
			t.Errorf("%s: %s", r.Budgets[0].Verdict, told(t, r))
		}
	}
	const line = `{"time":"2026-11-02T12:00:00Z","environment":"prod","namespace":"shop","app":"checkout","slo":"availability","leftPercent":-12.5,"finding":"budget-is-left","reason":"the \"lost\" orders","by":"ada"}` + "\n"
	text, err := os.ReadFile(path)
	if diff := cmp.Diff(line+line, string(text)); diff != "" || err != nil {
		t.Error(diff, err)
	}
	r := judge(t, checkout(), answers{})
	if entries := r.Override(o, diag.Error); len(entries) != 0 {
		t.Errorf("a warning needs no override: %v", entries)
	}
	if entries := r.Override(o, diag.Warning); len(entries) != 1 || entries[0].LeftPercent != nil {
		t.Errorf("what is unknown is null: %v", entries)
	}
}

func TestCheckRecord(t *testing.T) {
	const line = `{"time":"2026-11-02T12:00:00Z","app":"checkout"}`
	for text, want := range map[string]string{
		"":                          "",
		line + "\n\n" + line + "\n": "",
		line + "\n" + line:          ":2: the line does not end in a line break: was it cut?",
		line + "\n{}\n":             ":2: not a line of a record of overrides",
		"reason\n":                  ":1: not a line of a record of overrides",
		line[:20]:                   ":1: not a line of a record of overrides",
	} {
		path := filepath.Join(t.TempDir(), "record")
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		err := gate.CheckRecord(path)
		if want == "" && err != nil || want != "" && (err == nil || err.Error() != path+want) {
			t.Errorf("%q: error %v, want %q", text, err, want)
		}
		if after, err := os.ReadFile(path); err != nil || string(after) != text {
			t.Errorf("%q became %q", text, after)
		}
	}
	dir := t.TempDir()
	if err := gate.CheckRecord(dir); err == nil {
		t.Error("a directory is no record")
	}
	missing := filepath.Join(dir, "missing", "record")
	if err := gate.CheckRecord(missing); err == nil || err.Error() != "open "+missing+": no such file or directory" {
		t.Errorf("a file cannot be made in a directory that is not there: error %v", err)
	}
	if err := gate.CheckRecord(filepath.Join(dir, "record")); err != nil {
		t.Error(err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
		t.Errorf("checking leaves %v", entries)
	}
}
