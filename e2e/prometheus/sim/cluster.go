package sim

import "time"

// cluster is kube-state-metrics: what the API server says of an app.
type cluster struct {
	target
	ready []*series // one for each thing that is as many as there are pods
}

// newCluster is one in which all is well with an app of that many pods, that was made a day before.
func newCluster(app string, pods int, start time.Time) *cluster {
	c := &cluster{}
	line := func(value float64, metric string, more ...string) *series {
		own := []string{"__name__", metric, "job", "kube-state-metrics", "instance", "10.1.0.1:8080", "namespace", Namespace}
		s := c.add(true, append(own, more...)...)
		s.value = value
		return s
	}
	many := float64(pods)
	line(many, "kube_deployment_spec_replicas", "deployment", app)
	line(float64(start.Add(-24*time.Hour).Unix()), "kube_deployment_created", "deployment", app)
	line(1, "kube_deployment_status_condition", "deployment", app, "condition", "Progressing", "status", "true")
	line(0, "kube_deployment_status_condition", "deployment", app, "condition", "Progressing", "status", "false")
	line(2*many, "kube_horizontalpodautoscaler_spec_max_replicas", "horizontalpodautoscaler", app)
	line(many, "kube_poddisruptionbudget_status_expected_pods", "poddisruptionbudget", app)
	line(many-1, "kube_poddisruptionbudget_status_desired_healthy", "poddisruptionbudget", app)
	line(1, "kube_poddisruptionbudget_status_pod_disruptions_allowed", "poddisruptionbudget", app)
	for _, metric := range []string{"kube_deployment_status_replicas_ready", "kube_deployment_status_replicas_available"} {
		c.ready = append(c.ready, line(many, metric, "deployment", app))
	}
	c.ready = append(c.ready,
		line(many, "kube_horizontalpodautoscaler_status_current_replicas", "horizontalpodautoscaler", app),
		line(many, "kube_poddisruptionbudget_status_current_healthy", "poddisruptionbudget", app))
	c.up = line(1, "up")
	c.series = c.series[:len(c.series)-1] // up is Prometheus' own
	return c
}

func (c *cluster) set(ready int) {
	for _, s := range c.ready {
		s.value = float64(ready)
	}
}
