package app

// Method is how data is kept restorable.
type Method string

// The methods, from the cheapest on.
const (
	ByDump     Method = "dump"     // cold: a logical copy in the bucket, made on a schedule
	BySnapshot Method = "snapshot" // a snapshot of a volume, kept by the storage system that holds the volume
	ByVelero   Method = "velero"   // a snapshot of a volume whose data is moved to the bucket
	ByArchive  Method = "archive"  // warm: base backups and every change since, by CloudNativePG: any moment can be restored
	ByReplica  Method = "replica"  // hot: an archive, and a standby that has every commit before the client hears of it
)

// Recovery is the plan that keeps one store of an app's data restorable, and what it costs when the worst happens.
type Recovery struct {
	Name       string   // of the need or volume
	Kind       NeedKind // of the need; empty: a volume
	RPOSeconds int64    // objective: the data that may be lost, as time
	RTOSeconds int64    // objective: how long a restore may take
	Method     Method
	Tier       Tier // of the most critical app that uses the data

	// SharedWith is the app whose backup covers this store too, because both use one database; empty: the app's own.
	SharedWith string

	Schedule        string // of dumps, snapshots or base backups: five fields, UTC
	IntervalSeconds int64  // the longest time between two of them
	DeadlineSeconds int64  // one that takes longer is stopped; 0: an operator decides
	LossSeconds     int64  // the most that is lost: for a schedule interval + deadline, for an archive what is not yet in it
	Slack           bool   // the objective also holds when one run fails
	RestoreSeconds  int64  // of a restore, from the stated size and speed; 0: the size is not stated
	SizeBytes       int64  // that was counted with; 0: not stated
	RestoreMiBps    int64  // that was counted with
	RetentionDays   int64
	DrillSchedule   string // of rehearsals; empty: none
	DrillDays       int64  // between two rehearsals
	Velero          *VeleroBackup
}

// VeleroBackup is what Velero keeps of an app's volumes.
type VeleroBackup struct {
	Schedule  string // name of the Schedule, in the namespace of Velero
	Namespace string // of Velero
	Drill     string // namespace that the drill restores into; empty: no drill
	DrillJob  string // name of the Job that rehearses it, for all volumes of the app
}

// Bucket is a place for backups in an object store.
type Bucket struct {
	Name     string
	Endpoint string // URL; empty: the cloud's own
	Region   string
	Prefix   string // of the keys, without slashes at its ends
}

// Where the containers of a Job find things.
const (
	FilesPath   = "/recovery"                 // scripts and what they expect, read-only
	WorkPath    = "/work"                     // what one task leaves for the next
	SecretsPath = "/var/run/secrets/recovery" // the keys of a task's own secret
)

// Job is a CronJob beside an app, which backs up its data or rehearses a restore. It shares nothing with the app's pods: it has an
// identity, a policy and secrets of its own.
type Job struct {
	Name      string // of the CronJob, and of its identity, policy and Role; app.kubernetes.io/name of its pods
	Component string // backup or drill: app.kubernetes.io/component
	For       string // the need or volume

	Schedule             string // five fields, UTC
	StartDeadlineSeconds int64  // a run that could not start for so long is skipped
	DeadlineSeconds      int64  // a run that takes longer is stopped
	Retries              int32  // of a failed run
	Tasks                []Task // one after another; the last one is the pod's main container

	Config    string            // name of the ConfigMap with Files, which carries a hash of them
	Files     map[string]string // by name, at FilesPath
	WorkBytes int64             // of the volume at WorkPath; 0: there is none
	WorkClass string            // storage class of that volume, where it is too large for the node's own disk; empty: an emptyDir
	Secrets   []Secret          // fetched for this Job alone; tasks mount keys of them
	Egress    []Edge            // whom its pods call, beside DNS
	Grants    []Grant           // to the Kubernetes API; empty: no token
	Rights    *Rights           // beyond namespaces; nil: none
}

// Task is one container of a Job.
type Task struct {
	Name      string
	Image     string
	Command   []string // "/bin/sh" and a script below FilesPath
	Beside    bool     // runs beside all tasks after it, as a scratch server does
	Variables []Variable
	Secrets   []Secret // mounted, each with Name, Path and Items
	Resources Resources
}

// Grant is permissions in one namespace.
type Grant struct {
	Namespace string
	Rules     []AccessRule
}

// Access returns the permissions of a Job in all namespaces.
func (j Job) Access() []AccessRule {
	var all []AccessRule
	for _, g := range j.Grants {
		all = append(all, g.Rules...)
	}
	return all
}

