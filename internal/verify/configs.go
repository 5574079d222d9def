package verify

import (
	"regexp"

	"github.com/scantling/scantling/internal/diag"
)

// configs are about ConfigMaps and who reads them.
var configs = []Guarantee{
	{
		Name:    "config-is-produced",
		Promise: "every ConfigMap that a pod reads is made, and has the key that the pod reads",
		Why:     "a pod that reads a key that is not there never starts: CreateContainerConfigError, or a volume that cannot be set up",
		Source:  "https://kubernetes.io/docs/concepts/configuration/configmap/#using-configmaps",
		Foreign: diag.Error,
		check:   configIsProduced,
	},
	{
		Name:    "config-change-restarts",
		Promise: "a ConfigMap of ours that pods read is immutable, and has another name when its content changes",
		Why:     "pods that read one at their start go on with the old content, and a rollback that takes the pods back leaves the content new",
		Source:  "https://kubernetes.io/docs/concepts/configuration/configmap/#configmap-immutable",
		Foreign: diag.Warning,
		check:   configChangeRestarts,
	},
}

func configIsProduced(c *checker) {
	for _, w := range c.Workloads {
		keysAreThere(c, w, "ConfigMap", keysUsed(w).configs, c.Config, configIsEverywhere)
	}
}

// configIsEverywhere reports whether Kubernetes, or OpenShift, puts a ConfigMap into every namespace.
func configIsEverywhere(name string) bool {
	return name == "kube-root-ca.crt" || name == "openshift-service-ca.crt"
}

// configHash is how the name of a ConfigMap ends whose name is made of its content.
var configHash = regexp.MustCompile(`-[0-9a-f]{8,}$`)

func configChangeRestarts(c *checker) {
	for _, w := range c.Workloads {
		if !w.Ours() {
			continue // others have other ways, as a checksum that a chart puts into the pods
		}
		for _, u := range keysUsed(w).configs {
			k := c.Config(w.Namespace, u.name)
			switch {
			case k == nil || !k.Ours():
			case !k.Fixed:
				c.violated(k.Object, "immutable", "change a value: pods of %s that run read the old one, those that start the new one", w.Name)
			case !configHash.MatchString(k.Name):
				c.violated(k.Object, "metadata.name", "change a value: the API server refuses it, because an immutable ConfigMap of that name is there")
			default:
				c.proved(k.Object, "immutable, and called by a hash of its content")
			}
		}
	}
}
