package verify

import (
	"slices"
	"strings"

	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/inventory"
)

// identity is about what every object is called, and whether a cluster knows its kind.
var identity = []Guarantee{
	{
		Name:    "object-is-readable",
		Promise: "the fields of every object have the types that its kind wants",
		Why:     "the API server refuses what it can't decode, often in the middle of a deployment, when half of the objects are in",
		Source:  "https://kubernetes.io/docs/reference/using-api/api-concepts/#validation",
		Foreign: diag.Error,
		check:   objectIsReadable,
	},
	{
		Name:    "identity-is-unique",
		Promise: "no two objects have the same group, kind, namespace and name",
		Why:     "they are one object to the cluster: which of the two it becomes is decided by the order in which files happen to be applied",
		Source:  "https://kubernetes.io/docs/concepts/overview/working-with-objects/names/",
		Foreign: diag.Error,
		check:   identityIsUnique,
	},
	{
		Name:    "name-is-valid",
		Promise: "every name, label and port name is one that the API server takes, and leaves room for what controllers add to it",
		Why:     "an object with a wrong name is refused, and one whose pods can't be named is taken and never runs",
		Source:  "https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#names",
		Foreign: diag.Error,
		check:   nameIsValid,
	},
	{
		Name:    "namespace-is-known",
		Promise: "every object is in a namespace that is in the set or exists",
		Why:     "without a namespace it lands where somebody's kubectl happens to point, and in a missing one it is refused",
		Source:  "https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/",
		Foreign: diag.Warning,
		check:   namespaceIsKnown,
	},
	{
		Name:    "version-is-served",
		Promise: "every object is of a version that the cluster serves, and of a kind whose operator is there",
		Why:     "an upgrade of the cluster takes old versions away: the next deployment is refused as a whole",
		Source:  "https://kubernetes.io/docs/reference/using-api/deprecation-guide/",
		Foreign: diag.Error,
		check:   versionIsServed,
	},
}

func objectIsReadable(c *checker) {
	unreadable := make(map[*inventory.Object]bool, len(c.Unreadable))
	for _, p := range c.Unreadable {
		unreadable[p.Object] = true
		if p.APIVersion == "" { // rules in a file of their own
			c.violated(p.Object, "", "reload Prometheus: it refuses the file, because %s", strings.TrimPrefix(p.Text, "spec."))
			continue
		}
		c.violated(p.Object, "", "apply it: the API server refuses it, because %s", p.Text)
	}
	for _, o := range c.Objects {
		if !unreadable[o] {
			c.proved(o, "every field that decides has the type that %s of %s wants", o.Kind, o.APIVersion)
		}
	}
}

func identityIsUnique(c *checker) {
	repeated := make(map[*inventory.Object]bool, len(c.Repeated))
	for _, o := range c.Repeated {
		repeated[o] = true
		first := c.Get(o.ID)
		c.violated(o, "metadata.name", "apply all: %s of %s:%d is the same object, and whichever is applied last replaces the other", o.ID, first.File, first.Line)
	}
	for _, o := range c.Objects {
		if !repeated[o] {
			c.proved(o, "it is the first %s", o.ID)
		}
	}
}

// builtIn are the namespaces that every cluster has.
var builtIn = []string{"default", "kube-node-lease", "kube-public", "kube-system"}

func namespaceIsKnown(c *checker) {
	stated := c.Facts.Kubernetes > 0 || c.Facts.Apps != nil
	existing := slices.Concat(builtIn, c.Facts.Namespaces, platformNamespaces(c.Facts))
	for _, o := range c.Objects {
		switch {
		case o.ClusterWide() || !o.Ours() && o.Namespace == "":
		case o.Namespace == "":
			if knownNamespaced(o) {
				c.violated(o, "metadata.namespace", "apply it: it has no namespace, and lands in the one that kubectl points at")
			}
		case c.Namespace(o.Namespace) != nil:
			c.proved(o, "Namespace/%s is in the set", o.Namespace)
		case slices.Contains(existing, o.Namespace):
			c.proved(o, "the namespace %s exists", o.Namespace)
		case o.Ours() && stated:
			c.violated(o, "metadata.namespace", "apply it: the namespace %s is neither in the set nor one that the platform says exists", o.Namespace)
		case o.Ours() || stated:
			c.unknown(o, "whether there is a namespace %s", o.Namespace)
		}
	}
}

// platformNamespaces are those in which the platform says that something runs.
func platformNamespaces(f Facts) []string {
	var names []string
	for _, p := range []*Pods{f.DNS, f.Scrape} {
		if p != nil {
			names = append(names, p.Namespace)
		}
	}
	for _, p := range f.Doors {
		names = append(names, p.Namespace)
	}
	return names
}

// knownNamespaced reports whether a kind without a namespace lacks one: it is of Kubernetes itself.
func knownNamespaced(o *inventory.Object) bool {
	return slices.Contains(servedKinds[o.APIVersion], o.Kind)
}
