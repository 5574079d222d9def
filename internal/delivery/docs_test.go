package delivery_test

import (
	"os"
	"regexp"
	"slices"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/yaml"

	"github.com/scantling/scantling/generators"
	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/delivery"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

// kustomization is what docs/delivery.md says about one of Flux's: it applies what no patch deletes.
type kustomization struct {
	Metadata struct{ Name string }
	Spec     struct {
		Wait      bool
		DependsOn []struct{ Name string }
		Patches   []struct {
			Target struct{ LabelSelector string }
			Patch  string
		}
	}
}

// applies reports whether a Kustomization applies an object.
func (k kustomization) applies(t *testing.T, o generator.Object) bool {
	t.Helper()
	have := labels.Set{}
	switch o := o.(type) {
	case metav1.Object:
		have = o.GetLabels()
	case kube.Passthrough:
		values, _ := o["metadata"].(map[string]any)["labels"].(map[string]any)
		for key, value := range values {
			have[key] = value.(string)
		}
	}
	for _, p := range k.Spec.Patches {
		selector, err := labels.Parse(p.Target.LabelSelector)
		if err != nil {
			t.Fatal(err)
		}
		if selector.Matches(have) {
			return false
		}
	}
	return true
}

// TestDocumentedKustomizations wants each object in exactly one of the two Kustomizations that the page shows: the migration, what it
// needs and the namespace in the one that is waited for.
func TestDocumentedKustomizations(t *testing.T) {
	page, err := os.ReadFile("../../docs/delivery.md")
	if err != nil {
		t.Fatal(err)
	}
	var pair []kustomization
	for _, text := range regexp.MustCompile(`(?s)apiVersion: kustomize.*?\n(?:---|`+"```"+`)\n`).FindAllString(string(page), -1) {
		var k kustomization
		if err := yaml.Unmarshal([]byte(text[:len(text)-4]), &k); err != nil {
			t.Fatal(err)
		}
		pair = append(pair, k)
	}
	if len(pair) != 2 || !pair[0].Spec.Wait || len(pair[1].Spec.DependsOn) != 1 || pair[1].Spec.DependsOn[0].Name != pair[0].Metadata.Name {
		t.Fatalf("the page shows no second Kustomization that waits for a first: %+v", pair)
	}
	a := checkout("flux")
	for id, o := range render(a) {
		first := slices.Contains([]string{"ExternalSecret", "SealedSecret"}, kube.Kind(o)) || regexp.MustCompile("migrate").MatchString(id)
		if pair[0].applies(t, o) != first || pair[1].applies(t, o) == first {
			t.Errorf("%s: in the first: %v, in the second: %v", id, pair[0].applies(t, o), pair[1].applies(t, o))
		}
	}
	for _, g := range generators.All {
		if g.RunNamespace == nil {
			continue
		}
		for _, o := range delivery.Mark(a.Env, nil, g.RunNamespace(app.Namespace{Env: a.Env, Name: "shop"})) {
			if !pair[0].applies(t, o) || pair[1].applies(t, o) {
				t.Errorf("%s of the namespace is not in the first alone", kube.Kind(o))
			}
		}
	}
}
