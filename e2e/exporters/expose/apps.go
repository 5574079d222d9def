package expose

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os/exec"

	grpcmetrics "github.com/grpc-ecosystem/go-grpc-middleware/providers/prometheus"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	otelprometheus "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/semconv/v1.37.0/messagingconv"
	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"

	"github.com/scantling/scantling/e2e/exporters/series"
)

// Service runs a program of the reference service, which needs neither its database nor its cache to begin, and returns what it says.
func Service(ctx context.Context, program, secret string) (map[string]*dto.MetricFamily, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	cmd := exec.CommandContext(ctx, program)
	cmd.Env = []string{
		"LISTEN_ADDR=127.0.0.1:0",
		"DB_HOST=127.0.0.1", "DB_PORT=1", "DB_DATABASE=d", "DB_USER=u", "DB_PASSWORD_FILE=" + secret, "DB_TLS=disable", "DB_POOL_MAX=1", "DB_POOL_MIN_IDLE=0",
		"DB_CONN_MAX_LIFETIME=1m", "CACHE_ADDR=127.0.0.1:1", "CACHE_TLS=disable", "CACHE_TIMEOUT=1s", "CACHE_TTL_JITTER=0.1",
	}
	output, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	defer cmd.Wait() // after stop
	defer stop()
	var said string
	for lines := bufio.NewScanner(output); lines.Scan(); {
		var line struct{ Address string }
		said += lines.Text() + "\n"
		if json.Unmarshal(lines.Bytes(), &line) != nil || line.Address == "" {
			continue
		}
		answer, err := http.Get("http://" + line.Address + "/metrics")
		if err != nil {
			return nil, err
		}
		defer answer.Body.Close()
		return series.Parse(answer.Body)
	}
	return nil, fmt.Errorf("the reference service does not listen:\n%s", said)
}

// GRPC starts a server with the health service, counted by the library that most servers in Go use, and returns its address and what it
// says before the first call: it begins with every code at 0.
func GRPC(ctx context.Context) (net.Addr, map[string]*dto.MetricFamily, error) {
	counted := grpcmetrics.NewServerMetrics(grpcmetrics.WithServerHandlingTimeHistogram())
	s := grpc.NewServer(grpc.ChainUnaryInterceptor(counted.UnaryServerInterceptor()))
	grpc_health_v1.RegisterHealthServer(s, health.NewServer())
	counted.InitializeMetrics(s)
	registry := prometheus.NewRegistry()
	registry.MustRegister(counted)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	go s.Serve(listener)
	go func() {
		<-ctx.Done()
		s.Stop()
	}()
	families, err := gather(registry)
	return listener.Addr(), families, err
}

// Messaging is what OpenTelemetry's library makes of its convention for work that messages make, of work that went well and that failed.
func Messaging(ctx context.Context) (map[string]*dto.MetricFamily, error) {
	registry := prometheus.NewRegistry()
	exporter, err := otelprometheus.New(otelprometheus.WithRegisterer(registry))
	if err != nil {
		return nil, err
	}
	durations, err := messagingconv.NewProcessDuration(sdkmetric.NewMeterProvider(sdkmetric.WithReader(exporter)).Meter("worker"),
		metric.WithExplicitBucketBoundaries(0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)) // the convention's; the SDK's own are 5, 10, 25 …
	if err != nil {
		return nil, err
	}
	durations.Record(ctx, 1, "process", messagingconv.SystemKafka)
	durations.Record(ctx, 1, "process", messagingconv.SystemKafka, durations.AttrErrorType(messagingconv.ErrorTypeOther))
	return gather(registry)
}

// Native is what Prometheus' library for Go says of durations that it keeps as a native histogram.
func Native() (map[string]*dto.MetricFamily, error) {
	durations := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "http_request_duration_seconds", NativeHistogramBucketFactor: 1.1}, []string{"code", "method", "route"})
	for _, code := range []string{"200", "503"} {
		durations.WithLabelValues(code, "GET", "/").Observe(1)
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(durations)
	return gather(registry)
}
