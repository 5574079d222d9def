package suite

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/scantling/scantling/e2e/cluster"
	"github.com/scantling/scantling/e2e/judge/crds"
)

// rendered is one environment of one project.
type rendered struct {
	name    string // "blueprints/web prod"
	objects []*unstructured.Unstructured
}

// namespaces are those that the case touches.
func (r rendered) namespaces() []string {
	var all []string
	for _, o := range r.objects {
		name := o.GetNamespace()
		if o.GetKind() == "Namespace" {
			name = o.GetName()
		}
		if name != "" && !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	return all
}

// renderAll renders every blueprint and every golden case for each of its environments.
func renderAll(ctx context.Context) ([]rendered, error) {
	temp, err := cluster.TempDir()
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(temp)
	projects, err := world.scantling.Projects()
	if err != nil {
		return nil, err
	}
	var all []rendered
	for _, p := range projects {
		dir, err := p.Dir(temp)
		if err != nil {
			return nil, err
		}
		environments, err := world.scantling.Environments(ctx, dir)
		if err != nil {
			return nil, err
		}
		for _, env := range environments {
			objects, err := world.scantling.Objects(ctx, dir, env)
			if err != nil {
				return nil, err
			}
			all = append(all, rendered{p.Name + " " + env, objects})
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("no project below %s", filepath.Join(world.scantling.Root, "blueprints"))
	}
	return all, nil
}

// definitions returns those of the third-party kinds among the objects.
func definitions(cases []rendered) ([]*apiextensions.CustomResourceDefinition, error) {
	kinds := map[string][]string{} // by group
	for _, c := range cases {
		for _, o := range c.objects {
			k := o.GroupVersionKind()
			if slices.Contains(crds.Groups(), k.Group) && !slices.Contains(kinds[k.Group], k.Kind) {
				kinds[k.Group] = append(kinds[k.Group], k.Kind)
			}
		}
	}
	var all []*apiextensions.CustomResourceDefinition
	for group, names := range kinds {
		found, err := crds.Read(group, names...)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

// rounds splits the cases so that no two of a round share a namespace: each needs its own to itself.
func rounds(cases []rendered) [][]rendered {
	var all [][]rendered
	for len(cases) > 0 {
		var round, later []rendered
		var taken []string
		for _, c := range cases {
			names := c.namespaces()
			if slices.ContainsFunc(names, func(n string) bool { return slices.Contains(taken, n) }) {
				later = append(later, c)
				continue
			}
			round, taken = append(round, c), append(taken, names...)
		}
		all, cases = append(all, round), later
	}
	return all
}
