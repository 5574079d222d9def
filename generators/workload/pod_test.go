package workload_test

import (
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/scantling/scantling/generators/workload"
	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/kube"
)

// An older API server refuses a field that it doesn't know, or drops it, and GitOps would see a difference for ever.
func TestFieldsWaitForTheirVersion(t *testing.T) {
	for _, tt := range []struct {
		minor                int
		resize, supplemental bool
	}{{31, false, false}, {32, false, false}, {33, true, false}, {34, true, false}, {35, true, true}, {37, true, true}} {
		a := largest()
		a.Env.Minor = tt.minor
		pod := deployment(t, a).Template.Spec
		for _, c := range containers(pod) {
			if got := len(c.ResizePolicy) > 0; got != tt.resize {
				t.Errorf("1.%d: container %s has a resizePolicy: %t", tt.minor, c.Name, got)
			}
		}
		if got := pod.SecurityContext.SupplementalGroupsPolicy != nil; got != tt.supplemental {
			t.Errorf("1.%d: supplementalGroupsPolicy is written: %t", tt.minor, got)
		}
	}
}

func TestResizeRestartsWhatReadsItsMemoryOnce(t *testing.T) {
	a := largest()
	a.Resources.MemoryRestart = true
	pod := deployment(t, a).Template.Spec
	if got := pod.Containers[0].ResizePolicy[1]; got.ResourceName != "memory" || got.RestartPolicy != corev1.RestartContainer {
		t.Errorf("the app's memory: %v", got)
	}
	if got := pod.InitContainers[0].ResizePolicy[1]; got.RestartPolicy != corev1.NotRequired {
		t.Errorf("the sidecar's memory: %v", got)
	}
}

// A run that could be resized with a restart would be refused: its pod never restarts.
func TestRunsAreNotResized(t *testing.T) {
	a := nightly()
	a.Resources.MemoryRestart = true
	if got := cronJob(t, a).JobTemplate.Spec.Template.Spec.Containers[0].ResizePolicy; got != nil {
		t.Errorf("resizePolicy is %v", got)
	}
}

func TestPortsBelow1024NeedNoCapability(t *testing.T) {
	a := smallest()
	a.Ports, a.LowPort = []app.Port{dnsPort}, true
	pod := deployment(t, a).Template.Spec
	want := []corev1.Sysctl{{Name: "net.ipv4.ip_unprivileged_port_start", Value: "0"}}
	if !slices.Equal(pod.SecurityContext.Sysctls, want) {
		t.Errorf("sysctls are %v", pod.SecurityContext.Sysctls)
	}
	if added := pod.Containers[0].SecurityContext.Capabilities.Add; len(added) > 0 {
		t.Errorf("the container may do %v", added)
	}
	if port := pod.Containers[0].Ports[0]; port.Protocol != corev1.ProtocolUDP {
		t.Errorf("the protocol is %q", port.Protocol)
	}
}

// Secrets are 0440, so the pod's group must be the app's.
func TestMountedSecretsAreReadable(t *testing.T) {
	pod := deployment(t, largest()).Template.Spec
	if pod.SecurityContext.FSGroup == nil || *pod.SecurityContext.FSGroup != *pod.SecurityContext.RunAsGroup {
		t.Error("the pod's group does not own its secrets")
	}
	var modes int
	for _, v := range pod.Volumes {
		if v.Secret != nil {
			modes++
			if *v.Secret.DefaultMode != 0o440 || len(v.Secret.Items) == 0 {
				t.Errorf("%s: mode %o, %d items", v.Name, *v.Secret.DefaultMode, len(v.Secret.Items))
			}
		}
	}
	if modes != 2 {
		t.Errorf("%d secrets are mounted, want the 2 with a path", modes)
	}
}

func TestSidecarsSeeNoSecrets(t *testing.T) {
	for _, m := range deployment(t, largest()).Template.Spec.InitContainers[0].VolumeMounts {
		if m.ReadOnly {
			t.Errorf("the sidecar sees %s", m.Name)
		}
	}
}

