package resolve

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/kube"
)

// distinctSecrets reports two Secrets of a namespace whose derived names are the same: "a" with secret "b-c", and "a-b" with secret
// "c", or "a" with secret "migrate-c" and the copy of "c" that its migration has.
func (w *world) distinctSecrets() {
	first := map[[2]string]*spec{}
	for _, s := range w.specs {
		var all []companion
		for _, secret := range s.app.Secrets {
			if !secret.Existing {
				all = append(all, companion{name: secret.Name})
			}
		}
		for _, c := range append(all, s.copies()...) {
			key := [2]string{s.app.Namespace, c.name}
			switch other := first[key]; {
			case other == nil || other == s && c.what == "":
				first[key] = s
			case other == s:
				s.fail("secrets", "secrets-differ", fmt.Sprintf("the Secret %q is also the name of %s", c.name, c.what), "another name for the secret", "rename the secret")
			default:
				s.fail("secrets", "secrets-differ", fmt.Sprintf("the Secret %q is also that of app %q (%s)", c.name, other.name, other.node.KeyPos), "another name for one of the secrets", "rename one of them")
			}
		}
	}
}

// copies are the Secrets that are made for the app's certificate, its migration, its Jobs and its databases alone.
func (s *spec) copies() []companion {
	var out []companion
	if e := s.app.Expose; e != nil && e.Via == "ingress" && s.w.env.IngressClass != nil && s.w.env.IngressClass.Issuer != "" {
		out = append(out, companion{s.name + "-tls", "the one that cert-manager makes"})
	}
	if s.app.Migration != nil && s.w.env.Delivery == "helm" {
		for _, secret := range s.app.Migration.Secrets {
			if secret.Store != nil {
				out = append(out, companion{secret.Name, "a copy that the migration has"})
			}
		}
	}
	for _, j := range s.app.Jobs {
		for _, secret := range j.Secrets {
			out = append(out, companion{secret.Name, "one that " + j.Name + " has"})
		}
	}
	for _, c := range s.app.Clusters {
		if c.Archive != nil {
			out = append(out, companion{c.Archive.Secret.Name, "the one that opens the archive of " + c.Need})
		}
	}
	return out
}

// distinctJobs reports two apps of a namespace whose Jobs have one name: "a" with need "b-c", and "a-b" with need "c". They would prune
// each other's backups, too.
func (w *world) distinctJobs() {
	first := map[[2]string]*spec{}
	for _, s := range w.specs {
		for _, j := range s.app.Jobs {
			key := [2]string{s.app.Namespace, j.Name}
			if other := first[key]; other != nil {
				s.fail("", "derived-names-differ", fmt.Sprintf("%q would be the %s of %q, and of %q (%s)", j.Name, j.Component, s.name, other.name, other.node.KeyPos), "names that differ together with those of the data", "rename a need or a volume")
				continue
			}
			first[key] = s
		}
	}
}

// distinctNames reports an app that has the name of what another app of its namespace has beside itself, or will have when a
// release begins: "checkout-canary" beside a canary of "checkout".
func (w *world) distinctNames() {
	for _, s := range w.specs {
		if what := namespaceHas[s.name]; what != "" {
			s.fail("", "derived-names-differ", fmt.Sprintf("%q is also the name of %s", s.name, what), "a name that nothing else in the namespace has", "rename the app")
		}
		for _, beside := range s.beside() {
			other := w.byName[beside.name]
			if other == nil || other.app.Namespace != s.app.Namespace {
				continue
			}
			other.fail("", "derived-names-differ", fmt.Sprintf("%q is also the name of %s of %q (%s)", other.name, beside.what, s.name, s.node.KeyPos), "a name that nothing else in the namespace has", "rename one of the apps")
		}
	}
}

// namespaceHas is what every namespace has of kinds that an app has, too.
var namespaceHas = map[string]string{
	"default":      "the ServiceAccount of all pods that name none",
	"default-deny": "the NetworkPolicy that closes the namespace",
}

// companion is what an app has beside itself, under a name that is made from the app's.
type companion struct{ name, what string }

// beside are the app's companions, in every phase of a release.
func (s *spec) beside() []companion {
	var out []companion
	a := s.app
	switch {
	case a.Kind == app.Stateful:
		out = append(out, companion{kube.HeadlessName(a), "the headless Service"})
	case a.Rollout.Strategy == app.BlueGreen:
		out = append(out, companion{a.Name + "-blue", "the blue colour"}, companion{a.Name + "-green", "the green colour"}, companion{kube.PreviewName(a), "the preview"})
	case a.CanaryBy(app.ByFlagger):
		out = append(out, companion{kube.CanaryName(a), "the canary"}, companion{kube.PrimaryName(a), "Flagger's primary"})
	case a.Rollout.Split != nil && !byItself(a.Rollout.Split.Engine):
		out = append(out, companion{kube.CanaryName(a), "the canary"})
	}
	if a.Base != nil {
		out = append(out, companion{kube.BaseName(a), "the base"})
	}
	if a.Expose != nil && a.Expose.Via == loadBalancer {
		out = append(out, companion{kube.ExternalName(a), "the load balancer"})
	}
	out = slices.Concat(out, s.clusterCompanions(), s.clusterServices())
	if a.Migration != nil {
		out = append(out, companion{kube.MigrationName(a), "the migration"})
	}
	for _, j := range a.Jobs {
		out = append(out, companion{j.Name, "the " + j.Component + " of " + strconv.Quote(j.For)})
	}
	return append(out, s.watchers()...)
}

// watchers are what measures the app, and what acts on it.
func (s *spec) watchers() []companion {
	var out []companion
	a := s.app
	if a.Scaling != nil && a.Scaling.KEDA {
		out = append(out, companion{"keda-hpa-" + a.Name, "the autoscaler that KEDA makes"})
	}
	if s.isAsked() {
		out = append(out, companion{kube.ProbeName(a), "the job of the prober"})
	}
	for _, r := range a.Recovery {
		name := kube.Name(a.Name, r.Name, kube.ComponentBackup)
		byJob := slices.ContainsFunc(a.Jobs, func(j app.Job) bool { return j.Name == name })
		if r.SharedWith == "" && !byJob && a.Env.Has("prometheus") {
			out = append(out, companion{name, "the alerts about the backup of " + strconv.Quote(r.Name)})
		}
	}
	return out
}
