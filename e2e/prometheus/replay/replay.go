// Package replay evaluates rules as Prometheus does, with its storage, its engine and its groups, at the speed of the processor instead of the clock.
package replay

import (
	"cmp"
	"context"
	"fmt"
	"hash/fnv"
	"log/slog"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/notifier"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/rules"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"
)

// Source is what is scraped.
type Source interface {
	// Scrape appends all that is scraped before a time, and was not yet.
	Scrape(to storage.AppenderV2, before time.Time) error
}

// Replay is a Prometheus whose time is the test's.
type Replay struct {
	Alerts []Alert          // in the order in which they fired
	Sent   []Sent           // in the order in which an Alertmanager would get them
	Read   map[string]int64 // samples that were read, by group

	t      testing.TB
	db     *tsdb.DB
	engine *promql.Engine
	source Source
	groups []*group
	now    *group // that is evaluated
}

// Alert is one that fired.
type Alert struct {
	Group    string
	Name     string
	Labels   labels.Labels
	From, To time.Time // To is zero while it fires
}

// Sent is what Prometheus sends to an Alertmanager at a time.
type Sent struct {
	At     time.Time
	Alerts []*notifier.Alert
}

// Send keeps what the rules that are evaluated send.
func (r *Replay) Send(alerts ...*notifier.Alert) {
	r.Sent = append(r.Sent, Sent{r.now.next, alerts})
}

// group is a group of rules and the time of its next evaluation.
type group struct {
	*rules.Group
	next   time.Time
	firing map[string]int // the index in Alerts, by labels
}

// New starts a Prometheus at a time, with all groups of the files.
func New(t testing.TB, source Source, start time.Time, files ...string) *Replay {
	t.Helper()
	r := &Replay{Read: map[string]int64{}, t: t, source: source}
	options := tsdb.DefaultOptions()
	options.WALSegmentSize = -1                                  // no log: nothing is recovered
	options.MinBlockDuration = (1000 * time.Hour).Milliseconds() // all stays in memory
	options.MaxBlockDuration = options.MinBlockDuration
	options.RetentionDuration = 0 // for ever
	var err error
	if r.db, err = tsdb.Open(t.TempDir(), slog.New(slog.DiscardHandler), nil, options, nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.db.Close() })
	r.engine = promql.NewEngine(promql.EngineOpts{
		MaxSamples: 50_000_000, Timeout: 10 * time.Minute, // the first is what Prometheus defaults to
		LookbackDelta: 5 * time.Minute, EnableAtModifier: true, EnableNegativeOffset: true, Parser: parser.NewParser(parser.Options{}),
	})
	t.Cleanup(func() { r.engine.Close() })
	r.load(start, files)
	return r
}

// load reads the groups of files.
func (r *Replay) load(start time.Time, files []string) {
	r.t.Helper()
	options := &rules.ManagerOptions{
		QueryFunc: r.query, AppendableV2: r.db, Queryable: r.db, Context: context.Background(), Logger: slog.New(slog.DiscardHandler),
		NotifyFunc: rules.SendAlerts(r, ""), ResendDelay: time.Minute /* its default */, Parser: parser.NewParser(parser.Options{}),
	}
	loaded, errs := rules.NewManager(options).LoadGroups(30*time.Second, labels.EmptyLabels(), "", nil, false, files...)
	for _, err := range errs {
		r.t.Error(err)
	}
	if len(errs) > 0 {
		r.t.FailNow()
	}
	for _, key := range slices.Sorted(maps.Keys(loaded)) {
		g := loaded[key]
		for _, rule := range g.Rules() {
			if alert, ok := rule.(*rules.AlertingRule); ok {
				alert.SetRestored(true) // else it writes no series
			}
		}
		r.groups = append(r.groups, &group{Group: g, next: first(g, start), firing: map[string]int{}})
	}
}

// first is when a group is evaluated first: Prometheus spreads groups over their interval, by their names.
func first(g *rules.Group, start time.Time) time.Time {
	h := fnv.New32a()
	fmt.Fprint(h, g.Name())
	return start.Add(time.Duration(h.Sum32()%uint32(g.Interval().Seconds())) * time.Second)
}

