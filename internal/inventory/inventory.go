// Package inventory is the content of a cluster as its manifests state it: every object decoded once, pods beside what selects them,
// and what operators will make of their own kinds. It takes in manifests of anybody, and knows nothing of what made them.
package inventory

import (
	"maps"
	"slices"
	"strings"

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
	Rewritten   []Rewrite      // what the API server stores otherwise, of our own objects alone: others do not promise to be exact
	MadeBy      *Object        // what an operator makes this one of when it sees it; nil: it stands in a file

	ours bool // see Ours
}

// managedBy is the label by which our own objects are known, wherever they are met.
const managedBy = "app.kubernetes.io/managed-by"

// Ours reports whether Scantling made the object.
func (o *Object) Ours() bool {
	if o.MadeBy != nil {
		return o.MadeBy.Ours()
	}
	return o.ours
}

// Short names the object as people do within a namespace: Deployment/web.
func (o *Object) Short() string { return o.Kind + "/" + o.Name }

// Set is all objects of one cluster. Lists are in the order in which objects were read; what operators make of them comes at the end of
// the list of its kind, and is not in Objects, nor in what Of returns.
type Set struct {
	Objects    []*Object
	Repeated   []*Object // whose identity an object before them has; they are in no other list; see Again
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
	Rules           []*Rules // PrometheusRules, and rule files, which are in no other list
	PriorityClasses []*Object

	place      map[*Object]int
	byID       map[manifest.ID]*Object
	byKind     map[groupKind][]*Object
	byLabel    map[podLabel][]*Workload
	byPlace    map[string][]*Workload // by namespace
	workloads  map[*Object]*Workload
	services   map[placeName]*Service
	configs    map[placeName]*Keys
	secrets    map[placeName]*Keys
	again      map[*Object]map[string]any // the fields of those in Repeated
	copied     map[manifest.ID]bool       // stated more than once, in this set or in the one that it was made of
	everywhere map[string]*Keys           // Secrets that an operator makes in namespaces that it chooses
	last       map[string]string          // labels of the object that was taken in last
	texts      map[string]string          // see same
}

// Problem is an object that is not what its kind says.
type Problem struct {
	*Object
	Text string // lower case, no full stop
}

type groupKind struct{ group, kind string }

// placeName tells objects of one kind apart.
type placeName struct{ namespace, name string }

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
		byLabel: map[podLabel][]*Workload{}, byPlace: map[string][]*Workload{}, workloads: map[*Object]*Workload{},
		services: map[placeName]*Service{}, configs: map[placeName]*Keys{}, secrets: map[placeName]*Keys{}, everywhere: map[string]*Keys{},
		again: map[*Object]map[string]any{}, copied: map[manifest.ID]bool{}, texts: map[string]string{},
	}
}

// Add takes in objects. It keeps nothing of the fields of those that it decodes but what it has decoded.
func (s *Set) Add(objects []manifest.Object) {
	for _, o := range objects {
		id := o.ID()
		if clusterWide[groupKind{id.Group, id.Kind}] {
			id.Namespace = ""
		}
		labels := s.labels(o.Fields)
		s.take(&Object{
			ID: id, APIVersion: o.APIVersion, File: o.File, Line: o.Line,
			Labels: labels, Annotations: manifest.Strings(o.Fields, "metadata", "annotations"), ours: labels[managedBy] == "scantling",
		}, o.Fields)
	}
}

// labels returns those of an object: the map of the object before it where they are the same, as most of one app are.
func (s *Set) labels(fields map[string]any) map[string]string {
	own := manifest.Map(fields, "metadata", "labels")
	if own == nil {
		return nil
	}
	same := len(own) == len(s.last)
	for key, value := range own {
		if !same {
			break
		}
		before, ok := s.last[key]
		same = ok && value == before
	}
	if !same {
		s.last = manifest.Strings(fields, "metadata", "labels")
	}
	return s.last
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
	if o.isRuleFile() {
		s.place[o] = len(s.Objects)
		s.takeRules(o, fields)
		return
	}
	if o.Name != "" && s.byID[o.ID] != nil {
		s.place[o] = len(s.Objects)
		s.Objects = append(s.Objects, o)
		s.Repeated = append(s.Repeated, o)
		s.again[o] = fields
		s.copied[o.ID] = true
		return
	}
	s.register(o)
	if o.Ours() && withAmounts[groupKind{o.Group, o.Kind}] {
		o.Rewritten = under("spec", rewritten(fields["spec"]))
		slices.SortFunc(o.Rewritten, func(a, b Rewrite) int { return strings.Compare(a.Path, b.Path) })
	}
	decode := decoders[groupKind{o.Group, o.Kind}]
	known := o.knows(fields)
	switch {
	case decode == nil:
		o.Fields = fields
		if known {
			return
		}
		decode = metadata
	case known && o.Kind != "Pod": // whose labels are those of its template
		fields = maps.Clone(fields)
		delete(fields, "metadata")
	}
	if err := decode(s, o, fields); err != nil {
		s.Unreadable = append(s.Unreadable, Problem{o, err.Error()})
	}
}

