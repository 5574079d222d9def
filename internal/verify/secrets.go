package verify

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/inventory"
	"github.com/scantling/scantling/internal/manifest"
)

// secrets are about where Secrets come from, and who reads them.
var secrets = []Guarantee{
	{
		Name:    "no-secret-in-manifests",
		Promise: "no Secret lies open in the manifests",
		Why:     "base64 is no encryption: whoever reads the repository, its history or the pipeline's log has the password",
		Source:  "https://kubernetes.io/docs/concepts/security/secrets-good-practices/",
		Foreign: diag.Warning,
		check:   noSecretInManifests,
	},
	{
		Name:    "secret-is-produced",
		Promise: "every Secret that a pod reads is made, and has the key that the pod reads",
		Why:     "a pod that reads a key that is not there never starts: CreateContainerConfigError, or a volume that cannot be set up",
		Source:  "https://kubernetes.io/docs/concepts/configuration/secret/#using-secrets",
		Foreign: diag.Error,
		check:   secretIsProduced,
	},
	{
		Name:    "rotating-secret-is-seen",
		Promise: "a Secret that changes while pods run is mounted so that they see it",
		Why:     "a file that is mounted by subPath never changes: after a rotation the pods go on with the old password until somebody restarts them",
		Source:  "https://kubernetes.io/docs/concepts/configuration/secret/#using-secrets-as-files-from-a-pod",
		Foreign: diag.Warning,
		check:   rotatingSecretIsSeen,
	},
	{
		Name:    "secret-store-resolves",
		Promise: "every ExternalSecret finds the store that it names",
		Why:     "one that names no kind means a SecretStore of its own namespace; where there is none the Secret is never made",
		Source:  "https://external-secrets.io/latest/api/externalsecret/",
		Foreign: diag.Error,
		check:   secretStoreResolves,
	},
}

func noSecretInManifests(c *checker) {
	for _, s := range c.Secrets {
		switch {
		case s.Literal && s.MadeBy == nil:
			c.violated(s.Object, "data", "read the manifest: the values of %s stand in it, encoded and not encrypted", podNames(s.Keys))
		case s.MadeBy != nil:
			c.proved(s.Object, "%s makes it in the cluster", s.MadeBy.Short())
		default:
			c.proved(s.Object, "it holds no value")
		}
	}
}

func secretIsProduced(c *checker) {
	accounts, rights := accessAccounts(c), accessRights(c)
	for _, w := range c.Workloads {
		uses := keysUsed(w).secrets
		if a := accessLookup(accounts, w.Namespace, podAccount(w)); a != nil && len(w.Template.Spec.ImagePullSecrets) == 0 {
			for _, name := range a.PullSecrets {
				uses = append(uses, keysPull(podPath(w)+".serviceAccountName", name))
			}
		}
		keysAreThere(c, w, "Secret", uses, c.Secret, func(name string) bool { return secretIsElsewhere(c, rights, w, name) })
	}
}

// keysFinder finds a Secret or a ConfigMap by namespace and name; nil: it is in no manifest.
type keysFinder func(namespace, name string) *inventory.Keys

// of also finds what states no namespace: it goes to whichever it is applied to.
func (find keysFinder) of(namespace, name string) *inventory.Keys {
	if k := find(namespace, name); k != nil {
		return k
	}
	return find("", name)
}

// keysAreThere holds what the pods of a workload read against what there is, in the manifests and elsewhere.
func keysAreThere(c *checker, w *inventory.Workload, kind string, uses []keysUse, find keysFinder, elsewhere func(name string) bool) {
	var nowhere []string // in no manifest
	for _, u := range uses {
		found := find.of(w.Namespace, u.name)
		switch {
		case u.optional || u.name == "" || found == nil && elsewhere(u.name):
		case found != nil && u.key != "" && !w.Ours() && len(found.Keys) == 0 && !found.Open: // whoever fills it does so in the cluster
			nowhere = append(nowhere, fmt.Sprintf("what is in %s %s, which is empty in the manifests", kind, u.name))
		case found != nil && !w.Ours() && w.File != found.File && c.IsCopied(found.ID) && keysMissing(kind, u, found) != "":
			nowhere = append(nowhere, fmt.Sprintf("which %s %s is there: several files state one", kind, u.name))
		case found != nil:
			if problem := keysMissing(kind, u, found); problem != "" {
				c.violated(w.Object, u.path, "%s", problem)
			}
		case u.pull && w.Ours() && c.Facts.Apps != nil:
			c.violated(w.Object, u.path, "pull an image from a registry that asks who you are: it fails, because nobody makes Secret %s", u.name)
		case w.Ours() && c.Facts.Apps != nil:
			c.violated(w.Object, u.path, "start a pod: its containers do not start, because %s reads %s %s, which nobody makes", u.who, kind, u.name)
		default:
			nowhere = append(nowhere, fmt.Sprintf("whether there is %s %s, which is in no manifest", kind, u.name))
		}
	}
	slices.Sort(nowhere)
	nowhere = slices.Compact(nowhere)
	if len(nowhere) > 0 {
		c.unknown(w.Object, "%s", strings.Join(nowhere, "; "))
	}
	if len(uses) > 0 {
		c.proved(w.Object, "%s", keysProof(kind, uses))
	}
}

