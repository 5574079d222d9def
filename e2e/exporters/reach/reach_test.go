package reach_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/scantling/scantling/e2e/exporters/reach"
	"github.com/scantling/scantling/e2e/exporters/series"
)

var world = func() series.World {
	w := series.World{}
	for _, s := range []labels.Labels{
		labels.FromStrings("__name__", "up", "job", "web", "pod", "web-1"),
		labels.FromStrings("__name__", "ready", "pod", "web-1", "status", "true"),
		labels.FromStrings("__name__", "ready", "pod", "web-1", "status", "false"),
		labels.FromStrings("__name__", "owner", "pod", "web-1", "kind", "Set"),
		labels.FromStrings("__name__", "other", "pod", "db-1"),
		labels.FromStrings("__name__", "took_bucket", "pod", "web-1", "le", "1"),
	} {
		w.Add(s)
	}
	return w
}()

func TestFind(t *testing.T) {
	for _, c := range []struct {
		expr, found, slip string
	}{
		{`up`, `{__name__="up", job="web", pod="web-1"}`, ""},
		{`rate(up[5m])`, `{job="web", pod="web-1"}`, ""},
		{`sum by (pod) (up) > 0`, `{pod="web-1"}`, ""},
		{`sum without (pod) (up)`, `{job="web"}`, ""},
		{`max_over_time(up[5m:1m]) or vector(0)`, `{job="web", pod="web-1"} {}`, ""},
		{`time() - max(up)`, `{}`, ""},
		{`absent(up{job="web",pod=~"w.*"})`, `{job="web"}`, ""},
		{`up and on (pod) owner`, `{__name__="up", job="web", pod="web-1"}`, ""},
		{`up * on (pod) group_left (kind) owner`, `{job="web", kind="Set", pod="web-1"}`, ""},
		{`sum by (pod) (up) / sum by (pod) (owner)`, `{pod="web-1"}`, ""},
		{`up unless on (pod) owner`, `{__name__="up", job="web", pod="web-1"}`, ""},
		{`label_replace(up, "app", "$1", "pod", "(.+)-.+")`, `{__name__="up", app="web", job="web", pod="web-1"}`, ""},
		{`histogram_quantile(0.9, sum by (le) (rate(took_bucket[5m])))`, `{}`, ""},
		{`up{pod=~"web-1|web-2"}`, `{__name__="up", job="web", pod="web-1"}`, ""}, // pods come and go
		{`up{zone=""}`, `{__name__="up", job="web", pod="web-1"}`, ""},
		{`{__name__=~"up|other"}`, `{__name__="up", job="web", pod="web-1"} {__name__="other", pod="db-1"}`, ""},

		{`down`, "", "nobody exposes it"},
		{`{__name__=~"up|down"}`, `{__name__="up", job="web", pod="web-1"}`, "nobody exposes down"},
		{`up{name="web"}`, "", "no label name"},
		{`up{job="db"}`, "", "no job is db"},
		{`ready{status=~"true|unknown"}`, `{__name__="ready", pod="web-1", status="true"}`, "no status is unknown"},
		{`ready{status!~"true|unknown"}`, `{__name__="ready", pod="web-1", status="false"}`, "no status is unknown"},
		{`ready{status!="unknown"}`, `{__name__="ready", pod="web-1", status="true"} {__name__="ready", pod="web-1", status="false"}`, "no status is unknown"},
		{`took_bucket{le=~"2|4"}`, "", "no le is 2"},
		{`sum by (node) (up)`, `{}`, "no label node"},
		{`sum without (node) (up)`, `{job="web", pod="web-1"}`, "no label node"},
		{`up and on (kind) owner`, "", "no label kind"},
		{`up * on (pod) group_left (node) owner`, `{job="web", pod="web-1"}`, "no label node"},
		{`up and on (pod) other`, "", "no series of one side meets one of the other"},
		{`up unless on (pod) other`, `{__name__="up", job="web", pod="web-1"}`, "no series of one side meets one of the other"},
		{`up == ready`, "", "no series of one side meets one of the other"},
		{`label_replace(up, "app", "$1", "node", "(.+)")`, `{__name__="up", job="web", pod="web-1"}`, "no label node"},
		{`label_replace(up, "app", "$1", "pod", "(db)-.+")`, `{__name__="up", job="web", pod="web-1"}`, "no pod is like that"},
	} {
		t.Run(c.expr, func(t *testing.T) {
			expr, err := parser.ParseExpr(c.expr)
			if err != nil {
				t.Fatal(err)
			}
			found, slips := reach.Find(expr, world)
			if c.slip == "" && len(slips) > 0 || c.slip != "" && !slices.ContainsFunc(slips, func(s reach.Slip) bool { return strings.Contains(s.What, c.slip) }) {
				t.Errorf("slips %v, want %q", slips, c.slip)
			}
			var texts []string
			for _, f := range found {
				texts = append(texts, fmt.Sprint(f))
			}
			slices.Sort(texts)
			want := strings.SplitAfter(c.found, "} ")
			for i := range want {
				want[i] = strings.TrimSpace(want[i])
			}
			slices.Sort(want)
			if strings.Join(texts, " ") != strings.Join(want, " ") {
				t.Errorf("found %v, want %v", texts, want)
			}
		})
	}
}
