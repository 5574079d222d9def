package verify

import (
	"cmp"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/inventory"
)

// podTokens are about what pods can show to the API server.
var podTokens = []Guarantee{{
	Name:    "token-only-where-used",
	Promise: "a pod holds a token for the API server if, and only if, its ServiceAccount has rights there",
	Why:     "a token is the first thing that whoever breaks into a pod looks for; and rights are of no use to a pod that has none",
	Source:  "https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/#opt-out-of-api-credential-automounting",
	Foreign: diag.Warning,
	check:   tokenOnlyWhereUsed,
}}

// podAccount returns the name of the ServiceAccount that pods run as.
func podAccount(w *inventory.Workload) string {
	spec := &w.Template.Spec
	return cmp.Or(spec.ServiceAccountName, spec.DeprecatedServiceAccount, "default")
}

func tokenOnlyWhereUsed(c *checker) {
	accounts, rights := accessAccounts(c), accessRights(c)
	for w := range podsWritten(c) {
		if len(w.Template.Spec.Containers) == 0 {
			continue
		}
		name := podAccount(w)
		account := accessLookup(accounts, w.Namespace, name)
		held := accessHeld(rights, w.Namespace, name)
		mounted, known := podMountsToken(w, account)
		path := podPath(w) + ".automountServiceAccountToken"
		switch {
		case !mounted && held != nil && w.Ours() && !podProjectsToken(w):
			c.violated(w.Object, path, "call the API server from %s: the call is anonymous, because no token is mounted, though %s gives ServiceAccount %s rights", w.Name, held[0].Short(), name)
		case !mounted:
			c.proved(w.Object, "no token is mounted")
		case held != nil:
			c.proved(w.Object, "the token of ServiceAccount %s has the rights of %s", name, held[0].Short())
		case !known:
			c.unknown(w.Object, "whether ServiceAccount %s, which is in no manifest, mounts its token, and what rights it has", name)
		default:
			c.violated(w.Object, path, "break into %s: it holds a token of ServiceAccount %s, which the API server takes, and to which no binding of this set gives a right", w.Name, name)
		}
	}
}

// podMountsToken reports whether a pod finds the token of its account, and whether that can be told: a ServiceAccount that is not in
// the set may have been told not to. The pod has the last word; the account called default is there without a manifest.
func podMountsToken(w *inventory.Workload, account *inventory.Account) (mounted, known bool) {
	switch own := w.Template.Spec.AutomountServiceAccountToken; {
	case own != nil:
		return *own, true
	case account != nil:
		return account.Automount == nil || *account.Automount, true
	}
	return true, podAccount(w) == "default"
}

// podProjectsToken reports whether a pod asks for a token by itself, as for one that ends soon.
func podProjectsToken(w *inventory.Workload) bool {
	return slices.ContainsFunc(w.Template.Spec.Volumes, func(v corev1.Volume) bool {
		return v.Projected != nil && slices.ContainsFunc(v.Projected.Sources, func(p corev1.VolumeProjection) bool {
			return p.ServiceAccountToken != nil && p.ServiceAccountToken.Audience == ""
		})
	})
}