// query answers a rule's question, and counts the samples that it took.
func (r *Replay) query(ctx context.Context, text string, at time.Time) (promql.Vector, error) {
	query, err := r.engine.NewInstantQuery(ctx, r.db, nil, text, at)
	if err != nil {
		return nil, err
	}
	defer query.Close()
	result := query.Exec(ctx)
	if r.now != nil {
		r.Read[r.now.Name()] += query.Stats().Samples.TotalSamples
	}
	if result.Err != nil {
		return nil, result.Err
	}
	switch value := result.Value.(type) {
	case promql.Vector:
		return slices.Clone(value), nil
	case promql.Scalar:
		return promql.Vector{{T: value.T, F: value.V}}, nil
	default:
		return nil, fmt.Errorf("%s is a %s", text, value.Type())
	}
}

// Query returns what an expression returns at a time.
func (r *Replay) Query(text string, at time.Time) promql.Vector {
	r.t.Helper()
	vector, err := r.query(context.Background(), text, at)
	if err != nil {
		r.t.Fatal(err)
	}
	return vector
}

// Run scrapes and evaluates until a time.
func (r *Replay) Run(until time.Time) {
	r.t.Helper()
	for len(r.groups) > 0 {
		g := slices.MinFunc(r.groups, func(a, b *group) int {
			return cmp.Or(a.next.Compare(b.next), cmp.Compare(a.Name(), b.Name()))
		})
		if g.next.After(until) {
			break
		}
		r.scrape(g.next)
		r.evaluate(g)
		g.next = g.next.Add(g.Interval())
	}
	r.scrape(until)
}

func (r *Replay) scrape(before time.Time) {
	r.t.Helper()
	to := r.db.AppenderV2(context.Background())
	if err := r.source.Scrape(to, before); err != nil {
		r.t.Fatal(err)
	}
	if err := to.Commit(); err != nil {
		r.t.Fatal(err)
	}
}

// evaluate evaluates a group once, and notes which alerts fire now and which do no longer.
func (r *Replay) evaluate(g *group) {
	r.t.Helper()
	r.now = g
	g.Eval(context.Background(), g.next)
	r.now = nil
	firing := map[string]bool{}
	for _, rule := range g.Rules() {
		if err := rule.LastError(); err != nil {
			r.t.Fatalf("%s: %s at %s: %v", g.Name(), rule.Name(), g.next.Format(time.DateTime), err)
		}
		alert, ok := rule.(*rules.AlertingRule)
		if !ok {
			continue
		}
		for _, a := range alert.ActiveAlerts() {
			if a.State != rules.StateFiring {
				continue
			}
			key := a.Labels.String()
			firing[key] = true
			if _, before := g.firing[key]; !before {
				g.firing[key] = len(r.Alerts)
				r.Alerts = append(r.Alerts, Alert{Group: g.Name(), Name: alert.Name(), Labels: a.Labels.Copy(), From: g.next})
			}
		}
	}
	for key, i := range g.firing {
		if !firing[key] {
			r.Alerts[i].To = g.next
			delete(g.firing, key)
		}
	}
}

// Series counts the series that a selector selects among all that were ever written.
func (r *Replay) Series(matchers ...*labels.Matcher) int {
	r.t.Helper()
	querier, err := r.db.Querier(0, time.Now().AddDate(100, 0, 0).UnixMilli())
	if err != nil {
		r.t.Fatal(err)
	}
	defer querier.Close()
	found, n := querier.Select(context.Background(), false, nil, matchers...), 0
	for found.Next() {
		n++
	}
	if err := found.Err(); err != nil {
		r.t.Fatal(err)
	}
	return n
}

// Rules are all rules of all groups.
func (r *Replay) Rules() []rules.Rule {
	var all []rules.Rule
	for _, g := range r.groups {
		all = append(all, g.Rules()...)
	}
	return all
}
