package workload_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/scantling/scantling/generators/workload"
	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/kube"
)

// Each test is named for the fault, of those found in widely copied manifests, that must not come out.

func deployment(t *testing.T, a app.App) appsv1.DeploymentSpec {
	t.Helper()
	return workload.Deployment.Run(a)[0].(*appsv1.Deployment).Spec
}

func statefulSet(t *testing.T, a app.App) appsv1.StatefulSetSpec {
	t.Helper()
	return workload.StatefulSet.Run(a)[0].(*appsv1.StatefulSet).Spec
}

func cronJob(t *testing.T, a app.App) batchv1.CronJobSpec {
	t.Helper()
	return workload.CronJob.Run(a)[0].(*batchv1.CronJob).Spec
}

// pods returns the pod of each kind of app.
func pods(t *testing.T) map[string]corev1.PodSpec {
	t.Helper()
	return map[string]corev1.PodSpec{
		"smallest": deployment(t, smallest()).Template.Spec,
		"largest":  deployment(t, largest()).Template.Spec,
		"shared":   deployment(t, shared()).Template.Spec,
		"quorum":   statefulSet(t, quorum()).Template.Spec,
		"nightly":  cronJob(t, nightly()).JobTemplate.Spec.Template.Spec,
	}
}

func containers(p corev1.PodSpec) []corev1.Container {
	return slices.Concat(p.Containers, p.InitContainers)
}

func TestE01SelectorsHoldNoVersion(t *testing.T) {
	a := largest()
	want := map[string]string{
		kube.LabelName:      "checkout",
		kube.LabelInstance:  "checkout",
		kube.LabelComponent: "app",
		kube.LabelTrack:     "stable",
	}
	spec := deployment(t, a)
	if got := spec.Selector.MatchLabels; !maps.Equal(got, want) {
		t.Errorf("the selector is %v, want %v", got, want)
	}
	if spec.Template.Labels[kube.LabelVersion] != "1.4.2" {
		t.Error("the pods don't say their version")
	}
}

func TestE07RolloutIsPaced(t *testing.T) {
	spec := deployment(t, largest())
	if spec.Selector == nil || len(spec.Template.Labels) == 0 {
		t.Error("a Deployment without a selector or labels is refused")
	}
	if got := spec.Strategy.RollingUpdate.MaxUnavailable.IntValue(); got != 0 {
		t.Errorf("maxUnavailable is %d: a rollout would take capacity away", got)
	}
	if got := spec.Strategy.RollingUpdate.MaxSurge.String(); got != "25%" {
		t.Errorf("maxSurge is %s", got)
	}
	if spec.MinReadySeconds != 15 || *spec.ProgressDeadlineSeconds != 600 {
		t.Errorf("minReadySeconds is %d, progressDeadlineSeconds %d", spec.MinReadySeconds, *spec.ProgressDeadlineSeconds)
	}
	c := spec.Template.Spec.Containers[0]
	if c.Lifecycle.PreStop.Sleep.Seconds != 15 {
		t.Error("the pod does not wait for its endpoint to go")
	}
	if c.LivenessProbe.HTTPGet.Path == c.ReadinessProbe.HTTPGet.Path {
		t.Error("liveness asks what readiness asks")
	}
}

func TestE07OnlyRecreateWhenAsked(t *testing.T) {
	if got := deployment(t, shared()).Strategy; got.Type != appsv1.RecreateDeploymentStrategyType || got.RollingUpdate != nil {
		t.Errorf("the strategy is %v", got)
	}
}

func TestE08NoRequiredZoneAntiAffinity(t *testing.T) {
	for name, pod := range pods(t) {
		if pod.Affinity == nil || pod.Affinity.PodAntiAffinity == nil {
			continue
		}
		for _, term := range pod.Affinity.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution {
			if term.TopologyKey != corev1.LabelHostname {
				t.Errorf("%s: no two pods may share %s", name, term.TopologyKey)
			}
		}
	}
}

func TestE09SpreadCountsOnlyWhatMatters(t *testing.T) {
	for name, tt := range map[string]struct {
		constraints []corev1.TopologySpreadConstraint
		revision    []string
	}{
		"a Deployment":  {deployment(t, largest()).Template.Spec.TopologySpreadConstraints, []string{"pod-template-hash"}},
		"a StatefulSet": {statefulSet(t, quorum()).Template.Spec.TopologySpreadConstraints, nil},
	} {
		t.Run(name, func(t *testing.T) {
			if len(tt.constraints) == 0 {
				t.Fatal("the pods are not spread")
			}
			for _, c := range tt.constraints {
				if *c.NodeTaintsPolicy != corev1.NodeInclusionPolicyHonor || *c.NodeAffinityPolicy != corev1.NodeInclusionPolicyHonor {
					t.Errorf("%s counts nodes that may take no pod", c.TopologyKey)
				}
				if !slices.Equal(c.MatchLabelKeys, tt.revision) {
					t.Errorf("%s: matchLabelKeys are %v", c.TopologyKey, c.MatchLabelKeys)
				}
				if c.MinDomains != nil {
					t.Errorf("%s: minDomains blocks the recovery from a zone's outage", c.TopologyKey)
				}
			}
		})
	}
}

