package delivery

import (
	"slices"
	"strconv"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

// argo puts objects into sync waves. Argo CD waits for the health of every wave but the last. A migration is a hook of the sync
// itself: one before the sync would run before its identity, Secrets and policy are there.
func argo(a *app.App, o generator.Object) marks {
	kind, annotations := kube.Kind(o), map[string]string{}
	if number := waveIn(a, o); number != 0 {
		annotations["argocd.argoproj.io/sync-wave"] = strconv.Itoa(number)
	}
	if kind == "Job" && migrates(o) {
		annotations["argocd.argoproj.io/hook"] = "Sync"
		annotations["argocd.argoproj.io/hook-delete-policy"] = "BeforeHookCreation"
	}
	if slices.Contains(lasting, kind) {
		annotations["argocd.argoproj.io/sync-options"] = "PruneLast=true"
	}
	return marks{annotations: annotations}
}
