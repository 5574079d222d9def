package rollout

import (
	"fmt"
	"strconv"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/slo"
)

// query is the share of bad requests among those of the pods that match, over the analysis' window: of what the app's objectives
// count, so that a version that passes is one that alerts call good. Without requests it has no result; without bad ones it is 0,
// though then nobody has counted any.
func query(a app.App, m app.Measure, pods string) string {
	series := "namespace=" + strconv.Quote(a.Namespace) + ",pod=~" + strconv.Quote(pods)
	if m.Source == "istio" {
		series += `,reporter="destination"` // the caller's proxy counts the same requests
	}
	r := slo.RequestsOf(a, m.Source, series, fmt.Sprintf("%ds", a.Rollout.Split.Analysis.WindowSeconds))
	if m.LatencyMillis > 0 {
		return fmt.Sprintf("1 - %s / (%s > 0)", r.Fast(m.LatencyMillis), r.Done())
	}
	return fmt.Sprintf("%s / (%s > 0)", r.Bad("0 * "+r.Total()), r.Total())
}

// measures are what a controller looks at; none where nobody could answer.
func measures(a app.App) []app.Measure {
	if a.Rollout.Split == nil || a.Rollout.Split.Analysis == nil || a.Env.Scrape == nil {
		return nil
	}
	return a.Rollout.Split.Analysis.Measures
}

func decimal(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