// Volume names are labels, each of one volume: also of two mounts of one Secret, of Secrets with names that are no labels, and
// beside storage that is called like something of ours.
func TestVolumeNames(t *testing.T) {
	a := largest()
	long := "a-name-of-seventy-characters-that-differs-from-the-other-only-at-its-end"
	a.Secrets = []app.Secret{{Name: "plain", Path: "/s/plain", Items: []app.SecretItem{{Key: "k", File: "k"}}}}
	for _, name := range []string{long + "1", long + "2", "with.dots"} {
		a.Secrets = append(a.Secrets, app.Secret{Name: name, Existing: true, Path: "/s/" + name, Items: []app.SecretItem{{Key: "k", File: "k"}}})
	}
	for _, key := range []string{"crt", "key"} { // of one Secret
		a.Secrets = append(a.Secrets, app.Secret{Name: "tls", Existing: true, Path: "/s/tls-" + key, Items: []app.SecretItem{{Key: key, File: key}}})
	}
	for _, name := range []string{"config", "data", "secret-plain", "tmp", "tmp-proxy"} {
		a.Volumes = append(a.Volumes, app.Volume{Name: name, Path: "/v/" + name, SizeBytes: 1 << 30, Access: "ReadWriteMany"})
	}
	pod := deployment(t, a).Template.Spec
	seen := map[string]bool{}
	for _, v := range pod.Volumes {
		if seen[v.Name] || len(validation.IsDNS1123Label(v.Name)) > 0 {
			t.Errorf("volume %s has a name twice, or one that is no label", v.Name)
		}
		seen[v.Name] = true
	}
	for _, c := range containers(pod) {
		for _, m := range c.VolumeMounts {
			if !seen[m.Name] {
				t.Errorf("%s mounts %s, which is not there", c.Name, m.Name)
			}
		}
	}
	for _, v := range a.Volumes {
		if !slices.ContainsFunc(pod.Volumes, func(p corev1.Volume) bool { return p.Name == v.Name && p.PersistentVolumeClaim != nil }) {
			t.Errorf("the storage %s lost its name", v.Name)
		}
	}
}

// An app that keeps its /tmp on a volume leaves none to share.
func TestSidecarsHaveATmpOfTheirOwn(t *testing.T) {
	a := largest()
	a.EmptyDirs = nil
	a.Volumes = []app.Volume{{Name: "tmp", Path: "/tmp", SizeBytes: 1 << 30, Access: "ReadWriteMany"}}
	pod := deployment(t, a).Template.Spec
	if got := pod.InitContainers[0].VolumeMounts; len(got) != 1 || got[0].MountPath != "/tmp" || got[0].Name == "tmp" {
		t.Errorf("the sidecar mounts %v", got)
	}
}

func TestServiceOnlyForWhatIsCalled(t *testing.T) {
	silent, run, member := smallest(), nightly(), quorum()
	silent.Kind, silent.Ports = app.Worker, nil
	run.Ports = []app.Port{httpPort}
	member.Ports = nil
	for name, a := range map[string]app.App{"a worker without ports": silent, "a run": run, "a member without ports": member} {
		if got := workload.Service.Run(a); len(got) > 0 {
			t.Errorf("%s has a Service", name)
		}
	}
	if got := workload.HeadlessService.Run(member); len(got) != 1 {
		t.Error("the pods of a StatefulSet have no names without the Service that it names")
	}
}

// A monitor selects Services by the labels of the app; with the headless one it would scrape each pod twice.
func TestHeadlessServiceIsToldApartByItsLabels(t *testing.T) {
	a := quorum()
	headless := workload.HeadlessService.Run(a)[0].(*corev1.Service)
	service := workload.Service.Run(a)[0].(*corev1.Service)
	if headless.Labels[kube.LabelComponent] == service.Labels[kube.LabelComponent] {
		t.Error("both Services have the same component")
	}
	if headless.Spec.Selector[kube.LabelComponent] != service.Spec.Selector[kube.LabelComponent] {
		t.Error("they select different pods")
	}
	a.Disruption.Quorum = false
	if workload.HeadlessService.Run(a)[0].(*corev1.Service).Spec.PublishNotReadyAddresses {
		t.Error("only members of a quorum need those that are not ready")
	}
}

// A Service or a budget that counted the pods of a run would send requests to it, or stop working.
func TestRunsHaveAComponentOfTheirOwn(t *testing.T) {
	run, service := cronJob(t, nightly()).JobTemplate.Spec.Template, deployment(t, smallest())
	if run.Labels[kube.LabelComponent] == service.Template.Labels[kube.LabelComponent] {
		t.Errorf("the component of both is %q", run.Labels[kube.LabelComponent])
	}
}
