package prometheus

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"time"
)

// envelope is what the API answers, whatever was asked.
// https://prometheus.io/docs/prometheus/latest/querying/api/#format-overview
type envelope struct {
	Status    string   `json:"status"`
	Data      *result  `json:"data"`
	ErrorType string   `json:"errorType"`
	Error     string   `json:"error"`
	Warnings  []string `json:"warnings"`
	IsPartial bool     `json:"isPartial"` // of a cluster of VictoriaMetrics
}

type result struct {
	Type   string          `json:"resultType"`
	Result json.RawMessage `json:"result"`
}

type series struct {
	Metric    map[string]string `json:"metric"`
	Value     *point            `json:"value"`
	Histogram json.RawMessage   `json:"histogram"`
}

// point is [seconds since 1970, "value"].
type point struct {
	time  time.Time
	value float64
}

// UnmarshalJSON reads a point; values are strings, because JSON has no NaN.
func (p *point) UnmarshalJSON(data []byte) error {
	var pair []json.RawMessage
	if err := json.Unmarshal(data, &pair); err != nil || len(pair) != 2 {
		return fmt.Errorf("%s is not a pair of a time and a value", brief(data))
	}
	var seconds float64
	var text string
	if json.Unmarshal(pair[0], &seconds) != nil || math.Abs(seconds) > math.MaxInt64/1e6 {
		return fmt.Errorf("%s is not a time in seconds", brief(pair[0]))
	}
	if json.Unmarshal(pair[1], &text) != nil {
		return fmt.Errorf("%s is not a value in quotes", brief(pair[1]))
	}
	value, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return fmt.Errorf("%q is not a number", text)
	}
	p.time, p.value = time.UnixMilli(int64(math.Round(seconds*1000))).UTC(), value
	return nil
}

// answer returns the samples of an answer, or why the server gave none.
func (e *envelope) answer() (Answer, error) {
	switch {
	case e.Status == "error":
		return Answer{}, e.refusal()
	case e.Status != "success" || e.Data == nil:
		return Answer{}, &Error{Problem: "not an answer of Prometheus' query API: it lacks status and data"}
	}
	a := Answer{Warnings: e.Warnings}
	if e.IsPartial {
		a.Warnings = append(a.Warnings, "some storage nodes did not answer")
	}
	switch e.Data.Type {
	case "vector":
		var all []series
		if err := json.Unmarshal(e.Data.Result, &all); err != nil {
			return Answer{}, &Error{Problem: "not an answer of Prometheus' query API: " + plain(err)}
		}
		for _, s := range all {
			if s.Value == nil {
				return Answer{}, &Error{Problem: fmt.Sprintf("series %v has no single value", s.Metric), Help: "a native histogram is none: ask for histogram_quantile or histogram_count of it"}
			}
			a.Samples = append(a.Samples, Sample{Labels: s.Metric, Value: s.Value.value, Time: s.Value.time})
		}
	case "scalar":
		var p point
		if err := json.Unmarshal(e.Data.Result, &p); err != nil {
			return Answer{}, &Error{Problem: "not an answer of Prometheus' query API: " + plain(err)}
		}
		a.Samples = []Sample{{Value: p.value, Time: p.time}}
	default:
		return Answer{}, &Error{Problem: fmt.Sprintf("the answer is a %q, not a vector", e.Data.Type), Help: "ask /api/v1/query, not /api/v1/query_range, for the query as it is printed"}
	}
	sorted(a.Samples)
	return a, nil
}

// refusal is the server's own error in plain words.
func (e *envelope) refusal() *Error {
	why := e.Error
	if why == "" {
		why = "no reason given"
	}
	help := ""
	switch e.ErrorType {
	case "timeout", "canceled":
		help = "the server gave up: it is overloaded, or --query.timeout is short"
	case "unavailable":
		help = "the server starts or stops: try again in a minute"
	case "execution":
		help = "a limit of the server, such as --query.max-samples, or storage behind it that does not answer"
	}
	return &Error{Problem: "the server refuses the query: " + why, Help: help}
}

// plain says what is wrong with JSON without the names of our types.
func plain(err error) string {
	switch err := err.(type) {
	case *json.SyntaxError:
		return fmt.Sprintf("no JSON at byte %d", err.Offset)
	case *json.UnmarshalTypeError:
		return fmt.Sprintf("%s is a %s", cmp.Or(err.Field, "the whole"), err.Value)
	}
	return err.Error()
}

// brief is the begin of a text that somebody else wrote.
func brief(data []byte) string {
	const most = 60 // bytes: enough to recognise it
	data = bytes.TrimSpace(data)
	if len(data) > most {
		data = append(bytes.Clone(data[:most]), "..."...)
	}
	return strconv.Quote(string(data))
}
