package app

// Replicas is how many pods run: from Min to Max, which are equal when the number is fixed. Zero for a cron job.
type Replicas struct {
	Min int32
	Max int32
}

// Scaling is how the number of replicas follows the load.
type Scaling struct {
	CPUPercent int32  // target use of the CPU request; 0: not by CPU
	RPS        int32  // target requests per second and pod; 0: not by requests
	Queue      *Queue // nil: not by a queue's length
	KEDA       bool   // a ScaledObject owns the HorizontalPodAutoscaler

	UpWindowSeconds   int32 // how long a higher wish must last
	UpPercent         int32 // pods added at most in a period, in percent of those that run
	UpPods            int32 // or in pods; the larger of both counts
	UpPeriodSeconds   int32
	DownWindowSeconds int32 // how long a lower wish must last
	DownPercent       int32 // pods removed at most in a period, in percent of those that run
	DownPeriodSeconds int32
}

// Queue is the length of a queue as a measure of load.
type Queue struct {
	Need   Need   // the broker
	Topic  string // Kafka topic or RabbitMQ queue
	Group  string // Kafka consumer group; empty for RabbitMQ
	Lag    int64  // messages per pod
	Secret string // Kubernetes Secret with the broker's username and password; empty: no authentication
}

// Disruption is how many pods a voluntary disruption, such as a node drain, may take at a time.
type Disruption struct {
	MaxUnavailable string // "1" or "10%"
	Quorum         bool   // the pods vote: an unhealthy one must not be evicted from a bad quorum
}

// Strength is how strongly a placement rule binds.
type Strength string

// The strengths.
const (
	None Strength = ""     // no rule
	Soft Strength = "soft" // a wish: the scheduler prefers it
	Hard Strength = "hard" // pods stay pending rather than break it
)

// Spread is how an app's pods are kept apart.
type Spread struct {
	Zones Strength
	Hosts Strength
	// HostAntiAffinity keeps two pods of a quorum off one node, whatever happens.
	HostAntiAffinity bool
}

// Spot is how an app uses capacity that the cloud may take back at short notice.
type Spot string

// The uses of spot capacity.
const (
	SpotUnknown Spot = ""       // the platform states no spot capacity: no rule
	SpotNever   Spot = "never"  // kept off spot nodes
	SpotPrefer  Spot = "prefer" // prefers spot nodes, all but the base
	SpotRequire Spot = "require"
)

// Placement is on which nodes pods may run.
type Placement struct {
	Spot          Spot
	PriorityClass string            // empty: none
	NodeSelector  map[string]string // of the platform
	Tolerations   []Toleration      // of the platform
	Annotations   map[string]string // on every pod, of the platform
}

// Toleration lets pods run on nodes with a taint.
type Toleration struct {
	Key      string
	Operator string // Exists or Equal
	Value    string
	Effect   string // empty: every effect
}

// CronJob is when and how long a cron app runs.
type CronJob struct {
	Schedule             string // five fields, UTC
	DeadlineSeconds      int64  // a run that takes longer is stopped
	StartDeadlineSeconds int64  // a run that could not start for so long is skipped
	BackoffLimit         int32  // retries of a failed run
}
