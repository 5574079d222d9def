// Package generator is the contract between the pipeline and the rooms that make Kubernetes objects.
package generator

import "github.com/scantling/scantling/internal/app"

// Object is one Kubernetes object: a typed one of k8s.io/api or of package kube, or a document that is passed through.
type Object interface {
	GetName() string
	GetNamespace() string
}

// File is a document for a tool outside the cluster, which lies beside the manifests: that of an app or a namespace in
// TREE/ENV/NAMESPACE/NAME, that of the platform in TREE/NAME. What a name begins with, up to its first dot, says whose it is: the
// app's name, "namespace", or for the platform that of the environment. None of them has a dot, so "checkout.orders-backup.rules.yaml"
// is of checkout.
type File struct {
	Tree    string // folder beside the environments, with a dot, which none of them may have: "prometheus.d"
	Name    string // with its ending: "checkout.rules.yaml", "namespace.rules.yaml", "prod.yaml"
	Content any    // written as YAML; a string or []byte as it is
}

// Generator makes one concern's objects. It is a value; Run and RunNamespace are pure functions that cannot fail: what can
// fail has failed in resolve, with a position.
type Generator struct {
	Name         string                          // kebab-case, unique, stable
	Reasons      Reasons                         // why each constant of its output is what it is
	Run          func(a app.App) []Object        // the objects of one app; nil: none
	RunNamespace func(ns app.Namespace) []Object // the objects of one namespace; nil: none
	RunPlatform  func(f app.Fleet) []Object      // the platform's own objects in one environment; nil: none

	Files          func(a app.App) []File        // what other tools read about one app; nil: nothing
	NamespaceFiles func(ns app.Namespace) []File // what other tools read about one namespace; nil: nothing
	PlatformFiles  func(f app.Fleet) []File      // what other tools read about the platform in one environment; nil: nothing
}

// Reasons says why a field that depends on no input has its value. A key is "KIND PATH" with [] for every list element:
// "Deployment spec.template.spec.containers[].securityContext.privileged"; a path speaks for all fields below it.
type Reasons map[string]string
