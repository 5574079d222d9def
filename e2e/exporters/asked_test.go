package exporters

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// A question is an expression that we render, and who asks it.
type question struct {
	from, expr string

	record string            // the name that a recording rule gives the answer
	labels map[string]string // and the labels
	texts  []string          // of an alert: templates that read the answer's labels
}

// questions are all that a set of rendered objects asks.
func questions(t *testing.T, objects []*unstructured.Unstructured) []question {
	t.Helper()
	var all []question
	for _, o := range objects {
		from := o.GetKind() + " " + o.GetName()
		switch o.GetKind() {
		case "PrometheusRule":
			all = append(all, ruled(t, o, from)...)
		case "ConfigMap":
			if o.GetAnnotations()["grafana_folder"] != "" {
				all = append(all, shown(t, o, from)...)
			}
		case "AnalysisTemplate":
			metrics, _, _ := unstructured.NestedSlice(o.Object, "spec", "metrics")
			for _, m := range metrics {
				expr, _, _ := unstructured.NestedString(m.(map[string]any), "provider", "prometheus", "query")
				all = append(all, question{from: from, expr: strings.ReplaceAll(expr, "{{args.hash}}", "6d4b75cb6d")})
			}
		case "MetricTemplate":
			expr, _, _ := unstructured.NestedString(o.Object, "spec", "query")
			all = append(all, question{from: from, expr: expr})
		case "ScaledObject":
			triggers, _, _ := unstructured.NestedSlice(o.Object, "spec", "triggers")
			for _, trigger := range triggers {
				if expr, ok, _ := unstructured.NestedString(trigger.(map[string]any), "metadata", "query"); ok {
					all = append(all, question{from: from, expr: expr})
				}
			}
		}
	}
	return all
}

func ruled(t *testing.T, o *unstructured.Unstructured, from string) []question {
	t.Helper()
	var spec struct {
		Groups []struct {
			Rules []struct {
				Record, Alert, Expr string
				Labels, Annotations map[string]string
			}
		}
	}
	text, err := json.Marshal(o.Object["spec"])
	if err == nil {
		err = json.Unmarshal(text, &spec)
	}
	if err != nil {
		t.Fatal(err)
	}
	var all []question
	for _, g := range spec.Groups {
		for _, r := range g.Rules {
			q := question{from: from + " " + r.Record + r.Alert, expr: r.Expr, record: r.Record, labels: r.Labels}
			for _, texts := range []map[string]string{r.Labels, r.Annotations} {
				for _, text := range texts {
					q.texts = append(q.texts, text)
				}
			}
			all = append(all, q)
		}
	}
	return all
}

// filled puts in what Grafana does.
var filled = strings.NewReplacer("$__rate_interval", "2m", "$__interval", "1m")

func shown(t *testing.T, o *unstructured.Unstructured, from string) []question {
	t.Helper()
	type target struct{ Expr string }
	var all []question
	data, _, _ := unstructured.NestedStringMap(o.Object, "data")
	for _, text := range data {
		var board struct {
			Panels []struct {
				Title   string
				Targets []target
			}
			Annotations struct{ List []struct{ Target target } }
		}
		if err := json.Unmarshal([]byte(text), &board); err != nil {
			t.Fatal(err)
		}
		for _, p := range board.Panels {
			for _, q := range p.Targets {
				all = append(all, question{from: from + " " + p.Title, expr: filled.Replace(q.Expr)})
			}
		}
		for _, a := range board.Annotations.List {
			all = append(all, question{from: from + " annotation", expr: filled.Replace(a.Target.Expr)})
		}
	}
	return all
}

var ask = regexp.MustCompile(`(?m)^ask '([^']+)' '([^']+)' "\$@"$`)

// printed are the queries of a script of scantling gate or scantling rightsize.
func printed(t *testing.T, project, environment, command string) []question {
	t.Helper()
	text := scantling(t, project, command, "-e", environment, "--print-queries")
	var all []question
	for _, q := range ask.FindAllStringSubmatch(text, -1) {
		all = append(all, question{from: "scantling " + command + " " + q[1], expr: q[2]})
	}
	if want := strings.Count(text, "\nask '"); len(all) != want {
		t.Fatalf("read %d of %d queries:\n%s", len(all), want, text)
	}
	return all
}

// templated is what a template reads of the answer.
var templated = regexp.MustCompile(`\$labels\.([a-zA-Z_]+)`)
