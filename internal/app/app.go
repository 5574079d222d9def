package app

import "github.com/scantling/scantling/internal/diag"

// Tier is how much an app matters; it decides every default.
type Tier string

// The tiers, from the one that wakes people to the one that may wait.
const (
	Critical   Tier = "critical"
	Standard   Tier = "standard"
	BestEffort Tier = "best-effort"
)

// Kind is the shape of an app's workload.
type Kind string

// The kinds of app.
const (
	Service  Kind = "service"  // a Deployment behind a Service
	Worker   Kind = "worker"   // a Deployment that nobody calls
	Cron     Kind = "cron"     // a CronJob
	Stateful Kind = "stateful" // a StatefulSet with volumes of its own
)

// App is one app in one environment.
type App struct {
	Env       *Environment
	Name      string // DNS label of at most 38 characters; objects derived from it stay below Kubernetes' limits
	Namespace string
	Team      string
	Tier      Tier
	Kind      Kind
	File      string // the spec's file, as messages name it
	Selected  bool   // what the user named holds this app, so its objects are written

	Image      string // the whole reference, as written
	Version    string // the image's tag, else the digest's first 12 digits; a label, never in a selector
	Command    []string
	Args       []string
	Ports      []Port     // of the main container, by name; empty: no Service, no probes
	Resources  Resources  // of the main container
	Sizing     Sizing     // how other resources would follow from what is used
	Variables  []Variable // of the main container, by name
	Health     Health
	Sidecars   []Sidecar // by name
	User       int64     // uid and gid of every container
	FSGroup    bool      // a volume with files to read is mounted: the group must own them
	LowPort    bool      // a port below 1024 is bound: the pod needs net.ipv4.ip_unprivileged_port_start 0
	PullSecret string    // name of the image pull secret; empty: none

	EmptyDirs []EmptyDir   // writable directories, by path; /tmp is always there
	Volumes   []Volume     // persistent, by name
	Config    *Config      // nil: no config files
	Secrets   []Secret     // by name
	Access    []AccessRule // to the Kubernetes API; empty: no Role and no token

	Replicas   Replicas
	Scaling    *Scaling // nil: the number of replicas is fixed
	Rollout    Rollout
	Role       Role        // of the main version: what all fields of this struct are about; empty for stateful and cron apps
	Other      *Side       // the version beside it; nil: there is none
	Base       *Base       // pods that are kept off spot capacity, of Replicas; nil: none, or all of them
	Migration  *Migration  // nil: none
	Jobs       []Job       // beside the app, by name: backups and drills
	Clusters   []Cluster   // databases that are made for the app, by name
	Disruption *Disruption // nil: no budget, as for a lone pod
	Spread     Spread
	Placement  Placement
	Cron       *CronJob // nil unless Kind is Cron

	Ingress  []Edge   // who may call this app, beside the platform's own flows
	Egress   []Edge   // whom this app calls, beside DNS and the platform's own flows
	Needs    []Need   // by name
	Expose   *Expose  // nil: not reachable from outside
	Metrics  *Metrics // nil: not scraped
	SLO      *SLO
	Recovery []Recovery // what must be restorable, by name
	Runbooks string     // address of the team's runbooks; empty: not stated

	Extensions []Extension // the platform's own objects, in the order in which they are written
	Patches    []Patch     // of generated objects, in the order in which they are made
	Waivers    []Waiver    // in the order in which they were written

	Origins []Origin // who decided each field of this struct, by path
}

// Origin is who decided one field of an App, and where.
type Origin struct {
	Path string // the field of App in lower camel case, "replicas.min", "variables[LOG_LEVEL].value"; it speaks for all fields below it
	By   By
	Pos  diag.Pos // the user's line, the platform's line or the line of the tier table; may be zero for a derived field
	Note string   // for a derived field, how: "the image's tag"
}

// Port is one port of a container.
type Port struct {
	Name     string // at most 15 characters
	Number   int32
	Protocol string // TCP or UDP
	App      string // http, grpc, or empty for bytes that only the app understands
}

