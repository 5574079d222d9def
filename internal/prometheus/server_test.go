package prometheus_test

import (
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/scantling/scantling/internal/prometheus"
)

var up = prometheus.Query{Name: "up", Expr: `up{job="a&b"}`}

const two = `{"status": "success", "data": {"resultType": "vector", "result": [
	{"metric": {"__name__": "up", "job": "b"}, "value": [1800000000.25, "NaN"]},
	{"metric": {"__name__": "up", "job": "a"}, "value": [1800000000.25, "0.5"]}
]}, "warnings": ["store-1 did not answer"], "infos": ["not a counter"]}`

// connect returns a client of a server, and fails the test when there is none.
func connect(t *testing.T, c prometheus.Config) *prometheus.Server {
	t.Helper()
	s, err := prometheus.Connect(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestServerAnswers(t *testing.T) {
	var got []*http.Request
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		got = append(got, r)
		io.WriteString(w, two)
	}))
	defer server.Close()
	s := connect(t, prometheus.Config{URL: server.URL + "/prefix/", Token: "secret", Agent: "scantling/v1", Headers: http.Header{"x-scope-orgid": {"shop"}}})
	answer, err := s.Instant(t.Context(), up, time.UnixMilli(1_800_000_000_250))
	if err != nil {
		t.Fatal(err)
	}
	at := time.UnixMilli(1_800_000_000_250).UTC()
	want := prometheus.Answer{Warnings: []string{"store-1 did not answer"}, Samples: []prometheus.Sample{
		{Labels: map[string]string{"__name__": "up", "job": "a"}, Value: 0.5, Time: at},
		{Labels: map[string]string{"__name__": "up", "job": "b"}, Value: math.NaN(), Time: at},
	}}
	if diff := cmp.Diff(want, answer, cmpopts.EquateNaNs()); diff != "" {
		t.Error(diff)
	}
	if _, err := s.Instant(t.Context(), up, time.Time{}); err != nil {
		t.Fatal(err)
	}
	for i, form := range []url.Values{{"query": {up.Expr}, "time": {"1800000000.250"}}, {"query": {up.Expr}}} {
		r := got[i]
		if diff := cmp.Diff(form, r.PostForm); diff != "" || r.Method != "POST" || r.URL.Path != "/prefix/api/v1/query" {
			t.Errorf("%s %s: %s", r.Method, r.URL, diff)
		}
		for name, value := range map[string]string{"Authorization": "Bearer secret", "User-Agent": "scantling/v1", "X-Scope-Orgid": "shop"} {
			if r.Header.Get(name) != value {
				t.Errorf("%s: %q", name, r.Header.Get(name))
			}
		}
	}
}

func TestUserOfURL(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != "ci" || password != "p:w" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		io.WriteString(w, two)
	}))
	defer server.Close()
	with := func(user string) string { return strings.Replace(server.URL, "//", "//"+user+"@", 1) }
	if _, err := connect(t, prometheus.Config{URL: with("ci:p%3Aw")}).Instant(t.Context(), up, time.Time{}); err != nil {
		t.Error(err)
	}
	_, err := connect(t, prometheus.Config{URL: with("ci:wrong")}).Instant(t.Context(), up, time.Time{})
	if err == nil || strings.Contains(err.Error(), "wrong") || !strings.Contains(err.Error(), "ci:xxxxx@") {
		t.Errorf("the password is refused, and not told: %v", err)
	}
}

