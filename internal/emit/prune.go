package emit

import (
	"reflect"
	"slices"
	"strings"
)

// prune says what is left out below one place in an object. The zero value and nil leave out nothing.
type prune struct {
	never bool // the field is not ours to write
	empty bool // an empty value here says nothing
	below map[string]*prune
}

// at returns what is said about the field called name. Items of a list are asked as the list itself.
func (p *prune) at(name string) *prune {
	if p == nil {
		return nil
	}
	return p.below[name]
}

func (p *prune) always() bool { return p != nil && p.never }

// says reports whether a value written here as yaml is to be taken back.
func (p *prune) says(yaml []byte) bool {
	if p == nil || !p.empty {
		return false
	}
	switch string(yaml) {
	case " {}\n", " null\n":
		return true
	}
	return false
}

// emptyPaths lists, by kind, the paths at which the Kubernetes types print a value that nobody meant: structs with omitempty
// are printed all the same, and lists without it are printed as null. An empty value anywhere else is kept, for it may mean
// something: podSelector: {} selects all, ingress: [{}] allows all, emptyDir: {} is a volume.
var emptyPaths = map[string][]string{
	"*":                     {"metadata.creationTimestamp"},
	"Namespace":             {"spec"},
	"ResourceQuota":         {"spec"},
	"Role":                  {"rules"},
	"ClusterRole":           {"rules"},
	"PersistentVolumeClaim": {"spec.resources"},
	"Pod":                   pod(""),
	"Deployment":            append(pod("spec.template."), "spec.strategy"),
	"DaemonSet":             append(pod("spec.template."), "spec.updateStrategy"),
	"StatefulSet": append(pod("spec.template."), "spec.updateStrategy", "spec.volumeClaimTemplates.status",
		"spec.volumeClaimTemplates.metadata.creationTimestamp", "spec.volumeClaimTemplates.spec.resources"),
	"Job": pod("spec.template."),
	"CronJob": append(pod("spec.jobTemplate.spec.template."), "spec.jobTemplate.metadata",
		"spec.jobTemplate.metadata.creationTimestamp"),
}

// pod returns the paths of a pod whose metadata and spec stand below prefix.
func pod(prefix string) []string {
	return []string{
		prefix + "metadata",
		prefix + "metadata.creationTimestamp",
		prefix + "spec.containers.resources",
		prefix + "spec.initContainers.resources",
		prefix + "spec.volumes.ephemeral.volumeClaimTemplate.metadata",
		prefix + "spec.volumes.ephemeral.volumeClaimTemplate.spec.resources",
	}
}

// prunes is emptyPaths as trees; each also leaves out the status, which belongs to the cluster.
var prunes = pruneTrees(emptyPaths)

func pruneTrees(paths map[string][]string) map[string]*prune {
	trees := make(map[string]*prune, len(paths))
	for kind, own := range paths {
		root := &prune{below: map[string]*prune{"status": {never: true}}}
		for _, path := range slices.Concat(own, paths["*"]) {
			p := root
			for step := range strings.SplitSeq(path, ".") {
				if p.below == nil {
					p.below = map[string]*prune{}
				}
				if p.below[step] == nil {
					p.below[step] = &prune{}
				}
				p = p.below[step]
			}
			p.empty = true
		}
		trees[kind] = root
	}
	return trees
}

// prunesOf returns what to leave out of the typed object v: nothing, unless it is a struct with a kind.
func prunesOf(p *plan, v reflect.Value) *prune {
	if p.shape != structure {
		return nil
	}
	for i := range p.fields {
		if f := &p.fields[i]; f.name == "kind" && f.plan.shape == text {
			kind, _ := f.of(v)
			if tree, ok := prunes[kind.String()]; ok {
				return tree
			}
			return prunes["*"]
		}
	}
	return nil
}
