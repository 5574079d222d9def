package workload_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/scantling/scantling/generators/workload"
	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/kube"
)

// colours is a blue-green in which blue has the traffic, and green waits with the capacity for it.
func colours() app.App {
	a := smallest()
	a.Env, a.Name = production(), "web"
	a.Rollout.Strategy, a.Rollout.Phase, a.Role = app.BlueGreen, app.PhaseWarm, app.RoleBlue
	a.Replicas, a.Scaling = app.Replicas{Min: 3, Max: 12}, &app.Scaling{CPUPercent: 60}
	a.Spread = app.Spread{Zones: app.Soft, Hosts: app.Soft}
	a.Other = &app.Side{
		Role: app.RoleGreen, Image: "registry.acme.io/web:1.1", Version: "1.1",
		Replicas: app.Replicas{Min: 6, Max: 12}, Scaling: a.Scaling,
	}
	return a
}

// split returns an app with a canary beside four stable pods.
func split(engine app.Engine) app.App {
	a := smallest()
	a.Env, a.Name = production(), "web"
	a.Replicas = app.Replicas{Min: 4, Max: 4}
	a.Rollout.Strategy = app.Canary
	a.Rollout.Split = &app.Split{
		Engine: engine, Weight: 20,
		Steps: []app.Step{{Weight: 20, PauseSeconds: 600}, {Weight: 50, PauseSeconds: 1800}, {Weight: 90}},
	}
	a.Other = &app.Side{Role: app.RoleCanary, Image: "registry.acme.io/web:1.1", Version: "1.1", Replicas: app.Replicas{Min: 1, Max: 1}}
	return a
}

// canary has a share that whole pods make, and clients that stay on one of them.
func canary() app.App {
	a := split(app.ByReplicas)
	a.Rollout.Split.Sticky = &app.Sticky{Seconds: 3600}
	return a
}

// stepped is moved by Argo Rollouts through Istio's weights at a gateway and inside the mesh.
func stepped() app.App {
	a := split(app.ByArgo)
	a.Ports = []app.Port{httpPort, rawPort, dnsPort}
	a.Env.Mesh = "sidecar"
	a.Expose = &app.Expose{Via: "istio", Hosts: []string{"web.acme.io"}, Path: "/", Port: httpPort, Gateway: app.Gateway{Name: "public", Namespace: "edge"}}
	a.Health.PreStopSeconds, a.Health.GraceSeconds = 15, 50
	a.Spread = app.Spread{Zones: app.Soft, Hosts: app.Soft}
	a.Other, a.Rollout.Split.Weight, a.Rollout.Split.Router, a.Rollout.Split.MinPods = nil, 0, "istio", 2
	a.Rollout.Split.Header = &app.Header{Name: "x-canary", Value: "always"}
	a.Rollout.Split.Analysis = &app.Analysis{IntervalSeconds: 60, WindowSeconds: 300, FailureLimit: 2}
	return a
}

// cloned is moved by Flagger.
func cloned() app.App {
	a := split(app.ByFlagger)
	a.Other, a.Rollout.Split.Weight, a.Rollout.Split.Router = nil, 0, "gateway"
	a.Config = &app.Config{Name: "web-config-0a1b2c3d", Path: "/etc/web", Files: map[string]string{"app.yaml": "level: info\n"}}
	a.Spread = app.Spread{Zones: app.Soft}
	return a
}

func rollout(t *testing.T, a app.App) kube.RolloutSpec {
	t.Helper()
	return workload.Rollout.Run(a)[0].(*kube.Rollout).Spec
}

// services returns the selectors of an app's Services by name.
func services(a app.App) map[string]map[string]string {
	out := map[string]map[string]string{}
	for _, o := range workload.Service.Run(a) {
		s := o.(*corev1.Service)
		out[s.Name] = s.Spec.Selector
	}
	return out
}

func deployments(a app.App) map[string]*appsv1.Deployment {
	out := map[string]*appsv1.Deployment{}
	for _, o := range workload.Deployment.Run(a) {
		out[o.GetName()] = o.(*appsv1.Deployment)
	}
	return out
}

