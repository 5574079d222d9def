package nodes

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// observe returns the status of a pod at a time, or nil if it is the one it has, and how long until it changes by itself.
func (f *Fleet) observe(pod *corev1.Pod, now time.Time) (*corev1.PodStatus, time.Duration) {
	if pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed {
		return nil, 0
	}
	s := pod.Status.DeepCopy()
	if s.StartTime == nil {
		s.StartTime = &metav1.Time{Time: now}
		s.PodIP = f.address()
		s.PodIPs = []corev1.PodIP{{IP: s.PodIP}}
		s.HostIP = "10.0.0.1"
		s.HostIPs = []corev1.HostIP{{IP: s.HostIP}}
	}
	fate, age := fateOf(pod), now.Sub(s.StartTime.Time)
	var wait time.Duration
	if pod.Spec.RestartPolicy == corev1.RestartPolicyAlways {
		wait = serving(pod, s, fate, age)
	} else {
		wait = running(pod, s, fate, age)
	}
	if apiequality.Semantic.DeepEqual(pod.Status, *s) {
		return nil, wait
	}
	return s, wait
}

// serving is a pod that runs for ever.
func serving(pod *corev1.Pod, s *corev1.PodStatus, f fate, age time.Duration) time.Duration {
	s.Phase = corev1.PodRunning
	if !f.pulled {
		s.Phase = corev1.PodPending
	}
	var wait time.Duration
	all := true
	s.ContainerStatuses = nil
	for i, c := range pod.Spec.Containers {
		fate := f
		if i > 0 { // only the first container's fate is told
			fate = faultless
		}
		at, ever := readyAt(c, fate)
		ok := ever && age >= at
		if ever && !ok {
			wait = max(wait, at-age)
		}
		all = all && ok
		s.ContainerStatuses = append(s.ContainerStatuses, container(c, fate, ok, *s.StartTime))
	}
	initialised(pod, s, true)
	conditions(s, all)
	return wait
}

var faultless = fate{pulled: true, serves: usualStart}

// running is a pod that runs to completion.
func running(pod *corev1.Pod, s *corev1.PodStatus, f fate, age time.Duration) time.Duration {
	s.Phase, s.ContainerStatuses = corev1.PodRunning, nil
	ended := f.pulled && age >= f.runs
	for _, c := range pod.Spec.Containers {
		st := container(c, f, !ended, *s.StartTime)
		if ended {
			code := int32(0)
			if f.fails || f.crashes {
				code = 1
			}
			st.State = corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: code, Reason: "Completed", StartedAt: *s.StartTime, FinishedAt: *s.StartTime}}
		}
		s.ContainerStatuses = append(s.ContainerStatuses, st)
	}
	initialised(pod, s, !ended)
	conditions(s, !ended)
	if !ended {
		return max(f.runs-age, time.Millisecond)
	}
	s.Phase = corev1.PodSucceeded
	if f.fails || f.crashes {
		s.Phase = corev1.PodFailed
	}
	return 0
}

func container(c corev1.Container, f fate, ready bool, started metav1.Time) corev1.ContainerStatus {
	st := corev1.ContainerStatus{
		Name: c.Name, Image: c.Image, ImageID: c.Image, Ready: ready, Started: new(true),
		State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: started}},
	}
	waiting := func(reason string) {
		st.ImageID, st.Started = "", new(false)
		st.State = corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason}}
	}
	switch {
	case !f.pulled:
		waiting("ImagePullBackOff")
	case f.crashes:
		waiting("CrashLoopBackOff")
		st.RestartCount = 3 // as seen after the first minute
	}
	return st
}

// initialised fills in the init containers: done, or, as sidecars of a pod that is at work, at work.
func initialised(pod *corev1.Pod, s *corev1.PodStatus, atWork bool) {
	s.InitContainerStatuses = nil
	for _, c := range pod.Spec.InitContainers {
		st := container(c, faultless, true, *s.StartTime)
		sidecar := c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways
		if !sidecar || !atWork {
			st.State = corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{Reason: "Completed", StartedAt: *s.StartTime, FinishedAt: *s.StartTime}}
		}
		s.InitContainerStatuses = append(s.InitContainerStatuses, st)
	}
}

func conditions(s *corev1.PodStatus, ready bool) {
	set := func(kind corev1.PodConditionType, ok bool) {
		status := corev1.ConditionFalse
		if ok {
			status = corev1.ConditionTrue
		}
		for i, c := range s.Conditions {
			if c.Type != kind {
				continue
			}
			if c.Status != status {
				s.Conditions[i].Status, s.Conditions[i].LastTransitionTime = status, metav1.Now()
			}
			return
		}
		s.Conditions = append(s.Conditions, corev1.PodCondition{Type: kind, Status: status, LastTransitionTime: metav1.Now()})
	}
	set(corev1.PodReadyToStartContainers, true)
	set(corev1.PodInitialized, true)
	set(corev1.ContainersReady, ready)
	set(corev1.PodReady, ready)
}
