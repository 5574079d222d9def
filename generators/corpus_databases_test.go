package generators_test

import (
	"testing"

	"github.com/scantling/scantling/internal/app"
)

// databases returns apps with a database of their own, and one whose volumes Velero keeps.
func databases() []app.App { return []app.App{billing(), invoices(), archive()} }

// fleets returns one fleet an environment of the corpus of platforms.
func fleets(t *testing.T) []app.Fleet {
	t.Helper()
	env := environment(34, "velero", "externalsecrets", "snapshots", "karpenter")
	env.Velero, env.Backups = "velero", &app.Backups{Bucket: bucket(), Secret: "platform/backups"}
	env.StorageClasses = app.StorageClasses{
		Retain: "ssd-retain", Delete: "ssd", Snapshot: "csi-snap", Provisioner: "csi.acme.io", Parameters: map[string]string{"type": "gp3"},
	}
	env.PriorityClasses = map[app.Tier]string{app.Critical: "business-critical", app.Standard: "business", app.BestEffort: "may-wait"}
	env.Karpenter = &app.Karpenter{Group: "karpenter.k8s.aws", Kind: "EC2NodeClass", Name: "default"}
	env.NodePools = []app.NodePool{
		{Name: "spot", Spot: true, InstanceTypes: []string{"m6i.large", "m6a.large", "m5.large"}, Zones: env.Zones, Max: 30},
		{Name: "usual", InstanceTypes: []string{"m6i.large"}, Zones: env.Zones[:1], Max: 9},
	}
	return []app.Fleet{{Env: env, Namespaces: namespaces(t)}}
}

func bucket() app.Bucket {
	return app.Bucket{Name: "acme-backups", Endpoint: "https://s3.eu-2.acme.io", Region: "eu-2"}
}

// billing is critical: no commit is lost with a server, and its connections are pooled.
func billing() app.App {
	a := service("billing", app.Critical)
	a.Env = environment(34, "cnpg", "prometheus", "externalsecrets", "cilium")
	a.Env.CNPG = "cnpg-system"
	a.PullSecret, a.Placement.PriorityClass = "registry", "business-critical"
	a.Placement.NodeSelector = map[string]string{"kubernetes.io/arch": "amd64"}
	a.Placement.Tolerations = []app.Toleration{{Key: "dedicated", Operator: "Equal", Value: "apps", Effect: "NoSchedule"}}
	a.Clusters = []app.Cluster{database(a, "billing-ledger")}
	return a
}

// invoices has a database beside it in a namespace of a mesh, without Cilium.
func invoices() app.App {
	a := service("invoices", app.Standard)
	a.Env = environment(34, "cnpg", "prometheus", "externalsecrets")
	a.Env.CNPG, a.Env.Mesh, a.Env.Spot = "cnpg-system", "sidecar", nil
	a.Clusters = []app.Cluster{database(a, "invoices-main")}
	a.Clusters[0].Synchronous = false
	return a
}

// archive has volumes that Velero moves to the bucket, in an ambient mesh beside a database that nobody restores.
func archive() app.App {
	a := service("archive", app.Standard)
	a.Env = environment(34, "velero", "cnpg")
	a.Env.Velero, a.Env.CNPG, a.Env.Mesh = "velero", "cnpg-system", "ambient"
	a.Volumes = []app.Volume{{Name: "data", Path: "/srv", SizeBytes: 10 << 30, Class: "ssd-retain", Access: "ReadWriteOnce", Retain: true}}
	a.Recovery = []app.Recovery{{
		Name: "data", Tier: a.Tier, RPOSeconds: 86400, RTOSeconds: 14400, Method: app.ByVelero, Schedule: "40 1 * * *", RetentionDays: 14,
		Velero: &app.VeleroBackup{Schedule: "shop-archive", Namespace: "velero"},
	}}
	a.Clusters = []app.Cluster{database(a, "archive-index")}
	a.Clusters[0].Archive, a.Clusters[0].Synchronous, a.Clusters[0].Instances = nil, false, 1
	return a
}

func database(a app.App, name string) app.Cluster {
	pool := []app.Port{{Number: 5432, Protocol: "TCP"}}
	own := app.Edge{Name: a.Name, Peer: app.Peer{Namespace: a.Namespace, Labels: map[string]string{"app.kubernetes.io/instance": a.Name}}, Ports: pool}
	b := bucket()
	b.Prefix = "prod-eu/shop/" + name
	return app.Cluster{
		Name: name, Need: "main", Image: "registry.acme.io/tools/cnpg-postgresql:17.6", Database: "main", Instances: 3, Synchronous: true, Keep: true,
		SizeBytes: 50 << 30, Class: "ssd-retain", MaxConnections: 200, Ingress: []app.Edge{own},
		Resources: app.Resources{CPUMilli: 1000, MemoryBytes: 4 << 30, MemoryLimitBytes: 4 << 30},
		Pooler: &app.Pooler{
			Name: name + "-pool", Instances: 3, MaxClients: 1000, PoolSize: 40, Ingress: []app.Edge{own},
			Resources: app.Resources{CPUMilli: 100, MemoryBytes: 64 << 20, MemoryLimitBytes: 64 << 20},
		},
		Archive: &app.Archive{
			Store: name, Bucket: b, Secret: app.Secret{Name: name + "-archive", Store: &app.StoreSecret{
				StoreName: "vault", StoreKind: "ClusterSecretStore", RefreshSeconds: 3600, Data: []app.RemoteKey{
					{Key: "accessKey", Remote: "platform/backups", Property: "accessKey"},
					{Key: "secretKey", Remote: "platform/backups", Property: "secretKey"},
				},
			}},
			Egress:         []app.Edge{{Name: "backups", Peer: app.Peer{Host: "s3.eu-2.acme.io"}, Ports: []app.Port{{Number: 443, Protocol: "TCP"}}}},
			TimeoutSeconds: 300, Schedule: "15 2 * * *", RetentionDays: 30,
			Resources: app.Resources{CPUMilli: 250, MemoryBytes: 256 << 20, MemoryLimitBytes: 256 << 20},
			Drill:     name + "-drill", DrillIngress: []app.Edge{own},
		},
	}
}
