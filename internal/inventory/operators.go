package inventory

import "github.com/scantling/scantling/internal/manifest"

// operate adds what operators make of their own kinds as soon as they see them, so that what is proved is what will run. What operators
// do to pods one by one, as a label for the one that is primary, is not in it.
func (s *Set) operate() {
	for _, o := range s.Of("argoproj.io", "Rollout") {
		s.takeOver(o)
	}
	for _, o := range s.Of("flagger.app", "Canary") {
		s.cloneFor(o)
	}
	for _, o := range s.Of("postgresql.cnpg.io", "Cluster") {
		s.database(o)
	}
	for _, o := range s.Of("postgresql.cnpg.io", "Pooler") {
		s.pooler(o)
	}
	for _, m := range secretMakers {
		for _, o := range s.Of(m.group, m.kind) {
			m.secrets(s, o)
		}
	}
	for _, v := range s.Ingresses[:len(s.Ingresses):len(s.Ingresses)] {
		s.certificates(v)
	}
}

// made returns an object that an operator makes of another one, in its namespace.
func (s *Set) made(by *Object, apiVersion, kind, name string) *Object {
	o := &Object{APIVersion: apiVersion, File: by.File, Line: by.Line, Labels: by.Labels, MadeBy: by}
	o.ID = manifest.Object{APIVersion: apiVersion, Kind: kind, Namespace: by.Namespace, Name: name}.ID()
	if s.byID[o.ID] == nil {
		s.byID[o.ID] = o
	}
	return o
}

// addService takes in a Service.
func (s *Set) addService(v *Service) {
	s.Services = append(s.Services, v)
	s.services[placeName{v.Namespace, v.Name}] = v
}

// addConfig takes in a ConfigMap.
func (s *Set) addConfig(k *Keys) {
	s.Configs = append(s.Configs, k)
	s.configs[placeName{k.Namespace, k.Name}] = k
}

// addSecret takes in a Secret, or what will be one. Where two make the same one, it has the keys of both.
func (s *Set) addSecret(k *Keys) {
	if first := s.secrets[placeName{k.Namespace, k.Name}]; first != nil {
		first.merge(k)
		return
	}
	s.Secrets = append(s.Secrets, k)
	s.secrets[placeName{k.Namespace, k.Name}] = k
}
