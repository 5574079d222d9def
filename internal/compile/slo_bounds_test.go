package compile_test

import (
	"fmt"
	"strings"
	"time"
)

// carelessMonitors finds what Prometheus reads too seldom for a rate of five minutes, without limits, or at no port.
func carelessMonitors(w *watched) (found []string) {
	often := func(id, interval string) {
		if d, err := time.ParseDuration(interval); err != nil || d < 5*time.Second || d > time.Minute {
			found = append(found, fmt.Sprintf("%s: reads every %q", id, interval))
		}
	}
	for _, m := range w.monitors {
		id := "ServiceMonitor " + m.Namespace + "/" + m.Name
		if m.Spec.SampleLimit <= 0 || m.Spec.LabelLimit <= 0 {
			found = append(found, id+": a label with users' ids takes the whole Prometheus down")
		}
		services := w.selectedBy(m)
		if len(services) == 0 || len(m.Spec.Endpoints) == 0 {
			found = append(found, id+": reads no Service")
		}
		for _, e := range m.Spec.Endpoints {
			often(id, e.Interval)
			for _, s := range services {
				if !hasPort(s, e.Port) {
					found = append(found, fmt.Sprintf("%s: Service %s has no port %q", id, s.Name, e.Port))
				}
			}
			if !strings.HasPrefix(e.Path, "/") {
				found = append(found, fmt.Sprintf("%s: reads %q", id, e.Path))
			}
		}
	}
	for _, m := range w.podMonitors {
		id := "PodMonitor " + m.Namespace + "/" + m.Name
		if m.Spec.SampleLimit <= 0 || m.Spec.LabelLimit <= 0 || len(m.Spec.Selector.MatchLabels) == 0 || len(m.Spec.PodMetricsEndpoints) == 0 {
			found = append(found, id+": without limits, pods or ports")
		}
		for _, e := range m.Spec.PodMetricsEndpoints {
			often(id, e.Interval)
		}
	}
	for _, p := range w.probes {
		often("Probe "+p.Namespace+"/"+p.Name, p.Spec.Interval)
		interval, _ := time.ParseDuration(p.Spec.Interval)
		if timeout, err := time.ParseDuration(p.Spec.ScrapeTimeout); err != nil || timeout >= interval {
			found = append(found, fmt.Sprintf("Probe %s: waits %q of %q", p.Name, p.Spec.ScrapeTimeout, p.Spec.Interval))
		}
	}
	return found
}