func TestE09StrengthDecidesWhetherPodsWait(t *testing.T) {
	a := largest()
	a.Spread = app.Spread{Zones: app.Soft, Hosts: app.Hard}
	got := deployment(t, a).Template.Spec.TopologySpreadConstraints
	if got[0].WhenUnsatisfiable != corev1.ScheduleAnyway || got[1].WhenUnsatisfiable != corev1.DoNotSchedule {
		t.Errorf("zones %s, hosts %s", got[0].WhenUnsatisfiable, got[1].WhenUnsatisfiable)
	}
	a.Spread = app.Spread{}
	if got := deployment(t, a).Template.Spec.TopologySpreadConstraints; len(got) > 0 {
		t.Errorf("no spread is wished, but there are %d constraints", len(got))
	}
}

func TestE12StartupProbeInsteadOfDelays(t *testing.T) {
	for name, pod := range pods(t) {
		for _, c := range containers(pod) {
			for _, p := range []*corev1.Probe{c.StartupProbe, c.LivenessProbe, c.ReadinessProbe} {
				if p != nil && (p.InitialDelaySeconds != 0 || p.TimeoutSeconds == 0) {
					t.Errorf("%s: container %s: delay %d s, timeout %d s", name, c.Name, p.InitialDelaySeconds, p.TimeoutSeconds)
				}
			}
			if c.LivenessProbe != nil && c.StartupProbe == nil {
				t.Errorf("%s: container %s may be killed while it starts", name, c.Name)
			}
		}
	}
}

func TestE12ProbesOfEachForm(t *testing.T) {
	for name, tt := range map[string]struct {
		probe app.Probe
		check func(corev1.ProbeHandler) bool
	}{
		"http": {app.Probe{Path: "/x", Port: httpPort}, func(h corev1.ProbeHandler) bool { return h.HTTPGet.Path == "/x" && h.HTTPGet.Port.String() == "http" }},
		"grpc": {app.Probe{GRPC: true, Port: grpcPort}, func(h corev1.ProbeHandler) bool { return h.GRPC.Port == 9090 }},
		"tcp":  {app.Probe{TCP: true, Port: rawPort}, func(h corev1.ProbeHandler) bool { return h.TCPSocket.Port.String() == "tcp-peer" }},
		"exec": {app.Probe{Exec: []string{"/ok"}}, func(h corev1.ProbeHandler) bool { return slices.Equal(h.Exec.Command, []string{"/ok"}) }},
	} {
		t.Run(name, func(t *testing.T) {
			a := smallest()
			a.Health.Ready = &tt.probe
			if h := deployment(t, a).Template.Spec.Containers[0].ReadinessProbe.ProbeHandler; !tt.check(h) {
				t.Errorf("the handler is %v", h)
			}
		})
	}
}

func TestE16TokenOnlyWithAccess(t *testing.T) {
	for name, pod := range pods(t) {
		if got, want := *pod.AutomountServiceAccountToken, name == "largest"; got != want {
			t.Errorf("%s: the token is mounted: %t, want %t", name, got, want)
		}
		if pod.ServiceAccountName == "" || pod.ServiceAccountName == "default" {
			t.Errorf("%s: the pod acts as %q", name, pod.ServiceAccountName)
		}
	}
}

func TestE20HardenedPodCanWriteToTmp(t *testing.T) {
	for name, pod := range pods(t) {
		if *pod.SecurityContext.RunAsUser != 10001 || *pod.SecurityContext.RunAsGroup != 10001 {
			t.Errorf("%s: runs as %d:%d", name, *pod.SecurityContext.RunAsUser, *pod.SecurityContext.RunAsGroup)
		}
		seen := map[string]bool{}
		for _, c := range containers(pod) {
			i := slices.IndexFunc(c.VolumeMounts, func(m corev1.VolumeMount) bool { return m.MountPath == "/tmp" && !m.ReadOnly })
			if !*c.SecurityContext.ReadOnlyRootFilesystem || i < 0 {
				t.Errorf("%s: container %s has a writable root or no /tmp", name, c.Name)
				continue
			}
			if volume := c.VolumeMounts[i].Name; seen[volume] {
				t.Errorf("%s: two containers share the /tmp %s", name, volume)
			} else {
				seen[volume] = true
			}
		}
		for _, v := range pod.Volumes {
			if v.EmptyDir != nil && v.EmptyDir.SizeLimit.IsZero() {
				t.Errorf("%s: the volume %s may fill the node's disk", name, v.Name)
			}
		}
	}
}

