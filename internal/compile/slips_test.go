package compile_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/scantling/scantling/internal/inventory"
	"github.com/scantling/scantling/internal/manifest"
	"github.com/scantling/scantling/internal/verify"
)

// A slip breaks one thing in what a project of the corpus renders to, as a slip of the hand or of a generator would.
type slip struct {
	project   string
	guarantee string // that must find it
	name      string
	damages   []damage
}

// damage changes manifests, and says what it cannot find in them.
type damage func(m *manifests) error

// manifests are those of one environment. An object is copied before it is changed.
type manifests struct{ all []manifest.Object }

// TestSlips makes each slip, and wants the guarantee to find it that the row names: else TestProved would prove little.
func TestSlips(t *testing.T) {
	projects := map[string]project{}
	for _, p := range promisingCorpus(t) {
		projects[p.name] = p
	}
	found := map[string]int{}
	for _, s := range slices.Concat(dataSlips, releaseSlips, objectiveSlips, aboutSlips, spotSlips, faultSlips) {
		p, ok := projects[s.project]
		if !ok {
			t.Fatalf("no project is called %s", s.project)
		}
		m := manifests{slices.Clone(p.objects)}
		for _, change := range s.damages {
			if err := change(&m); err != nil {
				t.Errorf("%s: %s: %v", s.project, s.name, err)
			}
		}
		if got := violations(m.all, p.facts); !got[s.guarantee] {
			t.Errorf("%s: %s: %s does not find it; others do: %v", s.project, s.name, s.guarantee, slices.Sorted(maps.Keys(got)))
		}
		found[s.guarantee]++
	}
	t.Logf("%d slips, by %d guarantees", len(dataSlips)+len(releaseSlips)+len(objectiveSlips)+len(aboutSlips)+len(spotSlips)+len(faultSlips), len(found))
}

// violations are the guarantees that do not hold.
func violations(objects []manifest.Object, facts verify.Facts) map[string]bool {
	names := map[string]bool{}
	for _, r := range verify.Check(inventory.New(objects), facts, true) {
		if r.State == verify.Violated {
			names[r.Guarantee.Name] = true
		}
	}
	return names
}

// alter lets how work on a copy of each object that is called KIND/NAME; KIND/* are all of a kind.
func alter(id string, how func(fields map[string]any) error) damage {
	return func(m *manifests) error {
		kind, name, _ := strings.Cut(id, "/")
		changed := false
		for i, o := range m.all {
			if o.Kind != kind || name != "*" && o.Name != name {
				continue
			}
			before := o.Fields
			o = again(o, o.Name)
			if err := how(o.Fields); err != nil {
				return fmt.Errorf("%s: %w", id, err)
			}
			o.Name, o.Namespace = manifest.String(o.Fields, "metadata", "name"), manifest.String(o.Fields, "metadata", "namespace")
			m.all[i], changed = o, changed || !reflect.DeepEqual(before, o.Fields)
		}
		if !changed {
			return fmt.Errorf("%s: nothing is changed", id)
		}
		return nil
	}
}

// again returns a copy of an object under another name; no part is shared.
func again(o manifest.Object, name string) manifest.Object {
	text, err := json.Marshal(o.Fields)
	if err != nil {
		panic(err) // what was read can be written
	}
	copies, err := manifest.Parse(o.File, text)
	if err != nil || len(copies) != 1 {
		panic(fmt.Sprintf("%s: %d copies, %v", o, len(copies), err))
	}
	copies[0].Name = name
	manifest.Map(copies[0].Fields, "metadata")["name"] = name
	return copies[0]
}

// flow is a value as YAML has it.
type flow string

func valueOf(v any) any {
	switch v := v.(type) {
	case int:
		return int64(v)
	case flow:
		read, err := manifest.Parse("value", []byte("{apiVersion: v1, kind: V, metadata: {name: v}, value: "+string(v)+"}"))
		if err != nil {
			panic(err)
		}
		return read[0].Fields["value"]
	}
	return v
}

// where lets how work where a path leads: its words are keys, numbers of elements, KEY=VALUE for the element that has it, and * for all.
func where(id, path string, how func(old any) (any, error)) damage {
	return alter(id, func(fields map[string]any) error {
		_, err := into(fields, strings.Fields(path), how)
		return err
	})
}

