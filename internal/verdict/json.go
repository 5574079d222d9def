package verdict

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"io"

	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/verify"
)

// The results of the json format; problems are what could not be read. Fields are only ever added.
type (
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

// JSON writes every result, also of what is proved. Of a fleet they are hundreds of thousands: each is written before the next is made.
func (r Report) JSON(w io.Writer) error {
	out := jsonWriter{Writer: bufio.NewWriter(w)}
	out.encoder = json.NewEncoder(&out.text)
	out.encoder.SetEscapeHTML(false)
	out.encoder.SetIndent(indentOfResults, "  ")
	out.WriteString("{\n  \"results\": [")
	between := ""
	for _, c := range r.Clusters {
		for _, result := range c.Results {
			out.WriteString(between + "\n" + indentOfResults)
			out.value(jsonOf(c, result))
			between = ","
		}
	}
	if between != "" {
		out.WriteString("\n  ")
	}
	out.WriteString("],\n  \"problems\": ")
	out.encoder.SetIndent("  ", "  ")
	out.value(diag.Records(r.Problems))
	out.WriteString("\n}\n")
	return cmp.Or(out.err, out.Flush())
}

// indentOfResults is where the items of the list of results begin.
const indentOfResults = "    "

// jsonWriter writes one value after the other. Errors of writing are kept by the Writer, until Flush.
type jsonWriter struct {
	*bufio.Writer
	encoder *json.Encoder // into text
	text    bytes.Buffer
	err     error
}

// value writes one value without the line break that the encoder puts behind it.
func (w *jsonWriter) value(v any) {
	w.text.Reset()
	w.err = cmp.Or(w.err, w.encoder.Encode(v))
	w.Write(bytes.TrimSuffix(w.text.Bytes(), []byte("\n")))
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