// TestServerErrors wants the whole text of what goes wrong, HOST standing for the server.
func TestServerErrors(t *testing.T) {
	const page = "<!doctype html>\n<html><head><title> Sign in </title></head></html>"
	answers := func(code int, kind, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			w.WriteHeader(code)
			io.WriteString(w, body)
		}
	}
	for name, test := range map[string]struct {
		handler       http.HandlerFunc
		problem, help string
	}{
		"bad query": {
			answers(400, "application/json", `{"status":"error","errorType":"bad_data","error":"1:3: parse error"}`),
			"the server refuses the query: 1:3: parse error", "",
		},
		"limit": {
			answers(422, "application/json", `{"status":"error","errorType":"execution","error":"too many samples"}`),
			"the server refuses the query: too many samples", "a limit of the server, such as --query.max-samples, or storage behind it that does not answer",
		},
		"server gives up": {
			answers(503, "application/json", `{"status":"error","errorType":"timeout","error":"query timed out"}`),
			"the server refuses the query: query timed out", "the server gave up: it is overloaded, or --query.timeout is short",
		},
		"error without words": {answers(200, "application/json", `{"status":"error"}`), "the server refuses the query: no reason given", ""},
		"gateway": {
			answers(502, "text/html", "<title>502 Bad Gateway</title>"),
			`the server answers 502 bad gateway "502 Bad Gateway"`, "the server, or what stands before it, is not well or overloaded",
		},
		"nothing":      {answers(500, "", ""), "the server answers 500 internal server error", "the server, or what stands before it, is not well or overloaded"},
		"unauthorized": {answers(401, "text/plain", "no token\n"), `the server answers 401 unauthorized: "no token"`, "give a token that may query, or user:password@ in the URL"},
		"no tenant": {
			answers(401, "application/json", `{"status":"error","errorType":"","error":"no org id"}`),
			`the server answers 401 unauthorized: "{\"status\":\"error\",\"errorType\":\"\",\"error\":\"no org id\"}"`, "say whose series are meant: --header 'X-Scope-OrgID: NAME'",
		},
		"no organisation": {answers(401, "text/plain", "no org id\n"), `the server answers 401 unauthorized: "no org id"`, "say whose series are meant: --header 'X-Scope-OrgID: NAME'"},
		"breaks off": {
			func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Length", "1000")
				io.WriteString(w, two)
			},
			"the answer breaks off", "try again: what stands before the server may have cut it",
		},
		"another path": {answers(404, "text/plain", "404 page not found\n"), `the server answers 404 not found: "404 page not found"`, "is it a Prometheus, and is its path prefix in the URL? Mimir has /prometheus"},
		"login page": {
			answers(200, "text/html; charset=utf-8", page),
			`a web page "Sign in" answers, not Prometheus' API`, "something before the server wants a login: give a token, or a URL that goes around it; or the path prefix is missing",
		},
		"login elsewhere": {
			func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, "https://login.example.com/auth?state=secret", http.StatusFound)
			},
			"the server sends us to https://login.example.com/auth (302)", "no redirect is followed, because a token is for one server: give the URL of the API itself; if that page is a login, give a token",
		},
		"half an answer": {answers(200, "application/json", two[:30]), `not an answer of Prometheus' query API: no JSON at byte 30 in "{\"status\": \"success\", \"data\":"`, ""},
		"other JSON":     {answers(200, "application/json", `{"ok": true}`), "not an answer of Prometheus' query API: it lacks status and data", ""},
		"a list":         {answers(200, "application/json", `[]`), `not an answer of Prometheus' query API: the whole is a array in "[]"`, ""},
		"a matrix": {
			answers(200, "application/json", `{"status":"success","data":{"resultType":"matrix","result":[]}}`),
			`the answer is a "matrix", not a vector`, "ask /api/v1/query, not /api/v1/query_range, for the query as it is printed",
		},
		"histograms": {
			answers(200, "application/json", `{"status":"success","data":{"resultType":"vector","result":[{"metric":{"job":"a"},"histogram":[1,{}]}]}}`),
			"series map[job:a] has no single value", "a native histogram is none: ask for histogram_quantile or histogram_count of it",
		},
		"no number": {
			answers(200, "application/json", `{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"many"]}]}}`),
			`not an answer of Prometheus' query API: "many" is not a number`, "",
		},
		"too slow": {
			func(_ http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body) // only then the server sees that the client has gone
				<-r.Context().Done()
			},
			"no answer within 50ms", "is the server reachable from here? --timeout gives it longer",
		},
		"hangs up": {
			func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
			"EOF", "is the server reachable from here? Without a way to it, --from FILE reads answers that somebody else fetched",
		},
	} {
		t.Run(name, func(t *testing.T) {
			timeout := 10 * time.Second
			if name == "too slow" {
				timeout = 50 * time.Millisecond
			}
			server := httptest.NewServer(test.handler)
			defer server.Close()
			_, err := connect(t, prometheus.Config{URL: server.URL, Timeout: timeout}).Instant(t.Context(), up, time.Time{})
			wantError(t, err, server.URL+"/api/v1/query: "+test.problem, test.help)
		})
	}
}

