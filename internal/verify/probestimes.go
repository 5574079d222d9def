package verify

import (
	"regexp"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/inventory"
)

// probeTimes are about how long pods may take to start and to leave.
var probeTimes = []Guarantee{
	{
		Name:    "shutdown-fits-grace",
		Promise: "a pod that leaves has slept and drained before it is killed",
		Why:     "the grace period counts from the beginning: what the hook before the stop sleeps is missing for the requests that are under way",
		Source:  "https://kubernetes.io/docs/concepts/containers/container-lifecycle-hooks/#hook-handler-execution",
		Foreign: diag.Warning,
		check:   shutdownFitsGrace,
	},
	{
		Name:    "spot-leaves-in-time",
		Promise: "a pod that may run on spot capacity is gone before its node is",
		Why:     "the cloud takes the node two minutes after it has said so, whatever still runs there",
		Source:  "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-instance-termination-notices.html",
		Foreign: diag.Warning,
		check:   spotLeavesInTime,
	},
	{
		Name:    "startup-fits",
		Promise: "a pod may take as long to start as it needs, and no rollout is given up before",
		Why:     "a container that is restarted while it still starts never gets further: the slowest node decides whether the app is there",
		Source:  "https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/#startup-probe",
		Foreign: diag.Warning,
		check:   startupFits,
	},
}

const (
	probeGrace    = 30  // seconds, https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination: the default
	probeReserve  = 5   // seconds between the end of the draining and the kill, for the process to end
	probeNotice   = 120 // seconds of warning before spot capacity goes, by the source of spot-leaves-in-time
	probeDeadline = 600 // seconds, the API's default of progressDeadlineSeconds
)

// probeDeclared returns what was declared of each app.
func probeDeclared(c *checker) map[accessKey]*Declared {
	declared := make(map[accessKey]*Declared, len(c.Facts.Apps))
	for i := range c.Facts.Apps {
		d := &c.Facts.Apps[i]
		declared[accessKey{d.Namespace, d.App}] = d
	}
	return declared
}

// probeGraceOf returns how many seconds pods have to leave.
func probeGraceOf(w *inventory.Workload) int64 {
	if g := w.Template.Spec.TerminationGracePeriodSeconds; g != nil {
		return *g
	}
	return probeGrace
}

func shutdownFitsGrace(c *checker) {
	declared := probeDeclared(c)
	for w := range podsWritten(c) {
		grace := probeGraceOf(w)
		var drain int64
		if d := declared[accessKey{w.Namespace, App(w.Object)}]; d != nil && w.Ours() {
			drain = d.DrainSeconds
		}
		for b := range podBoxes(w) {
			sleep := probeSleeps(b)
			switch {
			case sleep == 0:
			case sleep >= grace:
				c.violated(w.Object, b.path("lifecycle.preStop"), "delete a pod: container %s sleeps for %d s of the %d s that it has, and is killed with its requests under way", b.Name, sleep, grace)
			case drain > 0 && sleep+drain+probeReserve > grace:
				c.violated(w.Object, podPath(w)+".terminationGracePeriodSeconds", "delete a pod: %d s of sleep, %d s of draining and %d s of reserve are more than the %d s that it has", sleep, drain, probeReserve, grace)
			default:
				c.proved(w.Object, "container %s sleeps for %d s, and has %d s of %d s left", b.Name, sleep, grace-sleep, grace)
			}
		}
	}
}

// probeSleepWords is a command that sleeps first, as sleep 15 or sh -c "sleep 15; nginx -s quit".
var probeSleepWords = regexp.MustCompile(`^\s*(?:/usr)?(?:/bin/)?sleep\s+"?(\d{1,9})s?\b`)

// probeSleeps returns for how many seconds a container sleeps before it is told to stop.
func probeSleeps(b podBox) int64 {
	if b.Lifecycle == nil || b.Lifecycle.PreStop == nil {
		return 0
	}
	hook := b.Lifecycle.PreStop
	if hook.Sleep != nil {
		return hook.Sleep.Seconds
	}
	if hook.Exec == nil {
		return 0
	}
	words := hook.Exec.Command
	if len(words) > 2 && strings.HasPrefix(words[1], "-") && strings.HasSuffix(words[1], "c") { // sh -c, bash -ec
		words = words[2:]
	}
	found := probeSleepWords.FindStringSubmatch(strings.Join(words, " "))
	if found == nil {
		return 0
	}
	seconds, _ := strconv.ParseInt(found[1], 10, 64)
	return seconds
}

func spotLeavesInTime(c *checker) {
	for w := range podsWritten(c) {
		if w.Kind == "DaemonSet" || !probeOnSpot(w, c.Facts.Spot) {
			continue
		}
		if grace := probeGraceOf(w); grace > probeNotice {
			c.violated(w.Object, podPath(w)+".terminationGracePeriodSeconds", "lose a spot node: it is gone %d s after the notice, and a pod may take %d s to leave", probeNotice, grace)
			continue
		}
		c.proved(w.Object, "a pod takes %d s to leave, of %d s", probeGraceOf(w), probeNotice)
	}
}

