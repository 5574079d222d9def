package monitoring

import (
	"fmt"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/kube"
	"github.com/scantling/scantling/internal/slo"
)

// period says the window of a promise.
func period(a app.App) string { return spoken(slo.Period(a)) }

// spoken says a window of PromQL, such as "6h".
func spoken(window string) string {
	count, unit := window[:len(window)-1], map[byte]string{'m': "minute", 'h': "hour", 'd': "day"}[window[len(window)-1]]
	if count == "1" {
		return unit
	}
	return count + " " + unit + "s"
}

// hours says a time in the largest unit that it is whole in.
func hours(seconds int64) string {
	switch {
	case seconds%3600 == 0:
		return spoken(fmt.Sprintf("%dh", seconds/3600))
	case seconds%60 == 0:
		return spoken(fmt.Sprintf("%dm", seconds/60))
	}
	return fmt.Sprintf("%d seconds", seconds)
}

// promise says what an app promises, and what breaks it.
func promise(a app.App, o app.Objective) string {
	return fmt.Sprintf("Over %s, %s %% of %s.", period(a), slo.InPercent(slo.Target(o)), good(o))
}

// good says what an event is, and when it is good.
func good(o app.Objective) string {
	under := slo.Seconds(o.UnderMillis)
	switch {
	case o.Source == "cron":
		return fmt.Sprintf("the time shall have a success that is no older than %s", hours(o.Seconds))
	case o.Source == "queue" && o.UnderMillis == 0:
		return fmt.Sprintf("the time shall have no more than %d messages that wait", o.Backlog)
	case o.Source == "queue":
		return fmt.Sprintf("the messages shall be processed within %s s", under)
	case o.Source == "probe" && o.UnderMillis == 0:
		return "the prober's questions shall be answered"
	case o.Source == "probe":
		return fmt.Sprintf("the prober's answers shall come within %s s", under)
	case o.UnderMillis > 0:
		return fmt.Sprintf("the requests that do not fail shall take no longer than %s s", under)
	}
	return "the requests shall not fail by the app's fault"
}

// firstSteps are where to look, and the way back.
func firstSteps(a app.App) string {
	own := kube.LabelInstance + "=" + a.Name
	if a.Kind == app.Cron {
		return "What the last runs say" + kube.Commands(kube.Kubectl(a.Namespace, "get jobs,pods -l "+own), kube.LogsOf(a.Namespace, own))
	}
	return "What has changed last? If a release has, go back to the version before. What the pods say" +
		kube.Commands(kube.Kubectl(a.Namespace, "get pods -l "+own), kube.LogsOf(a.Namespace, own))
}

// whoMeasures says where to look when nobody does.
func whoMeasures(a app.App, o app.Objective) string {
	switch o.Source {
	case "probe":
		return "Its targets are on Prometheus' page /targets. Is the prober there, and does Prometheus know it" +
			kube.Commands(kube.Kubectl(a.Namespace, "get probe "+a.Name))
	case "cron":
		return "If the CronJob is there and not suspended, Prometheus does not read kube-state-metrics. Is it there" +
			kube.Commands(kube.Kubectl(a.Namespace, "get cronjob "+a.Name))
	case "queue":
		if o.UnderMillis == 0 {
			return "Does Prometheus read KEDA's operator, and does that reach the broker" + kube.Commands(kube.Kubectl(a.Namespace, "describe scaledobject"))
		}
	case "istio", "nginx", "envoy":
		return fmt.Sprintf("Nobody has asked the app since %s was started, or Prometheus does not read it: see Prometheus' page /targets.", map[string]string{
			"istio": "the proxy that counts", "nginx": "the ingress controller", "envoy": "the gateway",
		}[o.Source])
	}
	return "Their targets are on Prometheus' page /targets. Are there pods, and is Prometheus told to read them" +
		kube.Commands(kube.Kubectl(a.Namespace, "get pods,servicemonitors -l "+kube.LabelInstance+"="+a.Name))
}