// Resources are what one container asks for and may use; 0 means none.
type Resources struct {
	CPUMilli            int64 // request
	CPULimitMilli       int64
	MemoryBytes         int64 // request
	MemoryLimitBytes    int64
	EphemeralBytes      int64 // request of local disk
	EphemeralLimitBytes int64
	MemoryRestart       bool // resizing memory in place needs a restart, as for a JVM
}

// Sizing is how what containers ask for follows from what they use.
type Sizing struct {
	CPUReservePercent    int64  // above the measured use
	MemoryReservePercent int64  // above the measured use
	DeviationPercent     int64  // from that; less is not worth a change
	HeapPercent          int64  // of the memory limit, that the runtime's heap fills whatever is needed; 0: nothing follows the limit
	Sizes                []Size // that a spec can name, from the smallest on
}

// Size is CPU and memory as one word.
type Size struct {
	Name        string // as specs write it
	CPUMilli    int64
	MemoryBytes int64
}

// Variable is one environment variable: a literal, or a key of a Secret.
type Variable struct {
	Name   string
	Value  string
	Secret string // name of the Kubernetes Secret; empty: Value is the literal
	Key    string // the Secret's key
}

// Health is how Kubernetes asks a pod whether it lives and whether it may get traffic, and how it is told to leave.
type Health struct {
	Startup        *Probe // nil: none
	Live           *Probe // nil: none
	Ready          *Probe // nil: none
	PreStopSeconds int64  // sleep between the endpoint's removal and SIGTERM; 0: none
	GraceSeconds   int64  // terminationGracePeriodSeconds: sleep, drain and reserve together
	StartupSeconds int64  // that a start may take; Startup allows for more. 0: there are no probes
	DrainSeconds   int64  // that a request may take which is under way when its pod leaves
}

// Probe is one question to a container; exactly one of Path, GRPC, TCP and Exec is set.
type Probe struct {
	Path string // HTTP GET
	GRPC bool
	TCP  bool
	Exec []string
	Port Port // of all but Exec

	PeriodSeconds    int32
	TimeoutSeconds   int32
	FailureThreshold int32
}

// Sidecar is a further container, started before the main one and stopped after it.
type Sidecar struct {
	Name      string
	Image     string
	Args      []string
	Variables []Variable
	Ports     []Port
	Resources Resources
}

// EmptyDir is a writable directory that lives and dies with the pod.
type EmptyDir struct {
	Name      string // of the volume
	Path      string
	SizeBytes int64
}

// Volume is a persistent volume.
type Volume struct {
	Name      string
	Path      string
	SizeBytes int64
	Class     string // storage class; empty: the cluster's default
	Access    string // ReadWriteOnce, ReadWriteMany, ReadWriteOncePod or ReadOnlyMany
	Retain    bool   // survives the app that made it
}

// Config is a ConfigMap of files; Name carries a hash of the content, so a rollback finds the old one.
type Config struct {
	Name  string
	Path  string // the directory it is mounted at
	Files map[string]string
}

// Secret is one Kubernetes Secret that the app reads, and where it comes from: exactly one of Store, Sealed and Existing.
type Secret struct {
	Name     string         // of the Kubernetes Secret
	Store    *StoreSecret   // fetched from the platform's store
	Sealed   map[string]any // a SealedSecret object, passed through; nil: not sealed
	Existing bool           // made elsewhere
	Path     string         // directory that it is mounted at; empty: only read into variables
	Items    []SecretItem   // files below Path, by key; never empty when Path is set
}

// SecretItem is one key of a Secret as a file.
type SecretItem struct {
	Key  string
	File string // name below the Secret's Path
}

// StoreSecret is how the external-secrets operator makes a Secret.
type StoreSecret struct {
	StoreName      string
	StoreKind      string // SecretStore or ClusterSecretStore
	RefreshSeconds int64
	Data           []RemoteKey       // by key
	Template       map[string]string // further keys composed from the others; nil: none
}

// RemoteKey is one key of a Secret and its place in the store.
type RemoteKey struct {
	Key      string
	Remote   string
	Property string // empty: the whole value
}

// AccessRule is one permission on the Kubernetes API.
type AccessRule struct {
	Group    string // empty: the core group
	Resource string
	Verbs    []string
	Names    []string // empty: all objects of the resource
	Reason   string
}
