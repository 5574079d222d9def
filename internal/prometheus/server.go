package prometheus

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Config says where a server is, and how to be let in.
type Config struct {
	URL     string        // of the server, with its path prefix: what /api/v1/query is put behind
	Token   string        // sent as a bearer token; empty: none
	Headers http.Header   // sent as well, such as X-Scope-OrgID for Mimir
	CA      []byte        // PEM: certificates that may sign the server's, beside the system's; empty: none
	Timeout time.Duration // for one answer; 0: 30 seconds
	Agent   string        // how requests introduce themselves
}

// Server is a Prometheus, or whatever speaks its query API: Thanos, Mimir, VictoriaMetrics.
type Server struct {
	config   Config
	endpoint *url.URL
	client   *http.Client
	secrets  *strings.Replacer // writes xxxxx instead of credentials
}

// largest is how long an answer may be, in bytes: room for some 500,000 series, and less than what fills the memory of a runner.
const largest = 128 << 20

// Connect returns a server; it is asked for the first time by Instant.
func Connect(c Config) (*Server, error) {
	base, err := url.Parse(c.URL)
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" || base.RawQuery != "" || base.Fragment != "" {
		return nil, &Error{Problem: fmt.Sprintf("%q is not a server's URL", redacted(c.URL)), Help: "want something like https://prometheus.example.com, with the path prefix if it has one"}
	}
	if c.Token != "" && base.User != nil {
		return nil, &Error{Problem: "a token and a user in the URL: the server can have only one of them"}
	}
	if strings.ContainsFunc(c.Token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, &Error{Problem: "the token has characters that no token has, such as a space or a line break"}
	}
	transport := http.DefaultTransport.(*http.Transport).Clone() // with the proxy of the environment
	if len(c.CA) > 0 {
		pool, err := x509.SystemCertPool()
		if err != nil {
			pool = x509.NewCertPool()
		}
		if !pool.AppendCertsFromPEM(c.CA) {
			return nil, &Error{Problem: "the CA file holds no certificate in PEM"}
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: pool}
	}
	if c.Timeout == 0 {
		c.Timeout = 30 * time.Second
	}
	return &Server{config: c, endpoint: base.JoinPath("api/v1/query"), secrets: secrets(c, base.User), client: &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // a token is for one server
	}}, nil
}

// redacted is a URL that does not tell its password or its parameters, whether or not it is one.
func redacted(raw string) string {
	raw, _, more := strings.Cut(raw, "?")
	if more {
		raw += "?..."
	}
	if u, err := url.Parse(raw); err == nil && u.Opaque == "" {
		return u.Redacted()
	}
	if at := strings.LastIndex(raw, "@"); at >= 0 {
		return "..." + raw[at:]
	}
	return raw
}

// secrets takes our credentials out of a text: a server that refuses them may quote them.
func secrets(c Config, user *url.Userinfo) *strings.Replacer {
	all := []string{c.Token}
	if password, ok := user.Password(); ok {
		all = append(all, password, base64.StdEncoding.EncodeToString([]byte(user.Username()+":"+password)))
	}
	for name, values := range c.Headers {
		if !strings.EqualFold(name, "X-Scope-OrgID") { // a name, which is asked for by it
			for _, value := range values {
				words := strings.Fields(value)
				all = append(append(all, value), words[max(0, len(words)-1):]...) // Bearer is no secret
			}
		}
	}
	var pairs []string
	for _, secret := range all {
		if len(secret) >= leastSecret {
			pairs = append(pairs, secret, "xxxxx")
		}
	}
	return strings.NewReplacer(pairs...)
}

// leastSecret is the length in bytes from which a word is one: what is shorter stands in any text.
const leastSecret = 4

// Instant asks the server.
func (s *Server) Instant(ctx context.Context, q Query, at time.Time) (Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, s.config.Timeout)
	defer cancel()
	a, err := s.ask(ctx, q, at)
	if err == nil {
		return a, nil
	}
	problem, help := s.explain(err)
	return Answer{}, &Error{Problem: s.endpoint.Redacted() + ": " + problem, Help: help}
}

func (s *Server) ask(ctx context.Context, q Query, at time.Time) (Answer, error) {
	form := url.Values{"query": {q.Expr}}
	if !at.IsZero() {
		form.Set("time", strconv.FormatFloat(float64(at.UnixMilli())/1000, 'f', 3, 64))
	}
	// POST: the names of all apps may not fit into a URL.
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.endpoint.String(), strings.NewReader(form.Encode()))
	if err != nil {
		return Answer{}, err
	}
	for name, values := range s.config.Headers {
		req.Header[http.CanonicalHeaderKey(name)] = values
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", s.config.Agent)
	if s.config.Token != "" {
		req.Header.Set("Authorization", "Bearer "+s.config.Token)
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return Answer{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, largest+1))
	if err != nil {
		return Answer{}, err
	}
	if len(body) > largest {
		return Answer{}, &Error{Problem: fmt.Sprintf("the answer is longer than %d MiB", largest>>20), Help: "narrow it to one cluster or fewer apps"}
	}
	return s.read(resp, body)
}

