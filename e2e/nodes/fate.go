package nodes

import (
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// Annotations of a pod that say what becomes of it. Without them it works.
const (
	// ReadyAfter is how long the app takes until it serves, as a Go duration; "never" is an app that hangs.
	ReadyAfter = "e2e.scantling.dev/ready-after"
	// Crashes, when "true", is an app that ends as soon as it has started.
	Crashes = "e2e.scantling.dev/crashes"
	// ExitCode is what a run to completion ends with.
	ExitCode = "e2e.scantling.dev/exit-code"
	// RunsFor is how long a run to completion takes, as a Go duration.
	RunsFor = "e2e.scantling.dev/runs-for"
)

// Ends of an image's tag that say the same, so that a test may change nothing but the image.
const (
	HangingTag  = "-hangs"
	CrashingTag = "-crashes"
	MissingTag  = "-missing" // no registry has such an image
	SlowTag     = "-slow"    // takes slowStart to serve
)

const (
	usualStart = 300 * time.Millisecond
	slowStart  = 4 * time.Second
	usualRun   = 200 * time.Millisecond // of a container that runs to completion
)

// fate is what becomes of a pod's main container.
type fate struct {
	pulled  bool
	crashes bool
	serves  time.Duration // from the pod's start until it answers; negative: never
	runs    time.Duration // that a run to completion takes
	fails   bool          // it ends with an error
}

func fateOf(pod *corev1.Pod) fate {
	image := pod.Spec.Containers[0].Image
	tag, _, _ := strings.Cut(image, "@")
	is := func(end string) bool { return strings.HasSuffix(tag, end) }
	a := pod.Annotations
	f := fate{
		pulled:  !is(MissingTag),
		crashes: is(CrashingTag) || a[Crashes] == "true",
		serves:  usualStart,
		runs:    usualRun,
		fails:   a[ExitCode] != "" && a[ExitCode] != "0",
	}
	if is(SlowTag) {
		f.serves = slowStart
	}
	if after, err := time.ParseDuration(a[ReadyAfter]); err == nil {
		f.serves = after
	}
	if runs, err := time.ParseDuration(a[RunsFor]); err == nil {
		f.runs = runs
	}
	if is(HangingTag) || a[ReadyAfter] == "never" {
		f.serves = -1
	}
	return f
}

// readyAt is when, after the start, the kubelet would call the container ready: at once if nobody told it how to ask.
func readyAt(c corev1.Container, f fate) (at time.Duration, ever bool) {
	if f.crashes || !f.pulled {
		return 0, false
	}
	for _, probe := range []*corev1.Probe{c.StartupProbe, c.ReadinessProbe} {
		if probe != nil && (!answers(c, probe) || f.serves < 0) {
			return 0, false
		}
	}
	if c.ReadinessProbe == nil && c.StartupProbe == nil {
		return 0, true
	}
	return f.serves, true
}

// answers reports whether a probe asks at a port that the container has. Listing ports is optional: an app whose container
// lists none listens wherever it is asked, but on no port of an unknown name.
func answers(c corev1.Container, probe *corev1.Probe) bool {
	port := intstr.IntOrString{}
	switch {
	case probe.HTTPGet != nil:
		port = probe.HTTPGet.Port
	case probe.TCPSocket != nil:
		port = probe.TCPSocket.Port
	case probe.GRPC != nil:
		port = intstr.FromInt32(probe.GRPC.Port)
	default:
		return true // a command
	}
	if len(c.Ports) == 0 {
		return port.Type == intstr.Int
	}
	return slices.ContainsFunc(c.Ports, func(p corev1.ContainerPort) bool {
		return port.Type == intstr.String && p.Name == port.StrVal || port.Type == intstr.Int && p.ContainerPort == port.IntVal
	})
}
