package verify

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/inventory"
	"github.com/scantling/scantling/internal/manifest"
)

// pods are about what a pod is made of.
var pods = slices.Concat([]Guarantee{
	{
		Name:    "pod-is-accepted",
		Promise: "every pod has what the API server wants of one: containers with names of their own and an image, and a way to end if it is a Job's",
		Why:     "the API server refuses the whole object, and what it should have replaced stays",
		Source:  "https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/",
		Foreign: diag.Error,
		check:   podIsAccepted,
	},
	{
		Name:    "variables-are-unique",
		Promise: "no container has two environment variables of one name",
		Why:     "the last one wins without a word, and a client that merges lists by name keeps either of them",
		Source:  "https://kubernetes.io/docs/tasks/inject-data-application/define-environment-variable-container/",
		Foreign: diag.Warning,
		check:   variablesAreUnique,
	},
}, podFiles, podTokens, podImages, podCredentials)

// podBox is one container of the pods of a workload.
type podBox struct {
	*corev1.Container
	Init bool // it ends before the others start
	w    *inventory.Workload
	list string // containers or initContainers
	i    int
}

// path returns where a field of the container stands in the manifest.
func (b podBox) path(field string) string {
	return containerPath(b.w, b.list, b.i) + "." + field
}

// podBoxes returns the containers of a workload's pods, those that start first before the others.
func podBoxes(w *inventory.Workload) iter.Seq[podBox] {
	return func(yield func(podBox) bool) {
		spec := &w.Template.Spec
		for i := range spec.InitContainers {
			box := &spec.InitContainers[i]
			sidecar := box.RestartPolicy != nil && *box.RestartPolicy == corev1.ContainerRestartPolicyAlways
			if !yield(podBox{box, !sidecar, w, "initContainers", i}) {
				return
			}
		}
		for i := range spec.Containers {
			if !yield(podBox{&spec.Containers[i], false, w, "containers", i}) {
				return
			}
		}
	}
}

// podsWritten returns the workloads whose pods stand in a manifest of their own: those of operators are in the operators' code, and a
// Rollout may take its pods from a Deployment.
func podsWritten(c *checker) iter.Seq[*inventory.Workload] {
	return func(yield func(*inventory.Workload) bool) {
		for _, w := range c.Workloads {
			native := slices.Contains([]string{"", "apps", "batch", "extensions", "argoproj.io"}, w.Group)
			borrowed := manifest.String(w.Fields, "spec", "workloadRef", "name") != ""
			if native && !borrowed && w.MadeBy == nil && !yield(w) {
				return
			}
		}
	}
}

func podIsAccepted(c *checker) {
	for w := range podsWritten(c) {
		if path, problem := podProblem(w); problem != "" {
			c.violated(w.Object, path, "the API server refuses it: %s", problem)
			continue
		}
		c.proved(w.Object, "%s, each with a name of its own and an image", podSize(w))
	}
}

// podProblem returns the first thing for which the API server refuses a pod; empty: none.
func podProblem(w *inventory.Workload) (path, problem string) {
	if len(w.Template.Spec.Containers) == 0 {
		return podPath(w) + ".containers", "its pods have no container"
	}
	seen := map[string]bool{}
	for b := range podBoxes(w) {
		switch {
		case b.Name == "":
			return b.path("name"), "a container has no name"
		case seen[b.Name]:
			return b.path("name"), fmt.Sprintf("two containers are called %s", b.Name)
		case b.Image == "":
			return b.path("image"), fmt.Sprintf("container %s has no image", b.Name)
		}
		seen[b.Name] = true
		ports := map[string]bool{}
		for _, p := range b.Ports {
			if p.Name != "" && ports[p.Name] {
				return b.path("ports"), fmt.Sprintf("container %s has two ports that are called %s", b.Name, p.Name)
			}
			ports[p.Name] = true
		}
	}
	restart := cmp.Or(w.Template.Spec.RestartPolicy, corev1.RestartPolicyAlways)
	switch {
	case w.Job != nil && restart == corev1.RestartPolicyAlways:
		return podPath(w) + ".restartPolicy", "the pods of a Job end, so their restartPolicy is Never or OnFailure"
	case w.Job == nil && w.Kind != "Pod" && restart != corev1.RestartPolicyAlways:
		return podPath(w) + ".restartPolicy", fmt.Sprintf("the pods of a %s are kept running, so their restartPolicy is Always", w.Kind)
	}
	return "", ""
}

func variablesAreUnique(c *checker) {
	seen := map[string]bool{}
	for w := range podsWritten(c) {
		variables, ok := 0, true
		for b := range podBoxes(w) {
			variables += len(b.Env)
			clear(seen)
			for i, e := range b.Env {
				if seen[e.Name] {
					ok = false
					c.violated(w.Object, b.path(fmt.Sprintf("env[%d]", i)), "set the first %s of container %s: it stays what the last one says", e.Name, b.Name)
				}
				seen[e.Name] = true
			}
		}
		if ok && variables > 0 {
			c.proved(w.Object, "%s, each named once", podCount{variables, "variable"})
		}
	}
}

// podCount is a number of things, as people say it. It is put into words only where somebody reads them.
type podCount struct {
	n    int
	what string
}

// String returns 1 container, 2 containers.
func (c podCount) String() string {
	if c.n == 1 {
		return "1 " + c.what
	}
	return fmt.Sprintf("%d %ss", c.n, c.what)
}

// podSize is how many containers the pods of a workload have.
func podSize(w *inventory.Workload) podCount {
	return podCount{len(w.Template.Spec.InitContainers) + len(w.Template.Spec.Containers), "container"}
}

// podNames joins names as people list them.
func podNames(names []string) string { return strings.Join(names, ", ") }