// Request returns what the pod of a Job takes from the quota: the largest of what runs at the same time.
func (j Job) Request() Resources {
	var beside, most Resources
	for _, t := range j.Tasks {
		most = largest(most, sum(beside, t.Resources))
		if t.Beside {
			beside = sum(beside, t.Resources)
		}
	}
	return most
}

// Claims returns how many PersistentVolumeClaims the pods of a Job hold at most. One that has ended keeps its claim for as long as it is
// there: those of a run with all its retries, beside those of the failed run before it, which is kept to be looked at.
func (j Job) Claims() int64 {
	if j.WorkClass == "" {
		return 0
	}
	return 2 * (1 + int64(j.Retries))
}

func sum(a, b Resources) Resources {
	return Resources{
		CPUMilli:            a.CPUMilli + b.CPUMilli,
		CPULimitMilli:       a.CPULimitMilli + b.CPULimitMilli,
		MemoryBytes:         a.MemoryBytes + b.MemoryBytes,
		MemoryLimitBytes:    a.MemoryLimitBytes + b.MemoryLimitBytes,
		EphemeralBytes:      a.EphemeralBytes + b.EphemeralBytes,
		EphemeralLimitBytes: a.EphemeralLimitBytes + b.EphemeralLimitBytes,
	}
}

func largest(a, b Resources) Resources {
	return Resources{
		CPUMilli:            max(a.CPUMilli, b.CPUMilli),
		CPULimitMilli:       max(a.CPULimitMilli, b.CPULimitMilli),
		MemoryBytes:         max(a.MemoryBytes, b.MemoryBytes),
		MemoryLimitBytes:    max(a.MemoryLimitBytes, b.MemoryLimitBytes),
		EphemeralBytes:      max(a.EphemeralBytes, b.EphemeralBytes),
		EphemeralLimitBytes: max(a.EphemeralLimitBytes, b.EphemeralLimitBytes),
	}
}

// Cluster is a PostgreSQL server that CloudNativePG runs for one app. Its Services are NAME-rw and NAME-ro, and the Secret with
// the app's credentials is NAME-app.
type Cluster struct {
	Name           string
	Need           string
	Image          string
	Database       string // and its owner
	Instances      int32
	Synchronous    bool // a commit waits until one standby has it
	Keep           bool // survives the need that made it: its data is nowhere else, or in backups at best
	SizeBytes      int64
	Class          string // storage class; empty: the cluster's default
	Resources      Resources
	MaxConnections int32
	Pooler         *Pooler  // nil: the app connects to the server itself
	Archive        *Archive // nil: nothing must be restorable
	Ingress        []Edge   // who may connect, beside its own pods and the operator
}

// Pooler is a PgBouncer before a Cluster, which shares few connections of the server among many of the apps'.
type Pooler struct {
	Name       string // of the Pooler, and of its Service
	Instances  int32
	MaxClients int32 // connections that one of its pods accepts
	PoolSize   int32 // connections that one of its pods opens at the server
	Resources  Resources
	Ingress    []Edge // who may connect to its pods, beside the operator; they connect to those of the Cluster
}

// Surge is how many more of its pods there are while they are replaced: a quarter, rounded up, as Kubernetes does by default.
func (p Pooler) Surge() int64 { return (int64(p.Instances) + 3) / 4 }

// Archive is where a Cluster keeps its base backups and its write-ahead log.
type Archive struct {
	Store          string // name of the ObjectStore
	Bucket         Bucket
	Secret         Secret // with the keys accessKey and secretKey
	Egress         []Edge
	TimeoutSeconds int64  // a segment of the log that is older goes to the bucket, full or not
	Schedule       string // of base backups: five fields, UTC
	RetentionDays  int64
	Resources      Resources // of the container beside each server that ships to the bucket

	// Drill is the name of the Cluster of one instance that a rehearsal recovers from this archive, and deletes; empty: there is none.
	// Like the others it calls the bucket, but nothing of it may reach the pods of the Cluster that it is made from.
	Drill        string
	DrillIngress []Edge // who may connect to its pods, beside the operator
}

// Rights are what a Job may do that no Role can say: who may change a volume may take it, and who may make a Restore may have the
// Secrets of everybody brought back into a namespace of their own. So an admission policy holds the Job to this.
type Rights struct {
	Name    string   // of the ClusterRole, of the policy and of their bindings
	Erase   string   // persistentvolumes or volumesnapshotcontents: the Job may decide that their storage goes with the object that owns them
	In      string   // namespace of their owners
	Restore *Restore // nil: none
}

// Restore is the only one that a Job may ask Velero for: the app's claims, out of a Schedule's backups, into another namespace.
type Restore struct {
	Name      string
	Namespace string // of Velero
	Schedule  string
	Into      string
}
