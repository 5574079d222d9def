package suite

import (
	"context"
	"fmt"
	"os"
	"slices"

	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/scantling/scantling/e2e/cluster"
	"github.com/scantling/scantling/e2e/judge/crds"
	"github.com/scantling/scantling/e2e/render"
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

// renderAll renders every blueprint, every golden case and the projects of our own, for each environment: the objects of its apps and,
// where there are some, those of the platform.
func renderAll(ctx context.Context) (apps, platforms []rendered, err error) {
	temp, err := cluster.TempDir()
	if err != nil {
		return nil, nil, err
	}
	defer os.RemoveAll(temp)
	projects, err := world.scantling.Projects()
	if err != nil {
		return nil, nil, err
	}
	for _, p := range append(projects, render.Own()...) {
		dir, err := p.Dir(temp)
		if err != nil {
			return nil, nil, err
		}
		environments, err := world.scantling.Environments(ctx, dir)
		if err != nil {
			return nil, nil, err
		}
		for _, env := range environments {
			objects, err := world.scantling.Objects(ctx, dir, env)
			if err != nil {
				return nil, nil, err
			}
			apps = append(apps, rendered{p.Name + " " + env, objects})
			if objects, err = world.scantling.PlatformObjects(ctx, dir, env); err != nil {
				return nil, nil, err
			}
			if len(objects) > 0 {
				platforms = append(platforms, rendered{p.Name + " " + env + " --platform", objects})
			}
		}
	}
	if len(apps) == 0 || len(platforms) == 0 {
		return nil, nil, fmt.Errorf("below %s are %d projects, %d of them with a platform", world.scantling.Root, len(apps), len(platforms))
	}
	return apps, platforms, nil
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
