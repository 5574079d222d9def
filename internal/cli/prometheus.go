package cli

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/scantling/scantling/internal/prometheus"
)

// tokenVariable holds the bearer token for --prometheus, so that no command line shows it.
const tokenVariable = "SCANTLING_PROMETHEUS_TOKEN"

// sourceFlags say where the commands that read metrics get them from.
type sourceFlags struct {
	url     string
	from    string
	token   string // name of a file
	ca      string // name of a file
	headers []string
	match   []string
	timeout time.Duration
	print   bool
	at      string
}

// add adds the flags; timeout is the default of the one by that name.
func (f *sourceFlags) add(cmd *cobra.Command, timeout time.Duration) {
	fs := cmd.Flags()
	fs.StringVar(&f.url, "prometheus", "", "ask the server at `URL`, with its path prefix if it has one")
	fs.StringVar(&f.from, "from", "", "read `FILE` with answers instead of asking a server; - is stdin")
	fs.StringArrayVar(&f.match, "match", nil, "look only at series with this `LABEL=\"VALUE\"`, as 'cluster=\"prod-eu\"'; may be repeated")
	fs.StringVar(&f.token, "token-file", "", "send the bearer token in `FILE` (default: what "+tokenVariable+" holds)")
	fs.StringVar(&f.ca, "ca-file", "", "trust the certificates in `FILE`, too")
	fs.StringArrayVar(&f.headers, "header", nil, "send this `NAME: VALUE` with each query, as X-Scope-OrgID: team; may be repeated")
	fs.DurationVar(&f.timeout, "timeout", timeout, "wait no longer than `DURATION` for an answer")
	fs.BoolVar(&f.print, "print-queries", false, "print a script that fetches what --from reads, and do nothing else")
	fs.StringVar(&f.at, "at", "", "ask about `TIME`, such as 2026-11-02T15:04:05Z, instead of now")
}

// clock returns the time that is asked about, and what a server is told of it: the zero time leaves that to its own clock.
func (f *sourceFlags) clock() (now, at time.Time, err error) {
	if f.at == "" {
		return time.Now(), time.Time{}, nil
	}
	at, err = time.Parse(time.RFC3339, f.at)
	if err != nil {
		return at, at, &usageError{fmt.Sprintf("--at %q: want a time such as 2026-11-02T15:04:05Z", f.at), ""}
	}
	return at, at, nil
}

// check finds what is wrong with the flags before anything is read.
func (f *sourceFlags) check() (prometheus.Matchers, error) {
	if !f.print && (f.url == "") == (f.from == "") {
		return nil, &usageError{"where are the metrics? want one of --prometheus and --from",
			"--prometheus https://prometheus.example.com asks a server; --print-queries prints what makes a file for --from"}
	}
	if f.timeout <= 0 {
		return nil, &usageError{fmt.Sprintf("--timeout %v: want a time above 0, such as 30s", f.timeout), ""}
	}
	match, err := prometheus.ParseMatchers(f.match)
	return match, asUsage("--match", err)
}

// open returns what answers the queries.
func (f *sourceFlags) open(std *streams, queries []prometheus.Query) (prometheus.Source, error) {
	if f.from != "" {
		data, err := f.read(std)
		if err != nil {
			return nil, err
		}
		file, err := prometheus.ReadFile(f.from, data, queries)
		return file, asUsage("", err)
	}
	config := prometheus.Config{URL: f.url, Timeout: f.timeout, Agent: "scantling/" + build().Version, Token: strings.TrimSpace(os.Getenv(tokenVariable)), Headers: http.Header{}}
	for _, h := range f.headers {
		name, value, ok := strings.Cut(h, ":")
		if name = strings.TrimSpace(name); !ok || name == "" || strings.ContainsAny(name, " \t\r\n") || strings.ContainsAny(value, "\r\n") {
			return nil, &usageError{"--header: want NAME: VALUE, such as 'X-Scope-OrgID: team'", ""} // what was given may be a secret
		}
		config.Headers.Add(name, strings.TrimSpace(value))
	}
	if f.token != "" {
		token, err := os.ReadFile(std.path(f.token))
		if err != nil {
			return nil, err
		}
		if config.Token = strings.TrimSpace(string(token)); config.Token == "" {
			return nil, &usageError{fmt.Sprintf("--token-file %s: the file is empty", f.token), ""}
		}
	}
	if f.ca != "" {
		var err error
		if config.CA, err = os.ReadFile(std.path(f.ca)); err != nil {
			return nil, err
		}
	}
	server, err := prometheus.Connect(config)
	return server, asUsage("", err)
}

func (f *sourceFlags) read(std *streams) ([]byte, error) {
	if f.from == "-" {
		return io.ReadAll(std.in)
	}
	return os.ReadFile(std.path(f.from))
}

// asUsage turns what went wrong on the way to an answer into an error with its help; flag is where it comes from, or empty.
func asUsage(flag string, err error) error {
	var e *prometheus.Error
	if !errors.As(err, &e) {
		return err
	}
	if flag != "" {
		flag += ": "
	}
	return &usageError{flag + e.Problem, e.Help}
}