// probeSpotMarks are the labels that clouds put on spot capacity themselves, with their values.
var probeSpotMarks = map[string]string{
	"karpenter.sh/capacity-type":     "spot",
	"eks.amazonaws.com/capacityType": "SPOT",
}

// probeOnSpot reports whether pods ask for spot capacity: they tolerate its taint, or select its nodes.
func probeOnSpot(w *inventory.Workload, spot *Spot) bool {
	isSpot := func(key, value string) bool {
		return probeSpotMarks[key] == value && value != "" || spot != nil && key == spot.Key && value == spot.Value
	}
	spec := &w.Template.Spec
	for key, value := range spec.NodeSelector {
		if isSpot(key, value) {
			return true
		}
	}
	for _, t := range spec.Tolerations {
		if spot != nil && spot.Taint != "" && t.Key == spot.Taint || isSpot(t.Key, t.Value) {
			return true
		}
	}
	if spec.Affinity == nil || spec.Affinity.NodeAffinity == nil {
		return false
	}
	var terms []corev1.NodeSelectorTerm
	if r := spec.Affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution; r != nil {
		terms = append(terms, r.NodeSelectorTerms...)
	}
	for _, p := range spec.Affinity.NodeAffinity.PreferredDuringSchedulingIgnoredDuringExecution {
		terms = append(terms, p.Preference)
	}
	for _, t := range terms {
		for _, e := range t.MatchExpressions {
			for _, value := range e.Values {
				if e.Operator == corev1.NodeSelectorOpIn && isSpot(e.Key, value) {
					return true
				}
			}
		}
	}
	return false
}

func startupFits(c *checker) {
	declared := probeDeclared(c)
	for w := range podsWritten(c) {
		var needed int64
		if d := declared[accessKey{w.Namespace, App(w.Object)}]; d != nil && w.Ours() && w.Serves() {
			needed = d.StartupSeconds
		}
		var longest int64 // that a start may take by the probes
		for b := range podBoxes(w) {
			if b.StartupProbe != nil {
				longest = max(longest, probeStarts(b.StartupProbe))
			}
			startOfBox(c, w, b, needed)
		}
		startOfRollout(c, w, longest)
	}
}

// startOfBox holds the start of one container against the probe that ends it when it takes too long.
func startOfBox(c *checker, w *inventory.Workload, b podBox, needed int64) {
	probe, path := b.StartupProbe, "startupProbe"
	if probe == nil {
		probe, path = b.LivenessProbe, "livenessProbe"
	}
	if probe == nil {
		return
	}
	allowed := probeStarts(probe)
	switch {
	case needed > allowed:
		c.violated(w.Object, b.path(path), "start a pod that takes the %d s that it may: container %s is restarted after %d s, again and again", needed, b.Name, allowed)
	case b.StartupProbe == nil && probe.InitialDelaySeconds > 0 && int64(probe.InitialDelaySeconds) >= probeTolerates(probe):
		c.violated(w.Object, b.path("livenessProbe.initialDelaySeconds"), "start a pod that takes longer than %d s: container %s is restarted while it still starts; and one that hangs right after its start is not noticed for %d s, because a delay stands for the startupProbe", allowed, b.Name, allowed)
	case needed > 0:
		c.proved(w.Object, "a start may take %d s, and is given %d s", needed, allowed)
	case b.StartupProbe != nil:
		c.proved(w.Object, "a start is given %d s", allowed)
	}
}

// probeStarts returns after how many seconds a container that never answers is restarted.
func probeStarts(p *corev1.Probe) int64 {
	return int64(max(p.InitialDelaySeconds, 0)) + probeTolerates(p)
}

// startOfRollout holds the time after which a rollout has failed against what one pod may take until it counts.
func startOfRollout(c *checker, w *inventory.Workload, longest int64) {
	if w.Kind != "Deployment" && w.Kind != "Rollout" {
		return
	}
	deadline := int64(probeDeadline)
	if w.Deadline != nil {
		deadline = int64(*w.Deadline)
	}
	counts := longest
	if w.Ours() {
		counts += int64(w.MinReady) // a pod that is ready is progress; ours leave the time for it to count as well
	}
	switch {
	case w.Kind == "Deployment" && deadline <= int64(w.MinReady):
		c.violated(w.Object, "spec.progressDeadlineSeconds", "the API server refuses it: a rollout fails after %d s, but no pod counts before it was ready for %d s", deadline, w.MinReady)
	case longest > 0 && deadline <= counts:
		c.violated(w.Object, "spec.progressDeadlineSeconds", "roll out pods that take the %d s that their probes allow: the rollout has failed after %d s, before the first of them counts", longest, deadline)
	case longest > 0:
		c.proved(w.Object, "a pod is there after %d s at the latest, and the rollout waits for %d s", counts, deadline)
	}
}
