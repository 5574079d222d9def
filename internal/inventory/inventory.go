// Package inventory is the content of a cluster as its manifests state it: every object decoded once, pods beside what selects them,
// and what operators will make of their own kinds. It takes in manifests of anybody, and knows nothing of what made them.
package inventory

import (
	"slices"

	"github.com/scantling/scantling/internal/manifest"
)

// Object is what all objects have. It stays for as long as the Set; the fields of what has been decoded are let go.
type Object struct {
	manifest.ID
	APIVersion  string
	File        string // as the caller named it
	Line        int    // where its document begins, from 1
	Labels      map[string]string
	Annotations map[string]string
	Fields      map[string]any // of kinds that this package does not decode, as third-party ones; else nil
	MadeBy      *Object        // what an operator makes this one of when it sees it; nil: it stands in a file
}

// managedBy is the label by which our own objects are known, wherever they are met.
const managedBy = "app.kubernetes.io/managed-by"

// Ours reports whether Scantling made the object.
func (o *Object) Ours() bool {
	if o.MadeBy != nil {
		return o.MadeBy.Ours()
	}
	return o.Labels[managedBy] == "scantling"
}

// Short names the object as people do within a namespace: Deployment/web.
func (o *Object) Short() string { return o.Kind + "/" + o.Name }

// Set is all objects of one cluster. Lists are in the order in which objects were read, what operators make after what they make it of.
type Set struct {
	Objects    []*Object
	Repeated   []*Object // whose identity an object before them has; they are in no other list
	Unreadable []Problem // what the API server could not decode; they are in Objects alone

	Namespaces      []*Object
	Workloads       []*Workload
	Services        []*Service
	Budgets         []*Budget
	Autoscalers     []*Autoscaler
	Policies        []*Policy
	Ingresses       []*Ingress
	Accounts        []*Account
	Roles           []*Role    // and ClusterRoles
	Bindings        []*Binding // and ClusterRoleBindings
	Quotas          []*Quota
	LimitRanges     []*LimitRange
	Configs         []*Keys // ConfigMaps
	Secrets         []*Keys // and what will be one: of ExternalSecrets, SealedSecrets, Certificates, databases
	Claims          []*Claim
	StorageClasses  []*StorageClass
	Rules           []*Rules // PrometheusRules
	PriorityClasses []*Object

	place   map[*Object]int
	byID    map[manifest.ID]*Object
	byKind  map[groupKind][]*Object
	byLabel map[podLabel][]*Workload
	byPlace map[string][]*Workload // by namespace
}

// Problem is an object that is not what its kind says.
type Problem struct {
	*Object
	Text string // lower case, no full stop
}

type groupKind struct{ group, kind string }

// podLabel is one label of pods in one namespace.
type podLabel struct{ namespace, key, value string }

// New takes in the objects of one cluster.
func New(objects []manifest.Object) *Set {
	s := Begin()
	s.Add(objects)
	s.Finish()
	return s
}

// Begin returns an empty set, for callers that read files one after the other: Add each, then Finish.
func Begin() *Set {
	return &Set{
		place: map[*Object]int{}, byID: map[manifest.ID]*Object{}, byKind: map[groupKind][]*Object{},
		byLabel: map[podLabel][]*Workload{}, byPlace: map[string][]*Workload{},
	}
}

// Add takes in objects. It keeps nothing of the fields of those that it decodes but what it has decoded.
func (s *Set) Add(objects []manifest.Object) {
	for _, o := range objects {
		s.take(&Object{
			ID: o.ID(), APIVersion: o.APIVersion, File: o.File, Line: o.Line,
			Labels: manifest.Strings(o.Fields, "metadata", "labels"), Annotations: manifest.Strings(o.Fields, "metadata", "annotations"),
		}, o.Fields)
	}
}

// Finish joins what points at one another, once all objects are there: what operators make, autoscalers and their targets.
func (s *Set) Finish() {
	s.operate()
	for _, a := range s.Autoscalers {
		s.join(a)
	}
}

// take puts one object into the lists that it belongs to.
func (s *Set) take(o *Object, fields map[string]any) {
	s.place[o] = len(s.Objects)
	s.Objects = append(s.Objects, o)
	if o.Name != "" && s.byID[o.ID] != nil {
		s.Repeated = append(s.Repeated, o)
		return
	}
	s.byID[o.ID] = o
	s.byKind[groupKind{o.Group, o.Kind}] = append(s.byKind[groupKind{o.Group, o.Kind}], o)
	decode := decoders[groupKind{o.Group, o.Kind}]
	if decode == nil {
		o.Fields = fields
		return
	}
	if err := decode(s, o, fields); err != nil {
		s.Unreadable = append(s.Unreadable, Problem{o, err.Error()})
	}
}

// Get returns the object of an identity; nil: it is not in the set.
func (s *Set) Get(id manifest.ID) *Object { return s.byID[id] }

// Of returns the objects of a kind, of any version.
func (s *Set) Of(group, kind string) []*Object { return s.byKind[groupKind{group, kind}] }

// Namespace returns the object of a namespace; nil: it is not in the set.
func (s *Set) Namespace(name string) *Object {
	return s.byID[manifest.ID{Kind: "Namespace", Name: name}]
}

// Service returns a Service by its namespace and name; nil: it is not in the set.
func (s *Set) Service(namespace, name string) *Service {
	i := slices.IndexFunc(s.Services, func(v *Service) bool { return v.Namespace == namespace && v.Name == name })
	if i < 0 {
		return nil
	}
	return s.Services[i]
}

// Place returns where an object stands in the order of reading, from 0.
func (s *Set) Place(o *Object) int { return s.place[o] }