// keysProof names what pods read, each once.
func keysProof(kind string, uses []keysUse) string {
	var names []string
	for _, u := range uses {
		names = append(names, u.name)
	}
	slices.Sort(names)
	return fmt.Sprintf("it reads %s %s", kind, podNames(slices.Compact(names)))
}

// secretIsElsewhere reports whether a Secret is there without a manifest: the platform says that somebody made it, or the pods have it
// made themselves. CloudNativePG makes NAME-app of a Cluster NAME, and a drill is given the right to one that it makes and deletes again.
func secretIsElsewhere(c *checker, rights map[accessKey][]*inventory.Binding, w *inventory.Workload, name string) bool {
	if slices.Contains(c.Facts.Secrets, w.Namespace+"/"+name) {
		return true
	}
	cluster, found := strings.CutSuffix(name, "-app")
	if !found {
		return false
	}
	for _, b := range accessHeld(rights, w.Namespace, podAccount(w)) {
		for _, r := range c.Roles {
			given := r.Kind == b.Role.Kind && r.Name == b.Role.Name && (r.Kind == "ClusterRole" || r.Namespace == b.Namespace)
			if given && slices.ContainsFunc(r.Rules, func(rule rbacv1.PolicyRule) bool {
				return slices.Contains(rule.APIGroups, "postgresql.cnpg.io") && slices.Contains(rule.Resources, "clusters") &&
					slices.Contains(rule.ResourceNames, cluster) && slices.Contains(rule.Verbs, "delete")
			}) {
				return true
			}
		}
	}
	return false
}

func rotatingSecretIsSeen(c *checker) {
	for _, w := range c.Workloads {
		rotating := map[string]*inventory.Object{} // who makes it anew, by volume
		for _, v := range w.Template.Spec.Volumes {
			var uses keysUses
			uses.volume("", v)
			for _, u := range uses.secrets {
				k := keysFinder(c.Secret).of(w.Namespace, u.name)
				if k != nil && k.MadeBy != nil && k.MadeBy.Kind != "SealedSecret" { // what is sealed changes with a commit
					rotating[v.Name] = k.MadeBy
				}
			}
		}
		if len(rotating) == 0 {
			continue
		}
		for b := range podBoxes(w) {
			for _, m := range b.VolumeMounts {
				if by := rotating[m.Name]; by != nil && cmp.Or(m.SubPath, m.SubPathExpr) != "" {
					c.violated(w.Object, b.path("volumeMounts"), "let %s rotate the Secret: container %s reads the old one at %s until it is restarted, because a subPath is never updated", by.Short(), b.Name, m.MountPath)
				}
			}
		}
		c.proved(w.Object, "%s with Secrets that rotate, none mounted by subPath", podCount{len(rotating), "volume"})
	}
}

const secretOperator = "external-secrets.io"

func secretStoreResolves(c *checker) {
	for _, o := range c.Of(secretOperator, "ExternalSecret") {
		ref := manifest.Map(o.Fields, "spec", "secretStoreRef")
		name := manifest.String(ref, "name")
		if name == "" {
			continue // each entry names its own
		}
		kind, stated := "SecretStore", manifest.String(ref, "kind")
		if stated != "" {
			kind = stated
		}
		own := c.Get(manifest.ID{Group: secretOperator, Kind: "SecretStore", Namespace: o.Namespace, Name: name})
		clusters := c.Get(manifest.ID{Group: secretOperator, Kind: "ClusterSecretStore", Name: name})
		switch {
		case stated == "" && own == nil && clusters != nil:
			c.violated(o, "spec.secretStoreRef.kind", "wait for the Secret: it is never made, because the reference means a SecretStore, and %s is a ClusterSecretStore", name)
		case kind == "SecretStore" && own == nil && clusters != nil, kind == "ClusterSecretStore" && own != nil && clusters == nil:
			c.unknown(o, "whether there is %s %s, which is in no manifest: %s is there", kind, name, cmp.Or(own, clusters).Short())
		case stated == "" && o.Ours():
			c.violated(o, "spec.secretStoreRef.kind", "wait for the Secret: it is made only if %s is a SecretStore of its namespace, because the reference states no kind", name)
		case stated == "" && own == nil:
			c.unknown(o, "whether there is SecretStore %s, which the reference means because it states no kind", name)
		default:
			c.proved(o, "it reads from %s %s", kind, name)
		}
	}
}