// read returns what a response says. Prometheus itself answers 400, 422 and 503 with an error in JSON; what stands before it, with anything.
func (s *Server) read(resp *http.Response, body []byte) (Answer, error) {
	var e envelope
	err := json.Unmarshal(body, &e)
	e.Error = s.secrets.Replace(e.Error)
	for i, w := range e.Warnings {
		e.Warnings[i] = s.secrets.Replace(w)
	}
	if err != nil || resp.StatusCode != http.StatusOK {
		body = []byte(s.secrets.Replace(string(body))) // it is quoted
	}
	switch {
	case err == nil && e.Status == "error" && resp.StatusCode != http.StatusUnauthorized && resp.StatusCode != http.StatusForbidden:
		return Answer{}, e.refusal()
	case resp.StatusCode != http.StatusOK:
		return Answer{}, status(resp, body)
	case err != nil && isPage(resp, body):
		return Answer{}, &Error{Problem: "a web page" + title(body) + " answers, not Prometheus' API",
			Help: "something before the server wants a login: give a token, or a URL that goes around it; or the path prefix is missing"}
	case err != nil:
		return Answer{}, &Error{Problem: "not an answer of Prometheus' query API: " + plain(err) + " in " + brief(body)}
	}
	return e.answer()
}

// status says what a response's code means to who asked.
func status(resp *http.Response, body []byte) *Error {
	e := &Error{Problem: "the server answers " + strings.ToLower(strings.TrimSpace(fmt.Sprintf("%d %s", resp.StatusCode, http.StatusText(resp.StatusCode))))}
	if isPage(resp, body) {
		e.Problem += title(body)
	} else if text := bytes.TrimSpace(body); len(text) > 0 {
		e.Problem += ": " + brief(text)
	}
	switch code := resp.StatusCode; {
	case code == http.StatusUnauthorized || code == http.StatusForbidden || code == http.StatusProxyAuthRequired:
		e.Help = "give a token that may query, or user:password@ in the URL"
		if bytes.Contains(body, []byte("org id")) { // Mimir, Cortex and Loki say "no org id"
			e.Help = "say whose series are meant: --header 'X-Scope-OrgID: NAME'"
		}
	case code == http.StatusNotFound || code == http.StatusMethodNotAllowed:
		e.Help = "is it a Prometheus, and is its path prefix in the URL? Mimir has /prometheus"
	case code == http.StatusBadRequest && bytes.Contains(body, []byte("HTTPS")):
		e.Help = "does its URL begin with https://?"
	case code/100 == 3:
		to := "elsewhere"
		if location, err := resp.Location(); err == nil {
			location.RawQuery, location.Fragment = "", "" // of a login they may hold secrets
			to = location.Redacted()
		}
		e.Problem = fmt.Sprintf("the server sends us to %s (%d)", to, code)
		e.Help = "no redirect is followed, because a token is for one server: give the URL of the API itself; if that page is a login, give a token"
	case code == http.StatusTooManyRequests || code/100 == 5:
		e.Help = "the server, or what stands before it, is not well or overloaded"
	}
	return e
}

// isPage reports whether a response is for a browser.
func isPage(resp *http.Response, body []byte) bool {
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	return kind == "text/html" || bytes.HasPrefix(bytes.TrimSpace(body), []byte("<"))
}

// title quotes the title of a web page, after a space; empty: it has none.
func title(page []byte) string {
	lower := bytes.ToLower(page)
	from := bytes.Index(lower, []byte("<title>"))
	if from < 0 || len(lower) != len(page) {
		return ""
	}
	text := page[from+len("<title>"):]
	to := bytes.IndexByte(text, '<')
	if to < 0 {
		return ""
	}
	return " " + brief(text[:to])
}

// explain says why there was no answer.
func (s *Server) explain(err error) (problem, help string) {
	var ours *Error
	var authority x509.UnknownAuthorityError
	var name x509.HostnameError
	var record tls.RecordHeaderError
	switch {
	case errors.As(err, &ours):
		return ours.Problem, ours.Help
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Sprintf("no answer within %v", s.config.Timeout), "is the server reachable from here? --timeout gives it longer"
	case errors.As(err, &authority):
		return "nobody that is trusted here has signed the server's certificate", "give the certificate of who has: --ca-file FILE"
	case errors.As(err, &name):
		return "the server's certificate is for another name: " + name.Error(), ""
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "the answer breaks off", "try again: what stands before the server may have cut it"
	case errors.As(err, &record), errors.Is(err, http.ErrSchemeMismatch):
		return "the server does not speak TLS", "does its URL begin with http://?"
	}
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err // without the URL, which stands before it
	}
	return err.Error(), "is the server reachable from here? Without a way to it, --from FILE reads answers that somebody else fetched"
}
