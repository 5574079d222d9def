package prometheus_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scantling/scantling/internal/prometheus"
)

var down = prometheus.Query{Name: "down", Expr: "sum by (job) (\n  up == 0\n)"}

const one = `{"status":"success","data":{"resultType":"vector","result":[{"metric":{"job":"a"},"value":[1,"2"]}]}}`

// inline is an answer with the members of its own beside others.
func inline(members string) string { return "{" + members + ", " + one[1:] }

func TestFile(t *testing.T) {
	optional := prometheus.Query{Name: "more", Expr: "more", Optional: true}
	for name, test := range map[string]struct {
		text  string
		asked []prometheus.Query
	}{
		"what curl wrote":      {one, []prometheus.Query{up, optional}},
		"with a mark":          {"\ufeff " + one, []prometheus.Query{up}},
		"by name":              {`[{"name": "down", "answer": ` + one + `}, {"name": "up", "answer": ` + one + `}]`, []prometheus.Query{up, down}},
		"by text":              {"[" + inline(`"query": "sum by (job) ( up == 0 )"`) + "]", []prometheus.Query{down}},
		"one with its name":    {inline(`"name": "up"`), []prometheus.Query{up}},
		"what nobody asks for": {`[{"name": "other"}, ` + inline(`"name": "up"`) + "]", []prometheus.Query{up}},
		"a number":             {`{"status":"success","data":{"resultType":"scalar","result":[1,"2"]}}`, []prometheus.Query{up}},
	} {
		t.Run(name, func(t *testing.T) {
			f, err := prometheus.ReadFile("answers.json", []byte(test.text), test.asked)
			if err != nil {
				t.Fatal(err)
			}
			for _, q := range test.asked {
				a, err := f.Instant(t.Context(), q, time.Time{})
				switch {
				case err != nil:
					t.Error(err)
				case q.Optional && len(a.Samples) != 0:
					t.Errorf("%s: %v, want nothing", q.Name, a)
				case !q.Optional && (len(a.Samples) != 1 || a.Samples[0].Value != 2 || a.Samples[0].Time != time.Unix(1, 0).UTC()):
					t.Errorf("%s: %v", q.Name, a)
				}
			}
		})
	}
}

func TestFileErrors(t *testing.T) {
	const fetch = "fetch it: --print-queries prints what does"
	for name, test := range map[string]struct{ text, problem, help string }{
		"empty":         {"", "not answers of Prometheus' query API: no JSON at byte 0", "--print-queries prints what fetches them"},
		"a login page":  {"<html>", "not answers of Prometheus' query API: no JSON at byte 1", "--print-queries prints what fetches them"},
		"cut":           {"[" + one, "not answers of Prometheus' query API: no JSON at byte 102", "--print-queries prints what fetches them"},
		"a lone answer": {one, "one answer without a name, and 2 queries are needed", "fetch all of them: --print-queries prints what does"},
		"one missing":   {"[" + inline(`"name": "up"`) + "]", `no answer to the query "down"`, fetch},
		"no list":       {"[]", `no answer to the query "up"`, fetch},
		"null":          {"[null]", `no answer to the query "up"`, fetch},
		"refused": {`[{"name": "up", "answer": {"status": "error", "errorType": "unavailable", "error": "TSDB not ready"}}]`,
			`query "up": the server refuses the query: TSDB not ready`, "the server starts or stops: try again in a minute"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := prometheus.ReadFile("answers.json", []byte(test.text), []prometheus.Query{up, down})
			wantError(t, err, "answers.json: "+test.problem, test.help)
		})
	}
}