func into(v any, path []string, how func(old any) (any, error)) (any, error) {
	if len(path) == 0 {
		return how(v)
	}
	word := path[0]
	switch v := v.(type) {
	case nil:
		return into(map[string]any{}, path, how)
	case map[string]any:
		below, err := into(v[word], path[1:], how)
		if v[word] = below; below == nil {
			delete(v, word)
		}
		return v, err
	case []any:
		key, value, named := strings.Cut(word, "=")
		n, err := strconv.Atoi(word)
		meant := func(i int) bool {
			if m, ok := v[i].(map[string]any); named {
				return ok && fmt.Sprint(m[key]) == value
			}
			return word == "*" || err == nil && n == i
		}
		var left []any
		any := false
		for i, e := range v {
			if meant(i) {
				any = true
				var err error
				if e, err = into(e, path[1:], how); err != nil {
					return v, err
				}
			}
			if e != nil {
				left = append(left, e)
			}
		}
		if !any {
			return v, fmt.Errorf("no element %s", word)
		}
		return left, nil
	}
	return v, fmt.Errorf("%s is in no map", word)
}

// set puts a value at a path; nil takes away what is there.
func set(id, path string, value any) damage {
	return where(id, path, func(any) (any, error) { return valueOf(value), nil })
}

// add appends to a list.
func add(id, path string, values ...any) damage {
	return where(id, path, func(v any) (any, error) {
		list, _ := v.([]any)
		for _, value := range values {
			list = append(list, valueOf(value))
		}
		return list, nil
	})
}

// reverse turns a list round.
func reverse(id, path string) damage {
	return where(id, path, func(v any) (any, error) {
		list, _ := v.([]any)
		slices.Reverse(list)
		return list, nil
	})
}

// without leaves objects out.
func without(ids ...string) damage {
	return func(m *manifests) error {
		for _, id := range ids {
			before := len(m.all)
			m.all = slices.DeleteFunc(m.all, func(o manifest.Object) bool { return o.Kind+"/"+o.Name == id })
			if len(m.all) == before {
				return fmt.Errorf("no %s", id)
			}
		}
		return nil
	}
}

// made adds an object.
func made(text string) damage {
	return func(m *manifests) error {
		more, err := manifest.Parse("made", []byte(text))
		m.all = append(m.all, more...)
		return err
	}
}

// ruled lets how work on the rules of an app that are alerts or records of a name about an objective; "" is none.
func ruled(app, objective, name string, how func(r map[string]any) error) damage {
	return alter("PrometheusRule/"+app, func(fields map[string]any) error {
		n := 0
		for _, g := range manifest.Maps(fields, "spec", "groups") {
			for _, r := range manifest.Maps(g, "rules") {
				if (r["alert"] == name || r["record"] == name) && manifest.String(r, "labels", "slo") == objective {
					n++
					if err := how(r); err != nil {
						return err
					}
				}
			}
		}
		if n == 0 {
			return fmt.Errorf("no rule %s", name)
		}
		return nil
	})
}

// swapped replaces a text of a rule's expression.
func swapped(app, objective, name, old, by string) damage {
	return ruled(app, objective, name, func(r map[string]any) error {
		expr, _ := r["expr"].(string)
		if !strings.Contains(expr, old) {
			return fmt.Errorf("no %q in %q", old, expr)
		}
		r["expr"] = strings.ReplaceAll(expr, old, by)
		return nil
	})
}

// told puts a value into a rule.
func told(app, objective, name, path string, value any) damage {
	return ruled(app, objective, name, func(r map[string]any) error {
		_, err := into(r, strings.Fields(path), func(any) (any, error) { return valueOf(value), nil })
		return err
	})
}

// unruled removes a rule.
func unruled(app, objective, name string) damage {
	return alter("PrometheusRule/"+app, func(fields map[string]any) error {
		for _, g := range manifest.Maps(fields, "spec", "groups") {
			g["rules"] = slices.DeleteFunc(manifest.List(g, "rules"), func(r any) bool {
				m, _ := r.(map[string]any)
				return (m["alert"] == name || m["record"] == name) && manifest.String(m, "labels", "slo") == objective
			})
		}
		return nil
	})
}
