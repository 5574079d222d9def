package app

// Strategy is how new pods replace old ones.
type Strategy string

// The strategies.
const (
	Rolling   Strategy = "rolling"    // pod by pod
	Recreate  Strategy = "recreate"   // all old pods go before the first new one comes
	BlueGreen Strategy = "blue-green" // two colours side by side; one commit moves all traffic
	Canary    Strategy = "canary"     // the new version gets a share of the traffic that grows
)

// Engine is who splits the traffic of a canary.
type Engine string

// The engines. Argo and Flagger are controllers: they take the app's image as the new version and move the weight by themselves.
// With the others every step is a commit, and the new version is Other.
const (
	ByArgo     Engine = "argo"     // an Argo Rollout instead of a Deployment
	ByFlagger  Engine = "flagger"  // a Canary that clones the Deployment to NAME-primary
	ByIstio    Engine = "istio"    // a VirtualService with weights over subsets
	ByGateway  Engine = "gateway"  // a Gateway API route with weights over Services
	ByReplicas Engine = "replicas" // the share of the pods behind one Service
)

// Role is which of the versions that run side by side a pod is of; it is part of its workload's selector.
type Role string

// The roles. A stateful or cron app has none.
const (
	RoleStable Role = "stable" // the one version of a rolling app, too, so that a canary can begin without a new selector
	RoleCanary Role = "canary"
	RoleBlue   Role = "blue"
	RoleGreen  Role = "green"
)

// Phase is how ready the idle colour of a blue-green is.
type Phase string

// The phases of a release, in order; then the colours change places.
const (
	PhasePreview  Phase = "preview"  // small, for tests
	PhaseWarm     Phase = "warm"     // with capacity for the traffic
	PhasePrevious Phase = "previous" // had the traffic before the last flip, and keeps its capacity for the way back
)

// Rollout is how a new version comes in.
type Rollout struct {
	Strategy                Strategy
	MaxSurge                string // pods above the wanted number during a rollout: "25%" or "1"
	MaxUnavailable          string // pods below it: "0" or "25%"
	MinReadySeconds         int32  // how long a pod must stay ready before it counts
	ProgressDeadlineSeconds int32  // without progress for so long, the rollout has failed
	RevisionHistory         int32  // old ReplicaSets kept for a rollback

	Phase Phase  // of the idle colour, which is Other; empty: it is absent, or the strategy has no colours
	Split *Split // nil unless Strategy is Canary
}

// Split is how a canary's traffic is split, now and on its way.
type Split struct {
	Engine   Engine
	Router   string    // who obeys a controller: istio or gateway; empty: nobody, or Engine routes by itself
	Weight   int32     // percent of the traffic that Other has now; 0 with a controller
	Steps    []Step    // in ascending order; 100 is implied at the end
	Header   *Header   // requests that always reach the new version; nil: none
	Sticky   *Sticky   // nil: each request is drawn anew
	Hold     bool      // the weight stays, whatever the steps say
	Analysis *Analysis // of a controller; nil: nothing judges the new version
	MinPods  int32     // that a controller gives a version while it has a share of the traffic; 0: as many as the share says
}

// ByPods reports whether whole pods make the share: nobody looks into the requests.
func (s *Split) ByPods() bool {
	return s.Engine == ByReplicas || s.Engine == ByArgo && s.Router == ""
}

// Step is one weight on a canary's way.
type Step struct {
	Weight       int32 // percent, from 1 to 99
	PauseSeconds int64 // how long it is held
}

// Header is a header of requests that choose the new version.
type Header struct {
	Name  string // in lower case: HTTP takes any, and Istio compares with what HTTP/2 sends
	Value string
}

// Sticky keeps a user on the version that served the first request.
type Sticky struct {
	Cookie  string // its name; empty: the client's address decides
	Seconds int32  // how long it holds, never longer than the shortest step
}

// Analysis is how a controller judges a new version by its own requests. No data is no success: the step is not passed.
type Analysis struct {
	IntervalSeconds int64 // between two looks
	WindowSeconds   int64 // that each look covers
	FailureLimit    int32 // bad looks that are borne; one more aborts
	Measures        []Measure
}

// FirstLook is when the analysis looks for the first time, in seconds after a step has begun: at half of the shortest step, so that
// no rollout ends before somebody has looked. A window that is longer need not be full: all requests in it are the new version's.
func (s *Split) FirstLook() int64 {
	first := s.Analysis.WindowSeconds
	for _, step := range s.Steps {
		first = min(first, step.PauseSeconds/2)
	}
	return first
}

// Measure is one ratio of bad requests that an analysis looks at.
type Measure struct {
	Name          string  // availability or latency
	Source        string  // whose counters: http, grpc or istio
	Limit         float64 // most bad requests, as a share of all, from 0 to 1
	LatencyMillis int64   // what is slower is bad; 0: what fails is bad
}

// Side is the version of an app that runs beside the main one: the canary, or the idle colour. What it doesn't say is as in App; so
// is everything in its pods but their role and image, for else a step of the release would restart them.
type Side struct {
	Role       Role
	Image      string
	Version    string
	Replicas   Replicas
	Scaling    *Scaling
	Disruption *Disruption
}

// Versions returns the app once for each version that runs: the main one first, then the other, if there is one.
func (a App) Versions() []App {
	main := a
	main.Other = nil
	if a.Other == nil {
		return []App{main}
	}
	other := main
	o := a.Other
	other.Role, other.Image, other.Version = o.Role, o.Image, o.Version
	other.Replicas, other.Scaling, other.Disruption = o.Replicas, o.Scaling, o.Disruption
	return []App{main, other}
}

// CanaryBy reports whether the app is a canary that this engine splits.
func (a App) CanaryBy(e Engine) bool { return a.Rollout.Split != nil && a.Rollout.Split.Engine == e }

// Migration is a change of the database's schema that ends before the new version starts.
type Migration struct {
	Image           string // of the newest version that runs, unless the spec names one
	Version         string
	Command         []string
	DeadlineSeconds int64
	Retries         int32    // of a failed run
	Egress          []Edge   // the data stores that the app needs
	Secrets         []Secret // that the Job mounts or reads; under helm copies of its own, because a hook runs before the app's exist
	Variables       []Variable
}