// TestScript runs what is printed, with a curl that answers with what it is asked.
func TestScript(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string, mode os.FileMode) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	write("curl", "#!/bin/sh\nprintf '%s\\n' \"$@\" >>'"+dir+"/asked'\ncat >>'"+dir+"/asked'\ncat '"+dir+"/answer'\n", 0o755)
	write("answer", one, 0o644)
	odd := prometheus.Query{Name: "odd", Expr: `x{a='it''s $HOME %s',b=~"\\d"}`}
	long := prometheus.Query{Name: "long", Expr: strings.Repeat("up or ", 50_000) + "up"} // Linux takes no argument of more than 128 KiB
	var script strings.Builder
	if err := prometheus.Script(&script, "scantling gate -e prod", []prometheus.Query{odd, down, long}); err != nil {
		t.Fatal(err)
	}
	write("fetch.sh", script.String(), 0o644)
	cmd := exec.CommandContext(t.Context(), "sh", filepath.Join(dir, "fetch.sh"), "http://server/", "-H", "X-A: b")
	cmd.Env = append(os.Environ(), "PATH="+dir+string(filepath.ListSeparator)+os.Getenv("PATH"))
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, script.String())
	}
	if _, err := prometheus.ReadFile("out", out, []prometheus.Query{odd, down, long}); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	asked, err := os.ReadFile(filepath.Join(dir, "asked"))
	if err != nil {
		t.Fatal(err)
	}
	var want strings.Builder
	for _, q := range []prometheus.Query{odd, down, long} {
		want.WriteString("--fail\n--silent\n--show-error\n--data-urlencode\nquery@-\n-H\nX-A: b\nhttp://server/api/v1/query\n" + q.Expr)
	}
	if diff := cmp.Diff(want.String(), string(asked)); diff != "" {
		t.Error(diff)
	}
}

func TestMatchers(t *testing.T) {
	series := map[string]string{"cluster": "prod-eu", "replica": "a"}
	for text, want := range map[string]bool{
		`cluster="prod-eu"`: true, `cluster = "prod"`: false, `cluster!="prod-eu"`: false, `cluster=~"prod-.."`: true, `cluster=~"prod"`: false,
		`cluster!~"prod|stage"`: true, `cluster=~"x|prod-eu"`: true, `missing=""`: true, `missing!=""`: false, `cluster="prod\x2deu"`: true,
	} {
		ms, err := prometheus.ParseMatchers([]string{text})
		if err != nil || ms.Match(series) != want {
			t.Errorf("%s: %v, error %v; want %v", text, !want, err, want)
		}
	}
	both, err := prometheus.ParseMatchers([]string{`cluster="prod-eu"`, ` replica != "a\"b" `})
	if err != nil || both.String() != `,cluster="prod-eu",replica!="a\"b"` || !both.Match(series) {
		t.Errorf("%s, error %v", both, err)
	}
	const help = `want LABEL="VALUE", in quotes of the shell: 'cluster="prod-eu"'`
	for text, want := range map[string]prometheus.Error{
		`cluster=prod`:     {Problem: `"cluster=prod" is not a condition on a label`, Help: help},
		`a="b",c="d"`:      {Problem: `"a=\"b\",c=\"d\"" is not a condition on a label`, Help: help},
		`a="b"} or up{a="`: {Problem: `"a=\"b\"} or up{a=\"" is not a condition on a label`, Help: help},
		`a=~"("`:           {Problem: `"(" is not a regular expression`},
		`a="\q"`:           {Problem: `"\q" is not a text in quotes`},
	} {
		_, err := prometheus.ParseMatchers([]string{text})
		wantError(t, err, want.Problem, want.Help)
	}
}

// FuzzFile wants of any text an answer or an error with words, and the same answer as before once the file was taken.
func FuzzFile(f *testing.F) {
	for _, seed := range []string{one, two, "[" + inline(`"name": "up"`) + "]", `[{"name":"up","answer":` + two + "}]", "[null]", `{"data":{"resultType":"scalar","result":[1e300,"Inf"]}}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := prometheus.ReadFile("f", data, []prometheus.Query{up})
		var e *prometheus.Error
		if err != nil {
			if !errors.As(err, &e) || !strings.HasPrefix(e.Problem, "f: ") || strings.Contains(e.Problem, "json:") || strings.Contains(e.Problem, "prometheus.") {
				t.Errorf("%v", err)
			}
			return
		}
		if _, err := file.Instant(t.Context(), up, time.Time{}); err != nil {
			t.Error(err)
		}
	})
}
