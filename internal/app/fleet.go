// Package app is the resolved model: what every app of an environment is, after each field has been decided, in plain Go.
//
// Nothing here knows CUE or Kubernetes. Units stand in the names of fields; an absent thing is a nil pointer, an empty slice or
// the zero value, and the field's comment says so.
package app

// Fleet is every app of one environment, with the namespaces they live in.
type Fleet struct {
	Env        *Environment
	Apps       []App       // by namespace, then name
	Namespaces []Namespace // by name
}

// Namespace is one namespace that holds our apps, and what they may use together.
type Namespace struct {
	Env  *Environment
	Name string
	Team string   // the owner; empty when apps of several teams share the namespace
	Apps []string // names, sorted

	Runbooks string // address of the owner's runbooks; empty: not stated
	Quota    Quota
	Most     Quota      // what its apps' pods hold of it at their most, without those that a rollout has in excess; no claims, no load balancers
	Drill    *Namespace // where drills restore copies of the apps' volumes; nil: none do
}

// Quota is what all pods of a namespace may request together: the larger of nothing and what the apps need at their maximum,
// or what the platform states.
type Quota struct {
	CPUMilli         int64 // requests.cpu
	MemoryBytes      int64 // requests.memory
	MemoryLimitBytes int64 // limits.memory
	Pods             int64
	Claims           int64 // PersistentVolumeClaims
	LoadBalancers    int64 // Services of type LoadBalancer
}

// By says who decided a field.
type By string

// The deciders of a field.
const (
	BySpec     By = "spec"     // the team, in its app file
	ByTier     By = "tier"     // the tier's default table
	ByPlatform By = "platform" // a fact of the platform file
	ByDerived  By = "derived"  // computed from other fields; Note says how
)
