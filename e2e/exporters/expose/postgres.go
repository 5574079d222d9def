package expose

import (
	"cmp"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/blang/semver"
	"github.com/cloudnative-pg/cloudnative-pg/pkg/management/postgres"
	"github.com/cloudnative-pg/cloudnative-pg/pkg/management/postgres/metrics"
	"github.com/cloudnative-pg/cloudnative-pg/pkg/management/postgres/webserver/metricserver"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"k8s.io/apimachinery/pkg/util/yaml"
)

// Folder is where the source of a module lies.
func Folder(module string) (string, error) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", module).Output()
	return strings.TrimSpace(string(out)), err
}

// Postgres is what an instance of CloudNativePG says: by itself, and by the queries that its operator ships. The server itself does not
// run here, so what labels a query returns has no values but those that are named here.
func Postgres() (map[string]*dto.MetricFamily, error) {
	shipped, err := shippedQueries()
	if err != nil {
		return nil, err
	}
	instance := postgres.NewInstance()
	instance.SetMightBeUnavailable(true) // so that nobody is asked
	own := metricserver.NewExporter(instance)
	for _, state := range []string{"ready", "done"} { // collectPGWalArchiveMetric, which needs the server's files
		own.Metrics.PgWALArchiveStatus.WithLabelValues(state).Set(1)
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(own, shipped)
	return gather(registry)
}

// running is the version of the servers that we ask for.
var running = semver.Version{Major: 17, Minor: 6}

// queries are what the operator's own ConfigMap makes of a server's answers.
type queries []prometheus.Metric

func (queries) Describe(chan<- *prometheus.Desc) {}

func (q queries) Collect(ch chan<- prometheus.Metric) {
	for _, m := range q {
		ch <- m
	}
}

func shippedQueries() (queries, error) {
	dir, err := Folder("github.com/cloudnative-pg/cloudnative-pg")
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(filepath.Join(dir, "config", "manager", "default-monitoring.yaml"))
	if err != nil {
		return nil, err
	}
	var shipped struct{ Data struct{ Queries string } }
	if err := yaml.Unmarshal(text, &shipped); err != nil {
		return nil, err
	}
	parsed, err := metrics.ParseQueries([]byte(shipped.Data.Queries))
	if err != nil {
		return nil, err
	}
	var all queries
	for name, query := range parsed {
		if runs, err := semver.ParseRange(cmp.Or(query.RunOnServer, ">=0.0.0")); err != nil || !runs(running) {
			continue
		}
		name = cmp.Or(query.Name, name)
		columns, labels := query.ToMetricMap("cnpg_" + name) // as in its internal/management/controller/instance_controller.go
		for _, column := range columns {
			if column.Discard || column.Histogram {
				continue
			}
			m, err := prometheus.NewConstMetric(column.Desc, column.Vtype, 1, answers(labels)...)
			if err != nil {
				return nil, err
			}
			all = append(all, m)
		}
	}
	return all, nil
}

// answers are values of labels as a server gives them.
func answers(labels []string) []string {
	var values []string
	for _, l := range labels {
		if l == "name" { // of a setting
			l = "max_connections"
		}
		values = append(values, l)
	}
	return values
}
