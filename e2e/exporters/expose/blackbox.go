package expose

import (
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"

	"github.com/prometheus/blackbox_exporter/config"
	"github.com/prometheus/blackbox_exporter/prober"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/promslog"
)

// A Prober is a blackbox exporter, and an app of each kind that it can ask: HTTP, and gRPC with the health service.
type Prober struct {
	modules *config.SafeConfig
	web     *httptest.Server
	grpc    net.Addr
}

// Ask asks the app, as a Probe with this module and this target does, but for the address. It returns what the exporter answers.
func (p *Prober) Ask(module, target string) (map[string]*dto.MetricFamily, error) {
	at := p.grpc.String()
	if rest, ok := strings.CutPrefix(target, "http://"); ok {
		_, path, _ := strings.Cut(rest, "/")
		at = p.web.URL + "/" + path
	}
	question := url.Values{"module": {module}, "target": {at}}
	request := httptest.NewRequest(http.MethodGet, "/probe?"+question.Encode(), nil)
	answer := httptest.NewRecorder()
	level := promslog.NewLevel()
	prober.Handler(answer, request, p.modules.C, slog.New(slog.DiscardHandler), &prober.ResultHistory{MaxResults: 1}, 0.5, nil, nil, level, level)
	if answer.Code != http.StatusOK {
		return nil, fmt.Errorf("%s of %s: %d %s", module, target, answer.Code, answer.Body)
	}
	return parsed(answer.Body.String())
}

// NewProber starts one with the modules of a file.
func NewProber(file string, grpc net.Addr) (*Prober, error) {
	p := &Prober{modules: config.NewSafeConfig(prometheus.NewRegistry()), grpc: grpc}
	if err := p.modules.ReloadConfig(file, slog.New(slog.DiscardHandler)); err != nil {
		return nil, err
	}
	p.web = httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	return p, nil
}

// Close ends the app.
func (p *Prober) Close() { p.web.Close() }