// flip gives the traffic to the other colour, as a commit does.
func flip(a app.App) app.App {
	was := app.Side{Role: a.Role, Image: a.Image, Version: a.Version, Replicas: a.Replicas, Scaling: a.Scaling, Disruption: a.Disruption}
	o := a.Other
	a.Role, a.Image, a.Version, a.Replicas, a.Scaling, a.Disruption = o.Role, o.Image, o.Version, o.Replicas, o.Scaling, o.Disruption
	a.Other, a.Rollout.Phase = &was, app.PhasePrevious
	return a
}

func TestE01NoColourCountsTheOthersPods(t *testing.T) {
	both := deployments(colours())
	if names := slices.Sorted(maps.Keys(both)); !slices.Equal(names, []string{"web-blue", "web-green"}) {
		t.Fatalf("the Deployments are %v", names)
	}
	for name, d := range both {
		for other, o := range both {
			got := kube.Merge(o.Spec.Template.Labels, d.Spec.Selector.MatchLabels)
			if maps.Equal(got, o.Spec.Template.Labels) != (name == other) {
				t.Errorf("%s selects %v; the pods of %s are %v", name, d.Spec.Selector.MatchLabels, other, o.Spec.Template.Labels)
			}
		}
		for _, c := range d.Spec.Template.Spec.TopologySpreadConstraints {
			if !maps.Equal(c.LabelSelector.MatchLabels, d.Spec.Selector.MatchLabels) {
				t.Errorf("%s is spread among %v", name, c.LabelSelector.MatchLabels)
			}
		}
	}
}

func TestE02TheSpecSaysWhichColourServes(t *testing.T) {
	before := colours()
	after := flip(before)
	for when, tt := range map[string]struct {
		app     app.App
		service map[string]string // Service to colour
	}{
		"before": {before, map[string]string{"web": "blue", "web-preview": "green"}},
		"after":  {after, map[string]string{"web": "green", "web-preview": "blue"}},
	} {
		got := map[string]string{}
		for name, selector := range services(tt.app) {
			got[name] = selector[kube.LabelColor]
		}
		if !maps.Equal(got, tt.service) {
			t.Errorf("%s the flip: %v, want %v", when, got, tt.service)
		}
	}
	if diff := cmp.Diff(deployments(before), deployments(after)); diff != "" {
		t.Errorf("a flip changes what runs:\n%s", diff)
	}
}

func TestE03IdleColourKeepsRunning(t *testing.T) {
	for _, phase := range []app.Phase{app.PhasePreview, app.PhaseWarm, app.PhasePrevious} {
		a := colours()
		a.Rollout.Phase, a.Other.Scaling, a.Other.Replicas = phase, nil, app.Replicas{Min: 6, Max: 6}
		if got := deployments(a)["web-green"]; got == nil || *got.Spec.Replicas != 6 {
			t.Errorf("%s: the way back is gone: %v", phase, got)
		}
	}
	a := colours()
	a.Other, a.Rollout.Phase = nil, ""
	if got := deployments(a); len(got) != 1 || got["web-blue"] == nil {
		t.Errorf("without an idle colour there are %v", slices.Sorted(maps.Keys(got)))
	}
	if got := services(a); len(got) != 1 || got["web"][kube.LabelColor] != "blue" {
		t.Errorf("without an idle colour there are the Services %v", got)
	}
}

func TestE05ClientsStay(t *testing.T) {
	s := workload.Service.Run(canary())[0].(*corev1.Service).Spec
	if s.SessionAffinity != corev1.ServiceAffinityClientIP || *s.SessionAffinityConfig.ClientIP.TimeoutSeconds != 3600 {
		t.Errorf("affinity %s for %v", s.SessionAffinity, s.SessionAffinityConfig)
	}
	byCookie := canary()
	byCookie.Rollout.Split.Sticky.Cookie = "web-version"
	if s := workload.Service.Run(byCookie)[0].(*corev1.Service).Spec; s.SessionAffinity != "" || s.SessionAffinityConfig != nil {
		t.Errorf("a cookie decides, and so does the address: %v", s)
	}
}

