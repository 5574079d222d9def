package diag

import (
	"encoding/json"
	"io"
)

// Record is a diagnostic in the json format. Fields are only ever added.
type Record struct {
	Severity    string `json:"severity"` // error, warning or note
	Rule        string `json:"rule"`
	File        string `json:"file,omitempty"` // relative to the current directory
	Line        int    `json:"line,omitempty"` // from 1
	Column      int    `json:"column,omitempty"`
	Path        string `json:"path,omitempty"`
	Problem     string `json:"problem"`
	Want        string `json:"want,omitempty"`
	Help        string `json:"help,omitempty"`
	Environment string `json:"environment,omitempty"` // empty: all of them
}

func printJSON(w io.Writer, ds []Diagnostic) error { return encode(w, Records(ds)) }

// Records returns diagnostics in the json format; none are an empty array, never null.
func Records(ds []Diagnostic) []Record {
	records := make([]Record, 0, len(ds))
	for _, d := range ds {
		records = append(records, Record{
			Severity: d.Severity.String(), Rule: d.Rule,
			File: d.Pos.File, Line: d.Pos.Line, Column: d.Pos.Col,
			Path: d.Path, Problem: d.Problem, Want: d.Want, Help: d.Help, Environment: d.Env,
		})
	}
	return records
}

// encode writes indented JSON that keeps <, > and & readable.
func encode(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
