package recovery

import (
	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

// ruleFiles are the stories that promtool tells the rules of an app's data.
func ruleFiles(a app.App) (files []generator.File) {
	for _, r := range a.Recovery {
		rules := alerts(a, r)
		if len(rules) == 0 {
			continue
		}
		stem := kube.RuleFileStem(a.Name, ruleObject(a, r, rules).Name)
		files = append(files, generator.File{Tree: kube.RuleTree, Name: stem + ".test.yaml", Content: kube.RuleTests{
			RuleFiles: []string{stem + kube.RuleFileEnding}, EvaluationInterval: "1m", Tests: stories(a, r, rules),
		}})
	}
	return files
}

// stories are what can happen to the data and its backups. Each begins at a minute 0; what was before has negative times, so that
// nothing has to be told that lies weeks back.
func stories(a app.App, r app.Recovery, rules []kube.Rule) []kube.RuleTest {
	t := teller{app: a, recovery: r, rules: rules}
	var all []kube.RuleTest
	switch r.Method {
	case app.ByDump, app.BySnapshot:
		all = t.cronJobStories()
	case app.ByVelero:
		all = t.veleroStories()
	case app.ByArchive, app.ByReplica:
		all = t.archiveStories()
	}
	return append(all, t.drillStories()...)
}

// teller tells stories to the rules of one store of data.
type teller struct {
	app      app.App
	recovery app.Recovery
	rules    []kube.Rule
}

const (
	storyMinutes = 120 // longer than any alert waits, and goes on

	// What is as old as it may be in one minute of a story is too old in the next one: comparisons are with >.
	atLimit  = 10
	tooOld   = atLimit + 1
	soonOver = 30 // the minute in which a story ends well, after an alert that waits for a quarter of an hour
	lateOver = 75 // likewise, for an hour
)

// longAgo is the time (seconds since the beginning) that is so long ago at the minute atLimit.
func longAgo(seconds int64) int64 { return atLimit*60 - seconds }

// always is a value for a whole story.
func always(value int64) string { return kube.Level(value, storyMinutes) }

// change is one value until a minute, and another one from then on.
func change(before, minute, after int64) string {
	return kube.Level(before, minute) + " " + kube.Level(after, storyMinutes-minute)
}

// appears is a value from a minute on.
func appears(minute, value int64) string {
	return kube.Gap(minute) + " " + kube.Level(value, storyMinutes-minute)
}

// silence is a story that no alert is heard in, at these minutes.
func (t teller) silence(name string, seen []kube.InputSeries, minutes ...int64) kube.RuleTest {
	test := kube.RuleTest{Name: name, Interval: "1m", InputSeries: seen}
	for _, m := range minutes {
		test.Silent(m, t.rules...)
	}
	return test
}

// heard is a story in which the condition of an alert is true from one minute until another.
func (t teller) heard(alert, name string, seen []kube.InputSeries, from, until int64, returned map[string]string) kube.RuleTest {
	test := kube.RuleTest{Name: alert + ": " + name, Interval: "1m", InputSeries: seen}
	for _, r := range t.rules {
		if r.Alert == alert {
			test.Holds(r, from, until, returned)
		}
	}
	return test
}
