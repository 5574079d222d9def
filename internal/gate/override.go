package gate

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/scantling/scantling/internal/diag"
)

// Override is somebody's word that a release goes out although the gate is shut.
type Override struct {
	Reason string
	By     string
	Time   time.Time
}

// Entry is one line of the record: a finding that was overridden. Fields are only ever added.
type Entry struct {
	Time        string   `json:"time"` // RFC 3339, UTC
	Environment string   `json:"environment"`
	Namespace   string   `json:"namespace"`
	App         string   `json:"app"`
	SLO         string   `json:"slo"`
	LeftPercent *float64 `json:"leftPercent"` // of the error budget; null: unknown
	Finding     string   `json:"finding"`     // the rule of the diagnostic
	Reason      string   `json:"reason"`
	By          string   `json:"by"`
}

// Override turns what would fail the run, findings of this severity or graver, into notes, and returns what is to be recorded:
// of a doubt about the answers as a whole a line for each budget that was judged by them.
func (r Report) Override(o Override, failOn diag.Severity) []Entry {
	var entries []Entry
	entry := func(b Budget, finding string) {
		entries = append(entries, Entry{
			Time: o.Time.UTC().Format(time.RFC3339), Environment: r.Environment, Namespace: b.App.Namespace, App: b.App.Name, SLO: b.Objective.Name,
			LeftPercent: known(b.Left), Finding: finding, Reason: o.Reason, By: o.By,
		})
	}
	for i := range r.Found {
		d := &r.Found[i]
		if d.Severity > failOn || d.Rule != "budget-is-current" || len(r.Budgets) == 0 { // what cannot be recorded is not overridden
			continue
		}
		for j := range r.Budgets {
			entry(r.Budgets[j], d.Rule)
			r.Budgets[j].Verdict = Overridden
		}
		o.takes(d)
	}
	for i := range r.Budgets {
		b := &r.Budgets[i]
		for j := range b.Found {
			if d := &b.Found[j]; d.Severity <= failOn {
				entry(*b, d.Rule)
				b.Verdict = Overridden
				o.takes(d)
			}
		}
	}
	return entries
}

// takes makes a note of a finding.
func (o Override) takes(d *diag.Diagnostic) {
	d.Severity, d.Problem, d.Want, d.Help = diag.Note, "overridden: "+d.Problem, "", fmt.Sprintf("%s takes it on: %s", o.By, o.Reason)
}

// known returns a number for JSON, which has no NaN.
func known(v float64) *float64 {
	if !finite(v) {
		return nil
	}
	return new(round(v))
}

// CheckRecord reports why nothing can be added to a file of entries: it is none, or not to be written. A file that is not there
// will be made.
func CheckRecord(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return checkPlace(path)
	case err == nil && !info.Mode().IsRegular(): // a pipe would let us wait for somebody to write into it
		return fmt.Errorf("%s: not a file that lines can be kept in", path)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	defer f.Close() // nothing was written
	lines := bufio.NewReader(f)
	for n := 1; ; n++ {
		line, err := lines.ReadBytes('\n')
		if len(bytes.TrimSpace(line)) > 0 {
			var e Entry
			switch {
			case json.Unmarshal(line, &e) != nil || e.Time == "" || e.App == "":
				return fmt.Errorf("%s:%d: not a line of a record of overrides", path, n)
			case err != nil:
				return fmt.Errorf("%s:%d: the line does not end in a line break: was it cut?", path, n)
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
	}
}

// checkPlace reports why a file could not be made.
func checkPlace(path string) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".record-*")
	if refused, ok := errors.AsType[*fs.PathError](err); ok {
		refused.Path = path // whose name somebody knows
	}
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// Record adds entries to a file in one write, so that two runs at the same time mix no lines; what is written is on the disk, or
// nothing is.
func Record(path string, entries []Entry) (err error) {
	var lines bytes.Buffer
	enc := json.NewEncoder(&lines)
	enc.SetEscapeHTML(false)
	for _, e := range entries {
		if err := enc.Encode(e); err != nil {
			return err
		}
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	before, err := f.Stat()
	if err != nil {
		return err
	}
	if n, err := f.Write(lines.Bytes()); err != nil {
		if n > 0 {
			err = errors.Join(err, f.Truncate(before.Size())) // half a line would spoil the file
		}
		return err
	}
	return f.Sync()
}