// register makes an object known by its place, identity and kind.
func (s *Set) register(o *Object) {
	s.place[o] = len(s.Objects)
	s.Objects = append(s.Objects, o)
	s.byID[o.ID] = o
	s.byKind[groupKind{o.Group, o.Kind}] = append(s.byKind[groupKind{o.Group, o.Kind}], o)
}

// clusterWide are kinds whose objects have no namespace. The API server's clients let go of one that is written nevertheless.
var clusterWide = map[groupKind]bool{
	{"", "Namespace"}: true, {"", "Node"}: true, {"", "PersistentVolume"}: true,
	{"rbac.authorization.k8s.io", "ClusterRole"}: true, {"rbac.authorization.k8s.io", "ClusterRoleBinding"}: true,
	{"storage.k8s.io", "StorageClass"}: true, {"storage.k8s.io", "CSIDriver"}: true, {"storage.k8s.io", "VolumeAttributesClass"}: true,
	{"scheduling.k8s.io", "PriorityClass"}: true, {"node.k8s.io", "RuntimeClass"}: true, {"networking.k8s.io", "IngressClass"}: true,
	{"apiextensions.k8s.io", "CustomResourceDefinition"}: true, {"apiregistration.k8s.io", "APIService"}: true,
	{"admissionregistration.k8s.io", "ValidatingWebhookConfiguration"}: true, {"admissionregistration.k8s.io", "MutatingWebhookConfiguration"}: true,
	{"admissionregistration.k8s.io", "ValidatingAdmissionPolicy"}: true, {"admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding"}: true,
	{"certificates.k8s.io", "CertificateSigningRequest"}: true, {"flowcontrol.apiserver.k8s.io", "FlowSchema"}: true,
	{"flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration"}: true, {"policy", "PodSecurityPolicy"}: true,
	{"gateway.networking.k8s.io", "GatewayClass"}: true, {"cert-manager.io", "ClusterIssuer"}: true,
	{"external-secrets.io", "ClusterSecretStore"}: true, {"external-secrets.io", "ClusterExternalSecret"}: true,
	{"cilium.io", "CiliumClusterwideNetworkPolicy"}: true,
}

// ClusterWide reports whether the object is of a kind that is known to have no namespace.
func (o *Object) ClusterWide() bool { return clusterWide[groupKind{o.Group, o.Kind}] }

// Get returns the object of an identity; nil: it is not in the set.
func (s *Set) Get(id manifest.ID) *Object { return s.byID[id] }

// IsCopied reports whether several objects are stated that have one identity, as in files of which one is meant.
func (s *Set) IsCopied(id manifest.ID) bool { return s.copied[id] }

// Of returns the objects of a kind, of any version.
func (s *Set) Of(group, kind string) []*Object { return s.byKind[groupKind{group, kind}] }

// Namespace returns the object of a namespace; nil: it is not in the set.
func (s *Set) Namespace(name string) *Object {
	return s.byID[manifest.ID{Kind: "Namespace", Name: name}]
}

// Workload returns the workload that an object is; nil: it is none.
func (s *Set) Workload(o *Object) *Workload { return s.workloads[o] }

// Service returns a Service by its namespace and name; nil: it is not in the set.
func (s *Set) Service(namespace, name string) *Service {
	return s.services[placeName{namespace, name}]
}

// Config returns a ConfigMap by its namespace and name; nil: it is not in the set.
func (s *Set) Config(namespace, name string) *Keys { return s.configs[placeName{namespace, name}] }

// Secret returns a Secret, or what will be one, by its namespace and name; nil: nobody in the set makes it.
func (s *Set) Secret(namespace, name string) *Keys {
	if k := s.secrets[placeName{namespace, name}]; k != nil {
		return k
	}
	return s.everywhere[name]
}

// Place returns where an object stands in the order of reading, from 0; what an operator makes stands where that stands which it is
// made of.
func (s *Set) Place(o *Object) int {
	for ; o.MadeBy != nil; o = o.MadeBy {
	}
	return s.place[o]
}
