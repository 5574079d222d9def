package kube

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// The labels that CloudNativePG gives the pods of its clusters; policies, budgets and monitors know them by these.
const (
	LabelCluster = "cnpg.io/cluster"    // name of the Cluster; newer operators give it to the pods of its Poolers, too
	LabelPooler  = "cnpg.io/poolerName" // name of the Pooler
	LabelPodRole = "cnpg.io/podRole"    // instance: a server, as opposed to the Jobs that make one
)

// Cluster is postgresql.cnpg.io/v1: a PostgreSQL server and its standbys, run by CloudNativePG.
type Cluster struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`
	Spec              ClusterSpec `json:"spec"`
}

// ClusterSpec holds the fields that we write; the operator's webhook fills in the others.
type ClusterSpec struct {
	Instances                 int32                             `json:"instances"`
	ImageName                 string                            `json:"imageName,omitempty"`
	ImagePullSecrets          []corev1.LocalObjectReference     `json:"imagePullSecrets,omitempty"`
	InheritedMetadata         InheritedMetadata                 `json:"inheritedMetadata"`
	Bootstrap                 ClusterBootstrap                  `json:"bootstrap"`
	Storage                   ClusterStorage                    `json:"storage"`
	PostgreSQL                PostgreSQL                        `json:"postgresql"`
	Plugins                   []ClusterPlugin                   `json:"plugins,omitempty"`
	Resources                 corev1.ResourceRequirements       `json:"resources"`
	PriorityClassName         string                            `json:"priorityClassName,omitempty"`
	Affinity                  ClusterAffinity                   `json:"affinity"`
	TopologySpreadConstraints []corev1.TopologySpreadConstraint `json:"topologySpreadConstraints,omitempty"`
	PrimaryUpdateStrategy     string                            `json:"primaryUpdateStrategy"`
	EnablePDB                 bool                              `json:"enablePDB"`
	SeccompProfile            corev1.SeccompProfile             `json:"seccompProfile"`
}

// InheritedMetadata is what every object of a Cluster bears.
type InheritedMetadata struct {
	Labels map[string]string `json:"labels"`
}

// ClusterBootstrap says how a Cluster begins.
type ClusterBootstrap struct {
	InitDB InitDB `json:"initdb"`
}

// InitDB begins with an empty database.
type InitDB struct {
	Database      string `json:"database"`
	Owner         string `json:"owner"`
	DataChecksums bool   `json:"dataChecksums"`
}

// ClusterStorage is the volume of each instance.
type ClusterStorage struct {
	StorageClass string `json:"storageClass,omitempty"`
	Size         string `json:"size"`
}

// PostgreSQL is the server's configuration; parameters are always strings.
type PostgreSQL struct {
	Parameters  map[string]string `json:"parameters"`
	Synchronous *SyncReplication  `json:"synchronous,omitempty"`
}

// SyncReplication makes a commit wait for standbys.
type SyncReplication struct {
	Method         string `json:"method"`
	Number         int32  `json:"number"`
	DataDurability string `json:"dataDurability"`
}

// ClusterPlugin is a plugin of the operator, and what it is told.
type ClusterPlugin struct {
	Name          string            `json:"name"`
	Enabled       bool              `json:"enabled"`
	IsWALArchiver bool              `json:"isWALArchiver"`
	Parameters    map[string]string `json:"parameters"`
}

// ClusterAffinity is where the instances may run. The operator makes the rule about neighbours itself.
type ClusterAffinity struct {
	EnablePodAntiAffinity bool                 `json:"enablePodAntiAffinity"`
	PodAntiAffinityType   string               `json:"podAntiAffinityType"`
	TopologyKey           string               `json:"topologyKey"`
	NodeSelector          map[string]string    `json:"nodeSelector,omitempty"`
	NodeAffinity          *corev1.NodeAffinity `json:"nodeAffinity,omitempty"`
	Tolerations           []corev1.Toleration  `json:"tolerations,omitempty"`
}

// ObjectStore is barmancloud.cnpg.io/v1: the bucket that the plugin Barman Cloud keeps base backups and the write-ahead log in.
type ObjectStore struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`
	Spec              ObjectStoreSpec `json:"spec"`
}