// TestSecretsStayHere asks servers that quote what they were given, and wants nobody to read it.
func TestSecretsStayHere(t *testing.T) {
	token := strings.Repeat("eyJhbGciOi", 20) // longer than what is quoted of an answer
	for name, c := range map[string]prometheus.Config{
		"a token":   {Token: token},
		"a user":    {URL: "ci:" + token[:30] + "@"},
		"a header":  {Headers: http.Header{"Authorization": {"Basic " + token}}},
		"a key":     {Headers: http.Header{"X-Api-Key": {token}}},
		"no secret": {Headers: http.Header{"X-Scope-OrgID": {"shop"}}},
	} {
		for _, format := range []string{
			`401 bad credentials: %s`, `401 {"status": "error", "error": %q}`, `400 {"status": "error", "errorType": "bad_data", "error": %q}`, `502 <title>no upstream for %s</title>`,
			`200 <title>%s</title>`, `200 {"status": "error", "error": %q}`, `200 {"status": "success", "data": {"resultType": "vector", "result": []}, "warnings": [%q]}`,
		} {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, password, _ := r.BasicAuth()
				code, text, _ := strings.Cut(format, " ")
				status, _ := strconv.Atoi(code)
				w.WriteHeader(status)
				fmt.Fprintf(w, text, strings.Join([]string{r.Header.Get("Authorization"), password, r.Header.Get("X-Api-Key"), "of shop"}, " "))
			}))
			c := c
			c.URL = strings.Replace(server.URL, "//", "//"+c.URL, 1)
			answer, err := connect(t, c).Instant(t.Context(), up, time.Time{})
			server.Close()
			said := fmt.Sprint(answer.Warnings, err)
			if strings.Contains(said, "eyJ") || strings.Contains(said, "Y2k6") { // the latter is how ci: begins in base64
				t.Errorf("%s: %s: %s", name, format, said)
			}
			if name == "no secret" && !strings.Contains(said, "of shop") {
				t.Errorf("%s: what is no secret is told: %s", format, said)
			}
		}
	}
}

func wantError(t *testing.T, err error, problem, help string) {
	t.Helper()
	var e *prometheus.Error
	if !errors.As(err, &e) {
		t.Fatalf("error %v, want one with help", err)
	}
	if diff := cmp.Diff(prometheus.Error{Problem: problem, Help: help}, *e); diff != "" {
		t.Error(diff)
	}
}

func TestTLS(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, two) }))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // it sees the handshakes that are meant to fail
	server.StartTLS()
	defer server.Close()
	_, err := connect(t, prometheus.Config{URL: server.URL}).Instant(t.Context(), up, time.Time{})
	wantError(t, err, server.URL+"/api/v1/query: nobody that is trusted here has signed the server's certificate", "give the certificate of who has: --ca-file FILE")
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if _, err := connect(t, prometheus.Config{URL: server.URL, CA: ca}).Instant(t.Context(), up, time.Time{}); err != nil {
		t.Error(err)
	}
	plain := strings.Replace(server.URL, "https:", "http:", 1)
	_, err = connect(t, prometheus.Config{URL: plain}).Instant(t.Context(), up, time.Time{})
	wantError(t, err, plain+`/api/v1/query: the server answers 400 bad request: "Client sent an HTTP request to an HTTPS server."`, "does its URL begin with https://?")
}

func TestNoTLS(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	secure := strings.Replace(server.URL, "http:", "https:", 1)
	_, err := connect(t, prometheus.Config{URL: secure}).Instant(t.Context(), up, time.Time{})
	wantError(t, err, secure+"/api/v1/query: the server does not speak TLS", "does its URL begin with http://?")
}

func TestNobodyListens(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	_, err := connect(t, prometheus.Config{URL: server.URL}).Instant(t.Context(), up, time.Time{})
	wantError(t, err, fmt.Sprintf("%s/api/v1/query: dial tcp %s: connect: connection refused", server.URL, server.Listener.Addr()),
		"is the server reachable from here? Without a way to it, --from FILE reads answers that somebody else fetched")
}

func TestConnectRefuses(t *testing.T) {
	const want = "want something like https://prometheus.example.com, with the path prefix if it has one"
	for name, test := range map[string]struct {
		config        prometheus.Config
		problem, help string
	}{
		"no scheme":                   {prometheus.Config{URL: "prometheus:9090"}, `"prometheus:9090" is not a server's URL`, want},
		"no host":                     {prometheus.Config{URL: "https:///api"}, `"https:///api" is not a server's URL`, want},
		"a page of the UI":            {prometheus.Config{URL: "http://a/graph?g0.expr=up"}, `"http://a/graph?..." is not a server's URL`, want},
		"password is kept":            {prometheus.Config{URL: "ftp://u:secret@a"}, `"ftp://u:xxxxx@a" is not a server's URL`, want},
		"no URL at all":               {prometheus.Config{URL: "http://u:secret@a:port"}, `"...@a:port" is not a server's URL`, want},
		"no scheme before a password": {prometheus.Config{URL: "ci:secret@a:9090"}, `"...@a:9090" is not a server's URL`, want},
		"a key in the URL":            {prometheus.Config{URL: "http://a/?apikey=secret"}, `"http://a/?..." is not a server's URL`, want},
		"two identities":              {prometheus.Config{URL: "http://u:p@a", Token: "t"}, "a token and a user in the URL: the server can have only one of them", ""},
		"token of two":                {prometheus.Config{URL: "http://a", Token: "t\nt"}, "the token has characters that no token has, such as a space or a line break", ""},
		"no certificate":              {prometheus.Config{URL: "http://a", CA: []byte("x")}, "the CA file holds no certificate in PEM", ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := prometheus.Connect(test.config)
			wantError(t, err, test.problem, test.help)
		})
	}
}