func TestE25RunsAreBounded(t *testing.T) {
	spec := cronJob(t, nightly())
	job := spec.JobTemplate.Spec
	if spec.ConcurrencyPolicy != batchv1.ForbidConcurrent || *spec.TimeZone != "Etc/UTC" || *spec.StartingDeadlineSeconds != 3600 {
		t.Errorf("the schedule is %v", spec)
	}
	if *job.ActiveDeadlineSeconds != 3600 || *job.BackoffLimit != 3 || job.Template.Spec.RestartPolicy != corev1.RestartPolicyNever {
		t.Errorf("a run is %v", job)
	}
	if job.TTLSecondsAfterFinished != nil {
		t.Error("a finished run vanishes before its history limit")
	}
}

func TestE29NoReplicasBesideAnAutoscaler(t *testing.T) {
	a := largest()
	if got := deployment(t, a).Replicas; got != nil {
		t.Errorf("every apply would reset the scaling to %d", *got)
	}
	a.Scaling = nil
	if got := deployment(t, a).Replicas; got == nil || *got != 3 {
		t.Error("the fixed number of replicas is missing")
	}
	s := quorum()
	s.Scaling = &app.Scaling{CPUPercent: 60}
	if got := statefulSet(t, s).Replicas; got != nil {
		t.Errorf("every apply would reset the scaling to %d", *got)
	}
}

func TestE31NoCPULimitButMemoryAndDisk(t *testing.T) {
	for name, pod := range pods(t) {
		for _, c := range containers(pod) {
			if _, throttled := c.Resources.Limits[corev1.ResourceCPU]; throttled {
				t.Errorf("%s: container %s has a CPU limit that nobody set", name, c.Name)
			}
			if !c.Resources.Limits.Memory().Equal(*c.Resources.Requests.Memory()) {
				t.Errorf("%s: container %s may use more memory than it asks for", name, c.Name)
			}
			if c.Resources.Limits.StorageEphemeral().IsZero() {
				t.Errorf("%s: container %s may fill the node's disk", name, c.Name)
			}
		}
	}
}

func TestE40SpotByTheAppsUse(t *testing.T) {
	for use, want := range map[app.Spot]string{
		app.SpotUnknown: "",
		app.SpotNever:   "required NotIn",
		app.SpotPrefer:  "preferred In, tolerated",
		app.SpotRequire: "required In, tolerated",
	} {
		a := smallest()
		a.Env, a.Placement.Spot = production(), use
		if got := spotRules(deployment(t, a).Template.Spec); got != want {
			t.Errorf("%q: %s, want %s", use, got, want)
		}
	}
}

// spotRules sums up what a pod says about spot nodes.
func spotRules(pod corev1.PodSpec) string {
	var rules []string
	if pod.Affinity != nil {
		if required := pod.Affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution; required != nil {
			rules = append(rules, "required "+string(required.NodeSelectorTerms[0].MatchExpressions[0].Operator))
		}
		for _, term := range pod.Affinity.NodeAffinity.PreferredDuringSchedulingIgnoredDuringExecution {
			rules = append(rules, "preferred "+string(term.Preference.MatchExpressions[0].Operator))
		}
	}
	for range pod.Tolerations {
		rules = append(rules, "tolerated")
	}
	return strings.Join(rules, ", ")
}

func TestE41StorageOutlivesTheApp(t *testing.T) {
	a := quorum()
	if got := statefulSet(t, a).PersistentVolumeClaimRetentionPolicy; got.WhenDeleted != "Retain" || got.WhenScaled != "Retain" {
		t.Errorf("the claims go: %v", got)
	}
	a.Volumes[0].Retain = false
	if got := statefulSet(t, a).PersistentVolumeClaimRetentionPolicy; got.WhenDeleted != "Delete" || got.WhenScaled != "Delete" {
		t.Errorf("the claims stay: %v", got)
	}
	for delivery, annotations := range map[string]int{"argocd": 1, "flux": 1, "helm": 1, "kubectl": 0} {
		a := shared()
		a.Env.Delivery = delivery
		claims := workload.PersistentVolumeClaim.Run(a)
		if kept := claims[0].(*corev1.PersistentVolumeClaim).Annotations; len(kept) != annotations {
			t.Errorf("%s: the annotations of a volume that stays are %v", delivery, kept)
		}
		if free := claims[1].(*corev1.PersistentVolumeClaim).Annotations; len(free) != 0 {
			t.Errorf("%s: the annotations of a volume that may go are %v", delivery, free)
		}
	}
}
