package app

import (
	"slices"
	"strings"
)

// Environment is one cluster: what the platform states about it. Facts that are not stated are nil or empty.
type Environment struct {
	Name            string
	Group           string
	Minor           int // of Kubernetes 1.MINOR
	Zones           []string
	NodeAutoscaling bool
	Capabilities    []string // sorted
	Delivery        string   // argocd, flux, helm or kubectl
	Domain          string

	Gateway      *Gateway // the default one
	IstioGateway *Gateway // an Istio Gateway object; Namespace and Labels are those of its pods
	IngressClass *IngressClass
	DNS          Pods
	Scrape       *Scrape // nil: nobody scrapes
	Mesh         string  // sidecar, ambient or empty

	APIServerCIDRs  []string
	SecretStore     *SecretStore
	Backups         *Backups // nil: there is no place for backups
	Velero          string   // namespace of Velero
	CNPG            string   // namespace of the operator CloudNativePG
	StorageClasses  StorageClasses
	Spot            *SpotNodes
	LoadBalancers   *LoadBalancers
	PriorityClasses map[Tier]string
	Grafana         *Grafana // nil: nobody shows dashboards
	Prices          *Prices  // nil: not stated
	Karpenter       *Karpenter
	Eksctl          *Eksctl
	NodePools       []NodePool // by name

	Registries []string   // from which alone apps' images may come; nil: every one
	Databases  []Database // that apps share, by name
	Region     string     // in which the clusters and their data are; empty: not stated
	Foreign    []string   // namespaces of the platform and of apps of other repositories, sorted
}

// Database is a server that apps share.
type Database struct {
	Name           string
	Hosts          []string // DNS names or addresses, the one that writes first
	Port           int32
	MaxConnections int64 // 0: not stated
	Reserved       int64 // of those, that apps may not use
}

// Has reports whether the environment's clusters have a capability, such as "prometheus".
func (e *Environment) Has(capability string) bool {
	_, ok := slices.BinarySearch(e.Capabilities, capability)
	return ok
}

// Pods selects pods of the platform.
type Pods struct {
	Namespace string
	Labels    map[string]string
	Port      int32 // 0: the usual one
}

// Gateway is a Gateway API Gateway or an Istio Gateway, and the pods behind it.
type Gateway struct {
	Name      string
	Namespace string
	Labels    map[string]string // of its pods
	Metrics   string            // whose series count its requests: istio or envoy; empty: not stated
}

// IngressClass is the ingress controller, and who signs its certificates.
type IngressClass struct {
	Class     string
	Issuer    string // cert-manager ClusterIssuer; empty: none
	Namespace string
	Labels    map[string]string
	Metrics   string // whose series count its requests: nginx; empty: not stated
}

// Scrape is the Prometheus that reads metrics.
type Scrape struct {
	Namespace     string
	Labels        map[string]string // of its pods
	MonitorLabels map[string]string // that it selects monitors by; empty: all
	URL           string

	RetentionSeconds int64 // how long it keeps samples; 0: not stated
	Sloth            bool  // rules bear the labels that Sloth's dashboards read, too
	Prober           *Prober
}

// Prober is a blackbox exporter: it asks an app from outside and says whether that answered.
type Prober struct {
	URL    string // HOST:PORT, without a scheme
	Pods   Pods
	Module string // of its configuration; empty: the usual one of what the app speaks
}

// Grafana is where dashboards are shown.
type Grafana struct {
	URL        string            // empty: not stated, and alerts have no link
	Datasource string            // uid of the Prometheus data source; empty: the default one
	Labels     map[string]string // by which Grafana finds dashboards among the ConfigMaps
}

// Prices are what capacity costs, in one currency.
type Prices struct {
	CPUHour           float64 // one CPU for one hour
	GiBHour           float64 // one GiB of memory for one hour
	StorageGiBMonth   float64 // one GiB of storage for one month; 0: not stated
	LoadBalancerMonth float64 // one load balancer for one month; 0: not stated
	SpotFactor        float64 // spot capacity as a share of the usual price; 0: not stated
	Currency          string  // empty: not stated
}

// Karpenter is what its node pools need to know of the cluster.
type Karpenter struct {
	Group string // of the node class: karpenter.k8s.aws
	Kind  string // EC2NodeClass
	Name  string
}

// Eksctl is the cluster as eksctl knows it.
type Eksctl struct {
	Cluster string
	Region  string
}

// NodePool is a group of nodes that the platform makes for itself.
type NodePool struct {
	Name          string
	Spot          bool // capacity that the cloud may take back
	InstanceTypes []string
	Zones         []string // never empty
	Max           int64    // nodes
}

// SecretStore is where external-secrets fetches from.
type SecretStore struct {
	Name           string
	Kind           string // SecretStore or ClusterSecretStore
	RefreshSeconds int64  // 0: the tier decides
}

// StorageClasses are the platform's storage classes by what happens to the data when a claim goes.
type StorageClasses struct {
	Retain   string
	Delete   string
	Snapshot string // VolumeSnapshotClass

	Provisioner string            // CSI driver that makes volumes; empty: not stated, so nobody can make the classes
	Parameters  map[string]string // of the driver
}

// Backups is the bucket of an environment's backups.
type Backups struct {
	Bucket Bucket // without a prefix
	Secret string // place in the secret store of accessKey, secretKey, cryptPassword and cryptSalt; see Keys
	Egress []Edge // the way to it
}

// NamespacePart stands for the namespace in the place of secrets that each has for itself.
const NamespacePart = "{namespace}"

// Keys returns the place in the secret store of the bucket's keys for a namespace.
func (b Backups) Keys(namespace string) string {
	return strings.ReplaceAll(b.Secret, NamespacePart, namespace)
}

// SpotNodes is how nodes of spot capacity are marked.
type SpotNodes struct {
	Label map[string]string // one key and value
	Taint string            // key
}

// LoadBalancers is what Services of type LoadBalancer need on this cloud.
type LoadBalancers struct {
	Class       string
	Annotations map[string]string
}
