package app

// Edge is one direction of a connection: whom, on which ports.
type Edge struct {
	Name  string // of the need or the caller; what a reader of the policy looks for
	Peer  Peer
	Ports []Port // container ports, never Service ports: policies apply behind the Service
}

// Peer is the other end of a connection: pods, address ranges, or a host name. Exactly one form is set.
type Peer struct {
	Namespace string            // pods: their namespace
	Labels    map[string]string // pods: their labels; nil with Namespace set: every pod there
	CIDRs     []string          // address ranges
	Host      string            // a DNS name outside the cluster, for policies that know names
}

// NeedKind is what sort of thing a need is.
type NeedKind string

// The kinds of need.
const (
	NeedApp         NeedKind = "app"
	NeedPostgres    NeedKind = "postgres"
	NeedMySQL       NeedKind = "mysql"
	NeedMongoDB     NeedKind = "mongodb"
	NeedRedis       NeedKind = "redis"
	NeedKafka       NeedKind = "kafka"
	NeedRabbitMQ    NeedKind = "rabbitmq"
	NeedObjectStore NeedKind = "objectstore"
	NeedExternal    NeedKind = "external"
)

// Need is one thing that an app calls, with its server found.
type Need struct {
	Name     string
	Kind     NeedKind
	Prefix   string // of its environment variables
	Host     string // DNS name that the app connects to
	Port     int32  // the port that the app connects to
	Soft     bool   // the app works without it
	Instance string // the platform's database that serves it; empty: another app, or a host outside
	Database string // on that server
	Purpose  string // of a redis: cache, session, queue or store
	Pool     int32  // connections per pod; 0: not stated
	Secret   string // name of the Kubernetes Secret with its credentials; empty: it takes none

	Managed   bool // whoever runs it keeps its data restorable
	Ephemeral bool // its data may be lost
}

// Expose is how requests from outside reach an app.
type Expose struct {
	Via     string // gateway, ingress, istio or loadbalancer
	Hosts   []string
	Path    string // prefix; "/" for all
	Port    Port
	Gateway Gateway  // of gateway and istio
	From    []string // CIDRs that may connect to a load balancer
}

// Metrics is where Prometheus reads an app.
type Metrics struct {
	Port            Port
	Path            string
	IntervalSeconds int32
	Buckets         []string // bounds of its latency histogram in seconds, as decimals; nil: not stated
}
