package main

import (
	"fmt"
	"strings"
	"text/template"

	flaggerv1 "github.com/fluxcd/flagger/pkg/apis/flagger/v1beta1"
	"github.com/fluxcd/flagger/pkg/canary"
	"github.com/fluxcd/flagger/pkg/router"
	"go.uber.org/zap"
)

// selectorLabels is what Flagger tells pods apart by, in this order, unless it is told otherwise.
var selectorLabels = []string{"app", "name", "app.kubernetes.io/name"}

// ask writes the queries of a Canary as Flagger does before it sends them.
func (c *cluster) ask(cd *flaggerv1.Canary, a *answer) {
	name := fmt.Sprintf("Canary %s/%s", cd.Namespace, cd.Name)
	if cd.Spec.Analysis == nil {
		a.add("analysis", name, fmt.Errorf("no analysis: the whole Canary is skipped"))
		return
	}
	if cd.Spec.TargetRef.Kind != "Deployment" {
		a.add("target", name, fmt.Errorf("no Deployment: %s", cd.Spec.TargetRef.Kind))
		return
	}
	for _, metric := range cd.Spec.Analysis.Metrics {
		if metric.TemplateRef == nil {
			continue // of Flagger's own
		}
		namespace := metric.TemplateRef.Namespace
		if namespace == "" {
			namespace = cd.Namespace
		}
		object := namespace + "/" + metric.TemplateRef.Name
		from, ok := c.templates[object]
		if !ok {
			a.add("reference", name, fmt.Errorf("metric %s: no MetricTemplate %s", metric.Name, object))
			continue
		}
		query, err := render(from.Spec.Query, flaggerv1.MetricTemplateModel{
			Name: cd.Name, Namespace: cd.Namespace, Target: cd.Spec.TargetRef.Name, Service: cd.Spec.TargetRef.Name, Ingress: cd.Spec.TargetRef.Name,
			Route: cd.Spec.TargetRef.Name, Interval: metric.Interval, Variables: metric.TemplateVariables,
		})
		if err != nil {
			a.add("query", "MetricTemplate "+object, err)
			continue
		}
		a.Questions = append(a.Questions, question{"MetricTemplate " + object, query})
		if bounds := metric.ThresholdRange; bounds == nil || bounds.Max == nil && bounds.Min == nil {
			a.add("threshold", name, fmt.Errorf("metric %s has no bound", metric.Name))
		}
	}
}

// render is Flagger's observers.RenderQuery, whose package would bring in the clients of five clouds.
func render(query string, model flaggerv1.MetricTemplateModel) (string, error) {
	t, err := template.New("query").Option("missingkey=error").Funcs(model.TemplateFunctions()).Parse(query)
	if err != nil {
		return "", err
	}
	var text strings.Builder
	err = t.Execute(&text, nil)
	return text.String(), err
}

// release does what Flagger does when a Canary comes, and then with each weight, in Flagger's order.
func (c *cluster) release(given *flaggerv1.Canary, a *answer) {
	cd := given.DeepCopy()
	cd.Spec.SkipAnalysis = true // else the new primary would have to be ready first
	log := zap.NewNop().Sugar()
	tracker := &canary.ConfigTracker{KubeClient: c.kube, FlaggerClient: c.flagger, Logger: log}
	controllers := canary.NewFactory(c.kube, c.flagger, tracker, selectorLabels, nil, log)
	controller := controllers.Controller(cd.Spec.TargetRef.Kind)
	routers := router.NewFactory(nil, c.kube, c.flagger, "", "", log, c.flagger, true)

	label, value, ports, err := controller.GetMetadata(cd)
	services := routers.KubernetesRouter(cd.Spec.TargetRef.Kind, label, value, ports)
	routes := routers.MeshRouter(cd.Spec.Provider, label)
	steps := []func() error{
		func() error { return err },
		func() error { return services.Initialize(cd) },
		func() error { _, err := controller.Initialize(cd); return err },
		func() error { return scale(controllers, cd) },
		func() error { return services.Reconcile(cd) },
		func() error { return controller.ScaleToZero(cd) },
		func() error { return routes.Reconcile(cd) },
		func() error {
			cd.Spec.SkipAnalysis = false
			cd.Status.Phase = flaggerv1.CanaryPhaseProgressing
			return nil
		},
		func() error { return controller.ScaleFromZero(cd) },
	}
	for _, weight := range weights(cd) {
		steps = append(steps, func() error { return move(routes, cd, weight) })
	}
	steps = append(steps, func() error { return controller.Promote(cd) })
	for _, step := range steps {
		if err := step(); err != nil {
			a.add("release", fmt.Sprintf("Canary %s/%s", cd.Namespace, cd.Name), err)
			return
		}
	}
}

// scale clones the autoscaler, and holds the target's.
func scale(controllers *canary.Factory, cd *flaggerv1.Canary) error {
	if cd.Spec.AutoscalerRef == nil {
		return nil
	}
	scaler := controllers.ScalerReconciler(cd.Spec.AutoscalerRef.Kind)
	if scaler == nil {
		return fmt.Errorf("cannot scale by a %s", cd.Spec.AutoscalerRef.Kind)
	}
	if err := scaler.ReconcilePrimaryScaler(cd, true); err != nil {
		return err
	}
	return scaler.PauseTargetScaler(cd)
}

// weights are the shares of the new version on its way.
func weights(cd *flaggerv1.Canary) []int {
	analysis := cd.Spec.Analysis
	if len(analysis.StepWeights) > 0 || analysis.StepWeight == 0 {
		return analysis.StepWeights
	}
	var all []int
	for w := analysis.StepWeight; w <= analysis.MaxWeight; w += analysis.StepWeight {
		all = append(all, w)
	}
	return all
}

// move sets a weight, and reads it back as Flagger does before the next.
func move(routes router.Interface, cd *flaggerv1.Canary, weight int) error {
	if err := routes.SetRoutes(cd, 100-weight, weight, false); err != nil {
		return err
	}
	primary, canary, _, err := routes.GetRoutes(cd)
	if err == nil && (primary != 100-weight || canary != weight) {
		err = fmt.Errorf("set to %d and %d, the routes say %d and %d", 100-weight, weight, primary, canary)
	}
	return err
}