// ObjectStoreSpec says where the bucket is, how long backups stay, and what the container beside each instance may use.
type ObjectStoreSpec struct {
	Configuration                ObjectStoreConfiguration `json:"configuration"`
	RetentionPolicy              string                   `json:"retentionPolicy"`
	InstanceSidecarConfiguration ArchiverConfiguration    `json:"instanceSidecarConfiguration"`
}

// ObjectStoreConfiguration is the bucket.
type ObjectStoreConfiguration struct {
	DestinationPath string        `json:"destinationPath"` // s3://BUCKET/PREFIX
	EndpointURL     string        `json:"endpointURL,omitempty"`
	S3Credentials   S3Credentials `json:"s3Credentials"`
	WAL             Compression   `json:"wal"`
	Data            Compression   `json:"data"`
}

// S3Credentials are keys of a Secret.
type S3Credentials struct {
	AccessKeyID     corev1.SecretKeySelector `json:"accessKeyId"`
	SecretAccessKey corev1.SecretKeySelector `json:"secretAccessKey"`
}

// Compression is how files are made smaller before they are sent.
type Compression struct {
	Compression string `json:"compression"`
}

// ArchiverConfiguration shapes the container that archives.
type ArchiverConfiguration struct {
	Env       []corev1.EnvVar             `json:"env,omitempty"`
	Resources corev1.ResourceRequirements `json:"resources"`
}

// ScheduledBackup is postgresql.cnpg.io/v1: base backups of a Cluster on a schedule.
type ScheduledBackup struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`
	Spec              ScheduledBackupSpec `json:"spec"`
}

// ScheduledBackupSpec says when, of what and by whom. The schedule has six fields: the first one is of seconds.
type ScheduledBackupSpec struct {
	Schedule             string                      `json:"schedule"`
	Immediate            bool                        `json:"immediate"`
	Cluster              corev1.LocalObjectReference `json:"cluster"`
	BackupOwnerReference string                      `json:"backupOwnerReference"`
	Method               string                      `json:"method"`
	PluginConfiguration  BackupPlugin                `json:"pluginConfiguration"`
}

// BackupPlugin names the plugin that makes a backup.
type BackupPlugin struct {
	Name string `json:"name"`
}

// Pooler is postgresql.cnpg.io/v1: PgBouncer before a Cluster.
type Pooler struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`
	Spec              PoolerSpec `json:"spec"`
}

// PoolerSpec says how many pods stand before which Cluster.
type PoolerSpec struct {
	Cluster   corev1.LocalObjectReference `json:"cluster"`
	Type      string                      `json:"type"`
	Instances int32                       `json:"instances"`
	PgBouncer PgBouncer                   `json:"pgbouncer"`
	Template  PoolerTemplate              `json:"template"`
}

// PgBouncer is its configuration; parameters are always strings.
type PgBouncer struct {
	PoolMode   string            `json:"poolMode"`
	Parameters map[string]string `json:"parameters"`
}

// PoolerTemplate is merged into the pods that the operator makes.
type PoolerTemplate struct {
	Metadata InheritedMetadata `json:"metadata"`
	Spec     PoolerPod         `json:"spec"`
}

// PoolerPod is what we have to say about a pod: the operator hardens it.
type PoolerPod struct {
	InitContainers            []PoolerContainer                 `json:"initContainers"`
	Containers                []PoolerContainer                 `json:"containers"`
	ImagePullSecrets          []corev1.LocalObjectReference     `json:"imagePullSecrets,omitempty"`
	PriorityClassName         string                            `json:"priorityClassName,omitempty"`
	Affinity                  *corev1.Affinity                  `json:"affinity,omitempty"`
	NodeSelector              map[string]string                 `json:"nodeSelector,omitempty"`
	Tolerations               []corev1.Toleration               `json:"tolerations,omitempty"`
	TopologySpreadConstraints []corev1.TopologySpreadConstraint `json:"topologySpreadConstraints,omitempty"`
}

// PoolerContainer is the container of PgBouncer, or the one that brings the operator's manager into the pod.
type PoolerContainer struct {
	Name      string                      `json:"name"`
	Resources corev1.ResourceRequirements `json:"resources"`
}
