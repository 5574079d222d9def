package generators_test

import (
	"testing"

	"github.com/scantling/scantling/generators"
	"github.com/scantling/scantling/internal/delivery"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

// TestOrderOfDelivery wants every kind that is made to have a wave, and the order of output to be that of the waves: a file can be
// applied from its beginning.
func TestOrderOfDelivery(t *testing.T) {
	hold := func(unit string, made func(generator.Generator) []generator.Object) {
		last, after := -100, ""
		for _, g := range generators.All {
			for _, o := range made(g) {
				wave, known := delivery.Wave(kube.Kind(o))
				if !known {
					t.Errorf("nobody says when a %s is to be applied", kube.Kind(o))
				}
				if wave < last {
					t.Errorf("%s: %s %s is of wave %d, behind %s of wave %d", unit, kube.Kind(o), o.GetName(), wave, after, last)
				}
				last, after = wave, kube.Kind(o)+" "+o.GetName()
			}
		}
	}
	for _, a := range corpus(t) {
		hold(a.Name, func(g generator.Generator) []generator.Object {
			if g.Run == nil {
				return nil
			}
			return g.Run(a)
		})
	}
	for _, ns := range namespaces(t) {
		hold(ns.Name, func(g generator.Generator) []generator.Object {
			if g.RunNamespace == nil {
				return nil
			}
			return g.RunNamespace(ns)
		})
	}
	for _, f := range fleets(t) {
		hold(f.Env.Name, func(g generator.Generator) []generator.Object {
			if g.RunPlatform == nil {
				return nil
			}
			return g.RunPlatform(f)
		})
	}
}

// TestOrderHasNoStrangers wants every kind of the order to be made: an entry that nothing meets is a slip.
func TestOrderHasNoStrangers(t *testing.T) {
	made := map[string]bool{}
	for _, objects := range everything(corpus(t), namespaces(t), fleets(t)) {
		for _, o := range objects {
			made[kube.Kind(o)] = true
		}
	}
	for _, kind := range delivery.Kinds() {
		if !made[kind] {
			t.Errorf("the order knows a %s, which nothing makes", kind)
		}
	}
}
