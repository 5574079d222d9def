// Package kube holds what all generators must agree on: names, labels, selectors, and the third-party kinds as small structs.
package kube

import (
	"maps"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/scantling/scantling/internal/app"
)

// The labels that we set. The first three make a selector; a version never does, because selectors can't change.
const (
	LabelName      = "app.kubernetes.io/name"
	LabelInstance  = "app.kubernetes.io/instance"
	LabelComponent = "app.kubernetes.io/component"
	LabelPartOf    = "app.kubernetes.io/part-of"
	LabelVersion   = "app.kubernetes.io/version"
	LabelManagedBy = "app.kubernetes.io/managed-by"
	LabelTier      = "scantling.dev/tier"
	LabelOwner     = "scantling.dev/owner"

	// LabelNamespace is set on every namespace by Kubernetes itself.
	LabelNamespace = "kubernetes.io/metadata.name"
)

// ManagedBy is the value of LabelManagedBy on everything that we make.
const ManagedBy = "scantling"

// The components.
const (
	// ComponentApp is the component of the pods that run all the time.
	ComponentApp = "app"
	// ComponentJob is the component of a cron app's pods. They come and go, so no Service and no budget may count them.
	ComponentJob = "job"
	// ComponentHeadless is the component of a headless Service, never of a pod: who selects an app's Service by its labels, as
	// a ServiceMonitor does, must not find every pod a second time.
	ComponentHeadless = "headless"
)

// Component returns the component of the pods of an app of this kind.
func Component(kind app.Kind) string {
	if kind == app.Cron {
		return ComponentJob
	}
	return ComponentApp
}

// Type returns the TypeMeta of a kind: Type("apps/v1", "Deployment").
func Type(apiVersion, kind string) metav1.TypeMeta {
	return metav1.TypeMeta{APIVersion: apiVersion, Kind: kind}
}

// Meta returns the metadata of an object of an app.
func Meta(a app.App, name string) metav1.ObjectMeta {
	return ComponentMeta(a, name, Component(a.Kind))
}

// ComponentMeta returns the metadata of an object of an app that is not of the component of its pods.
func ComponentMeta(a app.App, name, component string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Name: name, Namespace: a.Namespace, Labels: labels(a, component)}
}

// Labels returns the labels of an app's objects.
func Labels(a app.App) map[string]string {
	return labels(a, Component(a.Kind))
}

// PodLabels returns the labels of an app's own pods.
func PodLabels(a app.App) map[string]string {
	return labels(a, Component(a.Kind))
}

func labels(a app.App, component string) map[string]string {
	ls := selectorLabels(a.Name, component)
	ls[LabelPartOf] = a.Namespace
	ls[LabelManagedBy] = ManagedBy
	ls[LabelTier] = string(a.Tier)
	ls[LabelOwner] = a.Team
	if a.Version != "" {
		ls[LabelVersion] = a.Version
	}
	return ls
}

// PodSelectorLabels returns the labels that select the pods of the app with this name and kind; they never change in an app's life.
func PodSelectorLabels(name string, kind app.Kind) map[string]string {
	return selectorLabels(name, Component(kind))
}

func selectorLabels(name, component string) map[string]string {
	return map[string]string{
		LabelName:      name,
		LabelInstance:  name,
		LabelComponent: component,
	}
}

// Selector returns the selector of an app's own pods, of whatever kind it is.
func Selector(a app.App) *metav1.LabelSelector {
	return &metav1.LabelSelector{MatchLabels: PodSelectorLabels(a.Name, a.Kind)}
}

// NamespaceMeta returns the metadata of an object that belongs to a namespace as a whole.
func NamespaceMeta(ns app.Namespace, name string) metav1.ObjectMeta {
	ls := map[string]string{LabelManagedBy: ManagedBy}
	if ns.Team != "" {
		ls[LabelOwner] = ns.Team
	}
	return metav1.ObjectMeta{Name: name, Namespace: ns.Name, Labels: ls}
}

// Merge returns the union of label sets; a later one wins.
func Merge(sets ...map[string]string) map[string]string {
	out := map[string]string{}
	for _, s := range sets {
		maps.Copy(out, s)
	}
	return out
}
