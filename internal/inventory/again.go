package inventory

import "github.com/scantling/scantling/internal/manifest"

// Again returns a set for each time that objects are stated once more: what is there when the copies have taken the places of those before
// them, with the objects that are copies in it. Where one is stated a third time, it has a second set. Without repetition there is none.
func (s *Set) Again() (sets []*Set, copies [][]*Object) {
	times := map[manifest.ID]int{}
	for _, o := range s.Repeated {
		n := times[o.ID]
		times[o.ID]++
		if n >= mostCopies {
			continue
		}
		if n == len(copies) {
			copies = append(copies, nil)
		}
		copies[n] = append(copies[n], o)
	}
	latest := map[manifest.ID]*Object{}
	for _, objects := range copies {
		for _, o := range objects {
			latest[o.ID] = o
		}
		sets = append(sets, s.replaced(latest))
	}
	return sets, copies
}

// mostCopies bounds the work where one object is stated over and over: the first copies are looked at.
const mostCopies = 8

// replaced returns the set with copies in the places of the first ones.
func (s *Set) replaced(copies map[manifest.ID]*Object) *Set {
	gone := make(map[*Object]bool, len(copies))
	for id := range copies {
		gone[s.byID[id]] = true
	}
	t := Begin()
	t.copied = s.copied
	for _, o := range s.Objects {
		if s.byID[o.ID] == o && !gone[o] || o.Name == "" {
			t.register(o)
		}
	}
	t.keep(s, gone)
	for _, o := range s.Repeated {
		if copies[o.ID] == o {
			t.take(o, s.again[o])
		}
	}
	t.Finish()
	return t
}

// keep takes over what another set has decoded, without what is gone and what operators make, which depends on the rest.
func (s *Set) keep(from *Set, gone map[*Object]bool) {
	for _, w := range without(from.Workloads, gone) {
		again := *w
		again.Autoscaler, again.Dormant = nil, false
		s.addWorkload(&again)
	}
	for _, a := range without(from.Autoscalers, gone) {
		again := *a
		again.Target = nil
		s.Autoscalers = append(s.Autoscalers, &again)
	}
	for _, v := range without(from.Services, gone) {
		s.addService(v)
	}
	for _, k := range without(from.Configs, gone) {
		s.addConfig(k)
	}
	for _, k := range without(from.Secrets, gone) {
		s.addSecret(k)
	}
	for _, p := range from.Unreadable {
		if !gone[p.Object] {
			s.Unreadable = append(s.Unreadable, p)
		}
	}
	s.Namespaces, s.PriorityClasses = without(from.Namespaces, gone), without(from.PriorityClasses, gone)
	s.Budgets, s.Policies, s.Ingresses = without(from.Budgets, gone), without(from.Policies, gone), without(from.Ingresses, gone)
	s.Accounts, s.Roles, s.Bindings = without(from.Accounts, gone), without(from.Roles, gone), without(from.Bindings, gone)
	s.Quotas, s.LimitRanges, s.Rules = without(from.Quotas, gone), without(from.LimitRanges, gone), without(from.Rules, gone)
	s.Claims, s.StorageClasses = without(from.Claims, gone), without(from.StorageClasses, gone)
}

// self is the object that every kind has.
func (o *Object) self() *Object { return o }

// without returns what stands in files and is not gone.
func without[T interface{ self() *Object }](all []T, gone map[*Object]bool) []T {
	var some []T
	for _, v := range all {
		if o := v.self(); !gone[o] && o.MadeBy == nil {
			some = append(some, v)
		}
	}
	return some
}
