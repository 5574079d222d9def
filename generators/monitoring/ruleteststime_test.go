package monitoring

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/kube"
	"github.com/scantling/scantling/internal/slo"
)

var outageStory = regexp.MustCompile(`^everything (?:fails|is slow) for \d+ minutes, after (\d+) that were well: a page within (\d+) s$`)

// TestPagesComeWithinTheStatedTime wants of each objective the story of an outage in which somebody is woken within the time that
// "explain APP slo" states, and not so much sooner that the story would tell of something else: a scrape, an evaluation, and a sixth of
// the time, since a rate of five minutes is made of four and a half.
func TestPagesComeWithinTheStatedTime(t *testing.T) {
	for name, a := range sources() {
		for _, percent := range []float64{99.99, 99.9, 99.5, 99, 95, 92, 80} {
			for _, days := range []int{28, 30} {
				a.SLO = new(*a.SLO)
				a.SLO.WindowDays, a.SLO.Objectives = days, slices.Clone(a.SLO.Objectives)
				for i := range a.SLO.Objectives {
					a.SLO.Objectives[i].Percent = percent
				}
				stories := stage{a, asShort, shortGroup(a).Rules, told{}, nil}.outages()
				for _, o := range a.SLO.Objectives {
					within, ok := slo.FirstPageWithin(a, o)
					if !ok {
						t.Fatalf("%s: no page is promised", name)
					}
					after := pageAfter(t, stories, o, within)
					if after > within || after < within-within/6-2*slo.ShortSeconds {
						t.Errorf("%s, %v %% over %d days, %s: a page comes after %d s, stated are %d", name, percent, days, o.Name, after, within)
					}
				}
			}
		}
	}
}

// pageAfter is how many seconds the outage of an objective lasts in its story until somebody is woken.
func pageAfter(t *testing.T, stories []kube.RuleTest, o app.Objective, within int64) int64 {
	t.Helper()
	way := map[bool]string{false: "everything fails", true: "everything is slow"}[o.UnderMillis > 0]
	for _, story := range stories {
		said := outageStory.FindStringSubmatch(story.Name)
		if said == nil || !strings.HasPrefix(story.Name, way) {
			continue
		}
		if said[2] != strconv.FormatInt(within, 10) {
			t.Errorf("%q, stated are %d s", story.Name, within)
		}
		well, _ := strconv.ParseInt(said[1], 10, 64)
		first := int64(1 << 40)
		for _, x := range story.AlertRuleTest {
			if slices.ContainsFunc(x.ExpAlerts, func(e kube.ExpAlert) bool { return e.ExpLabels["severity"] == "page" && e.ExpLabels["slo"] == o.Name }) {
				at, _ := time.ParseDuration(x.EvalTime)
				first = min(first, int64(at.Seconds())-well*60)
			}
		}
		return first
	}
	t.Errorf("no story tells how soon %s %v wakes somebody", o.Name, o.Percent)
	return within
}

// TestNobodyIsPagedOfBestEffort wants no time where no page is promised.
func TestNobodyIsPagedOfBestEffort(t *testing.T) {
	a := promises("web", availability("http"))
	a.Tier, a.SLO.Objectives[0].Pages = app.BestEffort, false
	if within, ok := slo.FirstPageWithin(a, a.SLO.Objectives[0]); ok {
		t.Errorf("a page within %d s", within)
	}
	for _, story := range (stage{a, asShort, shortGroup(a).Rules, told{}, nil}).outages() {
		if strings.Contains(story.Name, "a page within") {
			t.Errorf("%q", story.Name)
		}
	}
}
