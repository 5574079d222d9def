package rulecheck

import (
	"context"
	"log/slog"
	"math"
	"time"

	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"

	"github.com/scantling/scantling/e2e/judge/manifest"
)

// Question puts a question of a controller to a Prometheus that knows nothing. It must be one of numbers, and without data there
// must be no number in the answer: a controller would take it for a measurement.
func Question(object, expression string) []manifest.Finding {
	finding := func(rule, detail string) []manifest.Finding {
		return []manifest.Finding{{Rule: rule, Object: object, Detail: detail}}
	}
	engine := promql.NewEngine(promql.EngineOpts{Logger: slog.New(slog.DiscardHandler), MaxSamples: 1000, Timeout: time.Minute, Parser: parser.NewParser(parser.Options{})})
	defer engine.Close()
	empty := storage.QueryableFunc(func(_, _ int64) (storage.Querier, error) { return storage.NoopQuerier(), nil })
	query, err := engine.NewInstantQuery(context.Background(), empty, nil, expression, time.Unix(0, 0))
	if err != nil {
		return finding("expression", err.Error())
	}
	defer query.Close()
	switch answer := query.Exec(context.Background()); value := answer.Value.(type) {
	case promql.Vector:
		for _, sample := range value {
			if !math.IsNaN(sample.F) {
				return finding("no-data", "without data it answers "+sample.String())
			}
		}
	case promql.Scalar:
		if !math.IsNaN(value.V) {
			return finding("no-data", "without data it answers "+value.String())
		}
	default:
		if answer.Err != nil {
			return finding("expression", answer.Err.Error())
		}
		return finding("expression", "answers with a "+string(value.Type())+", not with a number")
	}
	return nil
}
