package verify

import (
	"slices"
	"strings"

	"github.com/scantling/scantling/internal/inventory"
	"github.com/scantling/scantling/internal/manifest"
)

// verticalGroup and verticalKind are those of a VerticalPodAutoscaler.
const (
	verticalGroup = "autoscaling.k8s.io"
	verticalKind  = "VerticalPodAutoscaler"
)

// verticalTarget returns what a VerticalPodAutoscaler is for.
func verticalTarget(o *inventory.Object) scaleTarget {
	ref := manifest.Map(o.Fields, "spec", "targetRef")
	group, _, _ := strings.Cut(manifest.String(ref, "apiVersion"), "/")
	return scaleTarget{o.Namespace, inventory.Ref{Group: group, Kind: manifest.String(ref, "kind"), Name: manifest.String(ref, "name")}}
}

// verticalsFindTargets looks for what each VerticalPodAutoscaler sizes, or recommends a size for.
func verticalsFindTargets(c *checker) {
	for _, o := range c.Of(verticalGroup, verticalKind) {
		t := verticalTarget(o)
		switch found := c.Get(manifest.ID{Group: t.Group, Kind: t.Kind, Namespace: t.namespace, Name: t.Name}); {
		case found != nil:
			c.proved(o, "it is for %s", found.Short())
		case o.Ours():
			c.violated(o, "spec.targetRef", "ask for the size of its pods: it knows none, because there is no %s/%s of %s", t.Kind, t.Name, manifest.String(o.Fields, "spec", "targetRef", "apiVersion"))
		default:
			c.unknown(o, "whether there is a %s/%s: it is not among these manifests", t.Kind, t.Name)
		}
	}
}

// vertical is what a VerticalPodAutoscaler changes in the pods of its target.
type vertical struct {
	*inventory.Object
	policies map[string]containerPolicy // by container; "*" are all others
}

// containerPolicy is what is changed of one container.
type containerPolicy struct {
	off       bool
	resources []any // nil: CPU and memory
}

// verticals returns the VerticalPodAutoscalers that change anything, by their target. One that is Off only recommends.
func verticals(c *checker) map[scaleTarget][]vertical {
	all := map[scaleTarget][]vertical{}
	for _, o := range c.Of(verticalGroup, verticalKind) {
		if manifest.String(o.Fields, "spec", "updatePolicy", "updateMode") == "Off" {
			continue
		}
		v := vertical{o, map[string]containerPolicy{}}
		for _, p := range manifest.Maps(o.Fields, "spec", "resourcePolicy", "containerPolicies") {
			v.policies[manifest.String(p, "containerName")] = containerPolicy{
				off: manifest.String(p, "mode") == "Off", resources: manifest.List(p, "controlledResources"),
			}
		}
		target := verticalTarget(o)
		all[target] = append(all[target], v)
	}
	return all
}

// changes reports whether the request for a resource of a container is changed.
func (v vertical) changes(container, resource string) bool {
	p, ok := v.policies[container]
	if !ok {
		p = v.policies["*"]
	}
	return !p.off && (p.resources == nil || slices.Contains(p.resources, any(resource)))
}

func oneHandOnSize(c *checker) {
	by := verticals(c)
	if len(by) == 0 {
		return
	}
	for _, a := range c.Autoscalers {
		if a.MadeBy != nil || a.Target == nil {
			continue
		}
		for _, v := range by[scaleTarget{a.Namespace, a.Ref}] {
			clean := true
			for _, m := range aims(a) {
				for _, k := range admit(a.Target, nil).containers {
					if !k.stays || m.container != "" && m.container != k.Name || !v.changes(k.Name, string(m.resource)) {
						continue
					}
					clean = false
					c.violated(v.Object, "spec", "double the load: it raises the %s request of container %s, %s %s then measures less than %d%% of it, and takes pods away",
						m.resource, k.Name, a.Kind, a.Name, m.percent)
					break
				}
			}
			if clean {
				c.proved(v.Object, "it changes no request that %s %s divides by", a.Kind, a.Name)
			}
		}
	}
}
