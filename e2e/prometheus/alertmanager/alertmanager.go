// Package alertmanager is Alertmanager's own grouping, inhibition and silences, put together as its server does, for tests that have a clock of their own.
package alertmanager

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/prometheus/alertmanager/alert"
	"github.com/prometheus/alertmanager/config"
	"github.com/prometheus/alertmanager/dispatch"
	"github.com/prometheus/alertmanager/eventrecorder"
	"github.com/prometheus/alertmanager/featurecontrol"
	"github.com/prometheus/alertmanager/inhibit"
	"github.com/prometheus/alertmanager/marker"
	"github.com/prometheus/alertmanager/matcher/compat"
	"github.com/prometheus/alertmanager/nflog"
	"github.com/prometheus/alertmanager/notify"
	"github.com/prometheus/alertmanager/pkg/labels"
	"github.com/prometheus/alertmanager/provider/mem"
	"github.com/prometheus/alertmanager/silence"
	"github.com/prometheus/alertmanager/silence/silencepb"
	"github.com/prometheus/alertmanager/template"
	"github.com/prometheus/alertmanager/timeinterval"
	metrics "github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/notifier"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// retention is the server's default, as the other times are.
const retention = 120 * time.Hour

// Alertmanager notifies whoever its configuration names.
type Alertmanager struct {
	t          testing.TB
	alerts     *mem.Alerts
	silences   *silence.Silences
	inhibitor  *inhibit.Inhibitor
	dispatcher *dispatch.Dispatcher
}

// Heard is called for each notification: who gets it, and the alerts in it.
type Heard func(receiver string, alerts []*alert.Alert)

// New starts one with a configuration, whose receivers all end in heard. It is called in a bubble of testing/synctest, and stopped there.
func New(t testing.TB, text string, heard Heard) *Alertmanager {
	t.Helper()
	conf, err := config.Load(text)
	if err != nil {
		t.Fatal(err)
	}
	var (
		quiet    = slog.New(slog.DiscardHandler)
		registry = metrics.NewRegistry()
		flags    = featurecontrol.NoopFlags{}
		nobody   = eventrecorder.NopRecorder()
		groups   = marker.NewGroupMarker()
		wait     = func() time.Duration { return 0 } // there is no other instance to wait for
	)
	compat.InitFromFlags(quiet, flags)
	am := &Alertmanager{t: t}
	if am.silences, err = silence.New(silence.Options{Retention: retention, Metrics: registry, EventRecorder: nobody}); err != nil {
		t.Fatal(err)
	}
	silencer := silence.NewSilencer(am.silences, quiet, nobody)
	if am.alerts, err = mem.NewAlerts(t.Context(), 30*time.Minute, 0, silencer, quiet, nobody, registry, flags); err != nil {
		t.Fatal(err)
	}
	log, err := nflog.New(nflog.Options{Retention: retention, Metrics: registry})
	if err != nil {
		t.Fatal(err)
	}
	templates, err := template.FromGlobs(nil)
	if err != nil {
		t.Fatal(err)
	}
	receivers := map[string][]notify.Integration{}
	for _, r := range conf.Receivers {
		receivers[r.Name] = []notify.Integration{notify.NewIntegration(receiver{r.Name, heard}, receiver{}, "test", 0, r.Name)}
	}
	am.inhibitor = inhibit.NewInhibitor(am.alerts, conf.InhibitRules, quiet, nobody)
	stages := notify.NewPipelineBuilder(registry, flags, nobody).New(receivers, wait, am.inhibitor, silencer, timeinterval.NewIntervener(nil), groups, log, nil)
	am.dispatcher = dispatch.NewDispatcher(am.alerts, dispatch.NewRoute(conf.Route, nil), stages, groups,
		func(d time.Duration) time.Duration { return max(d, notify.MinTimeout) }, 30*time.Second, nil, quiet, nobody,
		dispatch.NewDispatcherMetrics(false, registry, flags), templates)
	go am.inhibitor.Run()
	am.inhibitor.WaitForLoading()
	go am.dispatcher.Run(time.Now())
	am.dispatcher.WaitForLoading()
	return am
}

// Stop ends all of it.
func (am *Alertmanager) Stop() {
	am.dispatcher.Stop()
	am.inhibitor.Stop()
	am.alerts.Close()
}

// Send is what Prometheus posts; times are moved by so much.
func (am *Alertmanager) Send(moved time.Duration, sent []*notifier.Alert) {
	am.t.Helper()
	var all []*alert.Alert
	for _, s := range sent {
		a := &alert.Alert{Alert: model.Alert{
			Labels: model.LabelSet{}, Annotations: model.LabelSet{}, StartsAt: s.StartsAt.Add(moved), EndsAt: s.EndsAt.Add(moved), GeneratorURL: s.GeneratorURL,
		}, UpdatedAt: time.Now()}
		for name, value := range s.Labels.Map() {
			a.Labels[model.LabelName(name)] = model.LabelValue(value)
		}
		for name, value := range s.Annotations.Map() {
			a.Annotations[model.LabelName(name)] = model.LabelValue(value)
		}
		if err := a.Validate(); err != nil {
			am.t.Fatal(err)
		}
		all = append(all, a)
	}
	if err := am.alerts.Put(eventrecorder.WithEventRecording(context.Background()), all...); err != nil {
		am.t.Fatal(err)
	}
}

// Silence keeps what all matchers match quiet for a while from now on.
func (am *Alertmanager) Silence(lasts time.Duration, matchers ...string) {
	am.t.Helper()
	set := &silencepb.MatcherSet{}
	for _, text := range matchers {
		m, err := compat.Matcher(text, "test")
		if err != nil {
			am.t.Fatal(err)
		}
		if m.Type != labels.MatchEqual {
			am.t.Fatalf("%s is no equality", m)
		}
		set.Matchers = append(set.Matchers, &silencepb.Matcher{Name: m.Name, Pattern: m.Value, Type: silencepb.Matcher_EQUAL})
	}
	err := am.silences.Set(context.Background(), &silencepb.Silence{
		MatcherSets: []*silencepb.MatcherSet{set}, Matchers: set.Matchers, StartsAt: timestamppb.Now(), EndsAt: timestamppb.New(time.Now().Add(lasts)),
	})
	if err != nil {
		am.t.Fatal(err)
	}
}

// receiver hands what it gets to a test.
type receiver struct {
	name  string
	heard Heard
}

// Notify is called once for each notification.
func (r receiver) Notify(_ context.Context, alerts ...*alert.Alert) (bool, error) {
	r.heard(r.name, alerts)
	return false, nil
}

// SendResolved is true for pagers and trackers by default.
func (receiver) SendResolved() bool { return true }