func TestE07EveryVersionIsPaced(t *testing.T) {
	for name, a := range map[string]app.App{"blue-green": colours(), "replicas": canary(), "gateway": split(app.ByGateway), "flagger": cloned()} {
		a.Rollout.MaxUnavailable, a.Rollout.MinReadySeconds = "0", 10
		for version, d := range deployments(a) {
			update := d.Spec.Strategy.RollingUpdate
			if update.MaxUnavailable.IntValue() != 0 || update.MaxSurge.String() != "25%" || d.Spec.MinReadySeconds != 10 || *d.Spec.ProgressDeadlineSeconds != 600 {
				t.Errorf("%s: %s: %v", name, version, d.Spec)
			}
		}
	}
	a := stepped()
	a.Rollout.MaxUnavailable, a.Rollout.MinReadySeconds = "0", 10
	spec := rollout(t, a)
	if spec.Strategy.Canary.MaxUnavailable.IntValue() != 0 || spec.Strategy.Canary.MaxSurge.String() != "25%" || spec.MinReadySeconds != 10 || !spec.ProgressDeadlineAbort {
		t.Errorf("argo: %v", spec)
	}
}

// TestServicesLeadWhereTheyPromise: to both versions where pods make the share or Istio splits, to one each where a route weighs
// Services, and nowhere where Flagger makes them itself.
func TestServicesLeadWhereTheyPromise(t *testing.T) {
	base := map[string]string{kube.LabelName: "web", kube.LabelInstance: "web", kube.LabelComponent: "app"}
	stable := kube.Merge(base, map[string]string{kube.LabelTrack: "stable"})
	canary := kube.Merge(base, map[string]string{kube.LabelTrack: "canary"})
	resting := split(app.ByGateway)
	resting.Other = nil
	for name, tt := range map[string]struct {
		app  app.App
		want map[string]map[string]string
	}{
		"rolling":            {smallest(), map[string]map[string]string{"web": base}},
		"replicas":           {split(app.ByReplicas), map[string]map[string]string{"web": base}},
		"istio":              {split(app.ByIstio), map[string]map[string]string{"web": base}},
		"argo":               {stepped(), map[string]map[string]string{"web": base}},
		"gateway":            {split(app.ByGateway), map[string]map[string]string{"web": stable, "web-canary": canary}},
		"gateway, no canary": {resting, map[string]map[string]string{"web": stable}},
		"flagger":            {cloned(), map[string]map[string]string{}},
	} {
		if diff := cmp.Diff(tt.want, services(tt.app)); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}

func TestShareOfPods(t *testing.T) {
	got := deployments(canary())
	if *got["web"].Spec.Replicas != 4 || *got["web-canary"].Spec.Replicas != 1 {
		t.Errorf("%d stable pods and %d of the canary", *got["web"].Spec.Replicas, *got["web-canary"].Spec.Replicas)
	}
	none := canary()
	none.Other.Replicas = app.Replicas{}
	if n := deployments(none)["web-canary"].Spec.Replicas; n == nil || *n != 0 {
		t.Error("without a share the canary has pods")
	}
}

// TestFlaggerSetsTheNumberOfPods: an apply of a number would start what Flagger has scaled to zero.
func TestFlaggerSetsTheNumberOfPods(t *testing.T) {
	if n := deployments(cloned())["web"].Spec.Replicas; n != nil {
		t.Errorf("replicas is %d", *n)
	}
}

// TestFlaggerSpreadsItsClones follows Flagger's relabelling: it gives app.kubernetes.io/name, where its value is that of the
// Deployment, the suffix -primary, in the pod's labels and in the rules about neighbours alike.
func TestFlaggerSpreadsItsClones(t *testing.T) {
	pod := deployments(cloned())["web"].Spec.Template
	relabel := func(labels map[string]string) map[string]string {
		return kube.Merge(labels, map[string]string{kube.LabelName: labels[kube.LabelName] + "-primary"})
	}
	clone := relabel(pod.Labels)
	for _, c := range pod.Spec.TopologySpreadConstraints {
		if selector := relabel(c.LabelSelector.MatchLabels); c.LabelSelector.MatchLabels[kube.LabelName] != "web" || !maps.Equal(kube.Merge(clone, selector), clone) {
			t.Errorf("%s: %v does not select the clone %v", c.TopologyKey, selector, clone)
		}
	}
}

func TestArgoMovesItsWeights(t *testing.T) {
	weigh, pause := func(w int32) kube.RolloutStep { return kube.RolloutStep{SetWeight: new(w)} }, func(d string) kube.RolloutStep {
		return kube.RolloutStep{Pause: &kube.RolloutPause{Duration: d}}
	}
	pods := stepped()
	pods.Rollout.Split.Router, pods.Rollout.Split.Header = "", nil
	held := pods
	held.Rollout.Split = new(*pods.Rollout.Split)
	held.Rollout.Split.Hold = true
	for name, tt := range map[string]struct {
		app  app.App
		want []kube.RolloutStep
	}{
		"whole pods": {pods, []kube.RolloutStep{weigh(20), pause("600s"), weigh(50), pause("1800s"), weigh(90)}},
		"held":       {held, []kube.RolloutStep{weigh(20), pause(""), weigh(50), pause(""), weigh(90), pause("")}},
	} {
		spec := rollout(t, tt.app).Strategy.Canary
		if diff := cmp.Diff(tt.want, spec.Steps); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
		if spec.TrafficRouting != nil || spec.ScaleDownDelaySeconds != nil || spec.AbortScaleDownDelaySeconds != nil || spec.MinPodsPerReplicaSet != nil {
			t.Errorf("%s: what needs a router is refused, or ignored, without one: %v", name, spec)
		}
		if spec.Analysis.StartingStep != 1 {
			t.Errorf("%s: judged from step %d: before its first share there is nothing to see", name, spec.Analysis.StartingStep)
		}
	}
}

// TestArgoDrainsWhatItScalesDown: never sooner than its own default, nor than the pods themselves need.
func TestArgoDrainsWhatItScalesDown(t *testing.T) {
	for grace, want := range map[int64]int32{20: 30, 30: 30, 50: 50, 120: 120} {
		a := stepped()
		a.Health.GraceSeconds = grace
		c := rollout(t, a).Strategy.Canary
		if *c.ScaleDownDelaySeconds != want || *c.AbortScaleDownDelaySeconds != want {
			t.Errorf("grace %d s: %d s and %d s, want %d", grace, *c.ScaleDownDelaySeconds, *c.AbortScaleDownDelaySeconds, want)
		}
	}
}

// TestSamePodByArgo holds that a Rollout's pod is hardened as a Deployment's. It differs in the label of its revision, and in that the
// controller refuses a policy of resizing of a sidecar.
func TestSamePodByArgo(t *testing.T) {
	a := stepped()
	a.Sidecars = largest().Sidecars
	byArgo := rollout(t, a).Template
	a.Rollout.Split, a.Rollout.Strategy = nil, app.Rolling
	want := deployment(t, a).Template
	for i := range want.Spec.TopologySpreadConstraints {
		want.Spec.TopologySpreadConstraints[i].MatchLabelKeys = []string{"rollouts-pod-template-hash"}
	}
	if want.Spec.InitContainers[0].ResizePolicy == nil {
		t.Error("a Deployment's sidecar is restarted to be resized")
	}
	want.Spec.InitContainers[0].ResizePolicy = nil
	if diff := cmp.Diff(want, byArgo); diff != "" {
		t.Errorf("- Deployment, + Rollout:\n%s", diff)
	}
	if len(workload.Deployment.Run(stepped())) > 0 {
		t.Error("a Deployment runs beside the Rollout")
	}
}
