package verdict

import (
	"bufio"
	"encoding/json"
	"io"

	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/verify"
)

// The json format. Fields are only ever added.
type (
	jsonReport struct {
		Results  []jsonResult  `json:"results"`
		Problems []diag.Record `json:"problems"` // of what could not be read
	}
	jsonResult struct {
		Guarantee      string      `json:"guarantee"`
		Environment    string      `json:"environment,omitempty"`
		Object         jsonObject  `json:"object"`
		App            string      `json:"app,omitempty"`
		Result         string      `json:"result"`
		Severity       string      `json:"severity,omitempty"` // of what is violated
		Path           string      `json:"path,omitempty"`     // of the field that decides
		CounterExample string      `json:"counterExample,omitempty"`
		Proof          string      `json:"proof,omitempty"`
		Missing        string      `json:"missing,omitempty"` // the fact
		Waiver         *jsonWaiver `json:"waiver,omitempty"`
		File           string      `json:"file,omitempty"`
		Line           int         `json:"line,omitempty"` // where the object begins, from 1
	}
	jsonObject struct {
		APIVersion string `json:"apiVersion"`
		Kind       string `json:"kind"`
		Namespace  string `json:"namespace,omitempty"`
		Name       string `json:"name"`
		MadeBy     string `json:"madeBy,omitempty"` // what an operator makes it of
	}
	jsonWaiver struct {
		Reason  string `json:"reason"`
		Expires string `json:"expires"`
	}
)

// JSON writes every result, also of what is proved.
func (r Report) JSON(w io.Writer) error {
	out := jsonReport{Results: []jsonResult{}, Problems: diag.Records(r.Problems)}
	for _, c := range r.Clusters {
		for _, result := range c.Results {
			out.Results = append(out.Results, jsonOf(c, result))
		}
	}
	buffered := bufio.NewWriter(w)
	encoder := json.NewEncoder(buffered)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(out); err != nil {
		return err
	}
	return buffered.Flush()
}

func jsonOf(c Cluster, r verify.Result) jsonResult {
	o := r.Object
	out := jsonResult{
		Guarantee: r.Guarantee.Name, Environment: c.Environment, App: verify.App(o), Result: string(r.State), Path: r.Path,
		Object: jsonObject{APIVersion: o.APIVersion, Kind: o.Kind, Namespace: o.Namespace, Name: o.Name},
		File:   o.File, Line: o.Line,
	}
	if o.MadeBy != nil {
		out.Object.MadeBy = o.MadeBy.Short()
	}
	switch r.State {
	case verify.Proved:
		out.Proof = r.Text
	case verify.Unknown:
		out.Missing = r.Text
	default:
		out.CounterExample = r.Text
	}
	if r.State == verify.Violated {
		out.Severity = r.Severity.String()
	}
	if r.Waiver != nil {
		out.Waiver = &jsonWaiver{Reason: r.Waiver.Reason, Expires: r.Waiver.Expires}
	}
	return out
}
