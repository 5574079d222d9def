package verify

// Facts are what is true of a cluster and promised of its apps, and stands in no manifest. What nobody stated is the zero value.
type Facts struct {
	Kubernetes      int      // minor version of 1.MINOR; 0: not stated
	Zones           []string // failure domains that have nodes
	NodeAutoscaling bool     // nodes are added while pods wait for one
	Nodes           int      // that there are at least; 0: not stated
	Namespaces      []string // that exist beside those of the set
	Capabilities    []string // operators and controllers that are installed, as the platform names them; sorted

	DNS       *Pods    // who answers DNS
	Scrape    *Pods    // who reads metrics
	Doors     []Pods   // gateways and ingress controllers: who passes on requests from outside
	APIServer []string // CIDRs of the API server's endpoints
	Mesh      string   // sidecar, ambient or empty
	Operators []Pods   // who calls the databases that they make of our objects

	Registries       []string          // from which alone images may come
	StorageClasses   map[string]string // reclaim policy by name: Retain or Delete
	Spot             *Spot             // how nodes are marked that the cloud may take back
	RetentionSeconds int64             // how long Prometheus keeps samples
	Databases        []Database
	Region           string   // in which the data is; empty: not stated
	Secrets          []string // NAMESPACE/NAME of those that exist, made by somebody else

	Apps    []Declared // what was declared of the apps; nil: nobody declared anything
	Waivers []Waiver   // in the order in which they were written
}

// Pods selects pods of the platform. No labels select every pod of the namespace.
type Pods struct {
	Namespace string
	Labels    map[string]string
	Port      int32 // on which they answer; 0: the usual one
}

// Spot is how nodes of spot capacity are marked.
type Spot struct {
	Key, Value string // of their label
	Taint      string // its key; empty: they have none
}

// Database is a server that apps share.
type Database struct {
	Name           string
	Hosts          []string // DNS names or addresses under which apps reach it
	Port           int32
	MaxConnections int64 // 0: not stated
	Reserved       int64 // of those, for people and tools
}

// Waiver is a guarantee that an app does not hold, on purpose.
type Waiver struct {
	Namespace, App string
	Guarantee      string
	Reason         string
	Expires        string // YYYY-MM-DD, the last day on which it is good
}
