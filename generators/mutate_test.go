package generators_test

import (
	"cmp"
	"reflect"
	"slices"

	"github.com/scantling/scantling/internal/app"
)

// mutate changes the nth leaf of a struct of package app, and reports whether there is one. A leaf is a scalar, anywhere below, or
// a pointer, slice or map of the struct itself, which is taken away.
func mutate[T any](in *T, n int) bool {
	m := mutation{left: n}
	root := reflect.ValueOf(in).Elem()
	m.below(root)
	for i := 0; i < root.NumField() && !m.done; i++ {
		switch f := root.Field(i); f.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Map:
			if !f.IsNil() && !required[root.Type().Field(i).Name] {
				m.leaf(func() { f.SetZero() })
			}
		}
	}
	return m.done
}

// required are the fields that are never nil where they are set.
var required = map[string]bool{"Env": true, "Cron": true}

// mutation counts leaves down to the one that it changes.
type mutation struct {
	left int
	done bool
}

func (m *mutation) leaf(change func()) {
	if m.left == 0 && !m.done {
		change()
		m.done = true
	}
	m.left--
}

func (m *mutation) below(v reflect.Value) {
	if m.done {
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			m.below(v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			m.below(v.Field(i))
		}
	case reflect.Slice:
		for i := range v.Len() {
			m.below(v.Index(i))
		}
	case reflect.Map:
		m.entries(v)
	case reflect.String:
		for _, other := range others(v) {
			m.leaf(func() { v.SetString(other) })
		}
	case reflect.Bool:
		m.leaf(func() { v.SetBool(!v.Bool()) })
	case reflect.Int, reflect.Int32, reflect.Int64:
		m.leaf(func() { v.SetInt(4*v.Int() + 4) }) // enough to survive a division
	case reflect.Float64:
		m.leaf(func() { v.SetFloat(v.Float() + 1) })
	}
}

// entries changes the strings of a map and of the maps in it, and the keys of a map of strings.
func (m *mutation) entries(v reflect.Value) {
	keys := slices.SortedFunc(slices.Values(v.MapKeys()), func(x, y reflect.Value) int { return cmp.Compare(x.String(), y.String()) })
	for _, key := range keys {
		value := v.MapIndex(key)
		if value.Kind() == reflect.Interface {
			value = value.Elem()
		}
		switch value.Kind() {
		case reflect.Map:
			m.entries(value)
		case reflect.String:
			m.leaf(func() { v.SetMapIndex(key, reflect.ValueOf(value.String()+"x")) })
			m.leaf(func() {
				v.SetMapIndex(key, reflect.Value{})
				v.SetMapIndex(reflect.ValueOf(key.String()+"x").Convert(key.Type()), value)
			})
		}
	}
}

// others returns what a string may be instead: the other values of its type, or anything else. A cron app stays
// one, and no app becomes one: the kind has fields that others lack.
func others(v reflect.Value) []string {
	var all []string
	switch value := v.Interface().(type) {
	case app.Kind:
		if value == app.Cron {
			return nil
		}
		all = []string{string(app.Service), string(app.Worker), string(app.Stateful)}
	case app.Tier:
		all = []string{string(app.Critical), string(app.Standard), string(app.BestEffort)}
	case app.Strategy:
		all = []string{string(app.Rolling), string(app.Recreate), string(app.BlueGreen), string(app.Canary)}
	case app.Engine:
		all = []string{string(app.ByArgo), string(app.ByFlagger), string(app.ByIstio), string(app.ByGateway), string(app.ByReplicas)}
	case app.Role:
		all = []string{string(app.RoleStable), string(app.RoleCanary), string(app.RoleBlue), string(app.RoleGreen)}
	case app.Strength:
		all = []string{string(app.None), string(app.Soft), string(app.Hard)}
	case app.Method:
		all = []string{string(app.ByDump), string(app.BySnapshot), string(app.ByVelero), string(app.ByArchive), string(app.ByReplica)}
	case app.Spot:
		all = []string{string(app.SpotUnknown), string(app.SpotNever), string(app.SpotPrefer), string(app.SpotRequire)}
	default:
		return []string{v.String() + "x"}
	}
	return slices.DeleteFunc(all, func(s string) bool { return s == v.String() })
}
