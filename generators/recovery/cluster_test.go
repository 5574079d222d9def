package recovery_test

import (
	"slices"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/scantling/scantling/generators/recovery"
	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/golden"
	"github.com/scantling/scantling/internal/kube"
)

// orders is an app with a database of its own, of which no commit may be lost, behind a pooler.
func orders() app.App {
	return app.App{
		Env: &app.Environment{
			Name: "prod", Minor: 34, Delivery: "argocd", Capabilities: []string{"cnpg", "velero"}, Zones: []string{"a", "b", "c"},
			CNPG: "cnpg-system", Spot: &app.SpotNodes{Label: map[string]string{"acme.io/capacity": "spot"}, Taint: "spot"},
		},
		Name: "checkout", Namespace: "shop", Team: "web", Tier: app.Critical, Kind: app.Service, Role: app.RoleStable, Version: "1.4.2",
		PullSecret: "registry", Placement: app.Placement{PriorityClass: "business-critical"},
		Clusters: []app.Cluster{{
			Name: "checkout-orders", Need: "orders", Image: "registry.acme.io/cnpg:17.6", Database: "orders", Instances: 3, Synchronous: true, Keep: true,
			SizeBytes: 50 << 30, Class: "ssd-retain", MaxConnections: 200,
			Resources: app.Resources{CPUMilli: 1000, MemoryBytes: 4 << 30, MemoryLimitBytes: 4 << 30},
			Pooler: &app.Pooler{
				Name: "checkout-orders-pooler", Instances: 3, MaxClients: 1000, PoolSize: 60,
				Resources: app.Resources{CPUMilli: 100, MemoryBytes: 64 << 20, MemoryLimitBytes: 64 << 20},
			},
			Archive: &app.Archive{
				Store: "checkout-orders", Bucket: app.Bucket{Name: "acme-backups", Region: "eu-2", Prefix: "prod/shop/checkout-orders"},
				Secret: app.Secret{Name: "checkout-orders-archive"}, TimeoutSeconds: 150, Schedule: "44 23 * * *", RetentionDays: 30,
				Resources: app.Resources{CPUMilli: 250, MemoryBytes: 256 << 20, MemoryLimitBytes: 256 << 20},
			},
		}},
	}
}

func TestCluster(t *testing.T) {
	golden.Objects(t, recovery.Cluster.Run(orders()), `
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata:
  annotations:
    argocd.argoproj.io/sync-options: Prune=false,Delete=false
  labels:
    app.kubernetes.io/component: database
    app.kubernetes.io/instance: checkout
    app.kubernetes.io/managed-by: scantling
    app.kubernetes.io/name: checkout-orders
    app.kubernetes.io/part-of: shop
    scantling.dev/owner: web
    scantling.dev/tier: critical
  name: checkout-orders
  namespace: shop
spec:
  affinity:
    enablePodAntiAffinity: true
    nodeAffinity:
      requiredDuringSchedulingIgnoredDuringExecution:
        nodeSelectorTerms:
        - matchExpressions:
          - key: acme.io/capacity
            operator: NotIn
            values:
            - spot
    podAntiAffinityType: required
    topologyKey: kubernetes.io/hostname
  bootstrap:
    initdb:
      dataChecksums: true
      database: orders
      owner: orders
  enablePDB: true
  imageName: registry.acme.io/cnpg:17.6
  imagePullSecrets:
  - name: registry
  inheritedMetadata:
    labels:
      app.kubernetes.io/part-of: shop
      scantling.dev/owner: web
      scantling.dev/tier: critical
  instances: 3
  plugins:
  - enabled: true
    isWALArchiver: true
    name: barman-cloud.cloudnative-pg.io
    parameters:
      barmanObjectName: checkout-orders
  postgresql:
    parameters:
      archive_timeout: 150s
      max_connections: "200"
      shared_buffers: 1024MB
    synchronous:
      dataDurability: required
      method: any
      number: 1
  primaryUpdateStrategy: unsupervised
  priorityClassName: business-critical
  resources:
    limits:
      memory: 4Gi
    requests:
      cpu: "1"
      memory: 4Gi
  seccompProfile:
    type: RuntimeDefault
  storage:
    size: 50Gi
    storageClass: ssd-retain
  topologySpreadConstraints:
  - labelSelector:
      matchLabels:
        cnpg.io/cluster: checkout-orders
        cnpg.io/podRole: instance
    maxSkew: 1
    topologyKey: topology.kubernetes.io/zone
    whenUnsatisfiable: ScheduleAnyway
`)
}

func TestObjectStore(t *testing.T) {
	golden.Objects(t, recovery.ObjectStore.Run(orders()), `
apiVersion: barmancloud.cnpg.io/v1
kind: ObjectStore
metadata:
  labels:
    app.kubernetes.io/component: database
    app.kubernetes.io/instance: checkout
    app.kubernetes.io/managed-by: scantling
    app.kubernetes.io/name: checkout-orders
    app.kubernetes.io/part-of: shop
    scantling.dev/owner: web
    scantling.dev/tier: critical
  name: checkout-orders
  namespace: shop
spec:
  configuration:
    data:
      compression: gzip
    destinationPath: s3://acme-backups/prod/shop/checkout-orders
    s3Credentials:
      accessKeyId:
        key: accessKey
        name: checkout-orders-archive
      secretAccessKey:
        key: secretKey
        name: checkout-orders-archive
    wal:
      compression: gzip
  instanceSidecarConfiguration:
    env:
    - name: AWS_DEFAULT_REGION
      value: eu-2
    resources:
      limits:
        memory: 256Mi
      requests:
        cpu: 250m
        memory: 256Mi
  retentionPolicy: 30d
`)
}

func TestScheduledBackup(t *testing.T) {
	golden.Objects(t, recovery.ScheduledBackup.Run(orders()), `
apiVersion: postgresql.cnpg.io/v1
kind: ScheduledBackup
metadata:
  labels:
    app.kubernetes.io/component: database
    app.kubernetes.io/instance: checkout
    app.kubernetes.io/managed-by: scantling
    app.kubernetes.io/name: checkout-orders
    app.kubernetes.io/part-of: shop
    scantling.dev/owner: web
    scantling.dev/tier: critical
  name: checkout-orders
  namespace: shop
spec:
  backupOwnerReference: self
  cluster:
    name: checkout-orders
  immediate: true
  method: plugin
  pluginConfiguration:
    name: barman-cloud.cloudnative-pg.io
  schedule: 0 44 23 * * *
`)
}

func TestPooler(t *testing.T) {
	golden.Objects(t, recovery.Pooler.Run(orders()), `
apiVersion: postgresql.cnpg.io/v1
kind: Pooler
metadata:
  labels:
    app.kubernetes.io/component: database
    app.kubernetes.io/instance: checkout
    app.kubernetes.io/managed-by: scantling
    app.kubernetes.io/name: checkout-orders-pooler
    app.kubernetes.io/part-of: shop
    scantling.dev/owner: web
    scantling.dev/tier: critical
  name: checkout-orders-pooler
  namespace: shop
spec:
  cluster:
    name: checkout-orders
  instances: 3
  pgbouncer:
    parameters:
      default_pool_size: "60"
      max_client_conn: "1000"
      max_prepared_statements: "200"
    poolMode: transaction
  template:
    metadata:
      labels:
        app.kubernetes.io/part-of: shop
        scantling.dev/owner: web
        scantling.dev/tier: critical
    spec:
      affinity:
        nodeAffinity:
          requiredDuringSchedulingIgnoredDuringExecution:
            nodeSelectorTerms:
            - matchExpressions:
              - key: acme.io/capacity
                operator: NotIn
                values:
                - spot
      containers:
      - name: pgbouncer
        resources:
          limits:
            memory: 64Mi
          requests:
            cpu: 100m
            memory: 64Mi
      imagePullSecrets:
      - name: registry
      initContainers:
      - name: bootstrap-controller
        resources:
          limits:
            memory: 64Mi
          requests:
            cpu: 100m
            memory: 64Mi
      priorityClassName: business-critical
      topologySpreadConstraints:
      - labelSelector:
          matchLabels:
            cnpg.io/poolerName: checkout-orders-pooler
        maxSkew: 1
        topologyKey: topology.kubernetes.io/zone
        whenUnsatisfiable: ScheduleAnyway
  type: rw
`)
}

// TestStoresOfOtherMakers wants a client that leaves out what only Amazon's store knows.
func TestStoresOfOtherMakers(t *testing.T) {
	a := orders()
	a.Clusters[0].Archive.Bucket.Endpoint = "https://s3.eu-2.acme.io"
	store := recovery.ObjectStore.Run(a)[0].(*kube.ObjectStore)
	if store.Spec.Configuration.EndpointURL != "https://s3.eu-2.acme.io" || len(store.Spec.InstanceSidecarConfiguration.Env) != 3 {
		t.Errorf("the store is %+v", store.Spec)
	}
}

// TestWithoutArchive wants no trace of one: neither a plugin that would ship the log nowhere, nor a schedule.
func TestWithoutArchive(t *testing.T) {
	a := orders()
	a.Clusters[0].Archive, a.Clusters[0].Pooler, a.Clusters[0].Keep = nil, nil, false
	for name, run := range map[string]func(app.App) []generator.Object{
		"ObjectStore": recovery.ObjectStore.Run, "ScheduledBackup": recovery.ScheduledBackup.Run, "Pooler": recovery.Pooler.Run,
	} {
		if made := run(a); len(made) > 0 {
			t.Errorf("%s: %v", name, made)
		}
	}
	c := recovery.Cluster.Run(a)[0].(*kube.Cluster)
	if _, shipped := c.Spec.PostgreSQL.Parameters["archive_timeout"]; shipped || len(c.Spec.Plugins) > 0 || len(c.Annotations) > 0 {
		t.Errorf("a database that nobody restores: %+v, annotations %v", c.Spec, c.Annotations)
	}
}

// TestLoneServer wants a drain to get past the only server there is, and no rule about neighbours that it has not.
func TestLoneServer(t *testing.T) {
	a := orders()
	a.Clusters[0].Instances, a.Clusters[0].Synchronous = 1, false
	spec := recovery.Cluster.Run(a)[0].(*kube.Cluster).Spec
	if spec.EnablePDB || spec.Affinity.PodAntiAffinityType != "preferred" || spec.PostgreSQL.Synchronous != nil {
		t.Errorf("a lone server: %+v", spec)
	}
}

// TestDatabasesKeepOutOfMeshes wants the operator to reach the pods, and the Jobs that make a server to end.
func TestDatabasesKeepOutOfMeshes(t *testing.T) {
	for mesh, label := range map[string]string{"": "", "sidecar": "sidecar.istio.io/inject", "ambient": "istio.io/dataplane-mode"} {
		a := orders()
		a.Env.Mesh = mesh
		servers := recovery.Cluster.Run(a)[0].(*kube.Cluster).Spec.InheritedMetadata.Labels
		poolers := recovery.Pooler.Run(a)[0].(*kube.Pooler).Spec.Template.Metadata.Labels
		for _, got := range []map[string]string{servers, poolers} {
			if out := got["sidecar.istio.io/inject"] == "false" || got["istio.io/dataplane-mode"] == "none"; out != (mesh != "") || mesh != "" && got[label] == "" {
				t.Errorf("mesh %q: labels %v", mesh, got)
			}
		}
	}
}

// TestSelectorsMissDatabases wants no selector of an app to match what the operator makes for it: name, instance, component and
// manager of those pods are the operator's own, as its source has them.
func TestSelectorsMissDatabases(t *testing.T) {
	a := orders()
	for _, own := range []string{kube.LabelName, kube.LabelInstance, kube.LabelComponent, kube.LabelManagedBy} {
		if value, ok := recovery.Cluster.Run(a)[0].(*kube.Cluster).Spec.InheritedMetadata.Labels[own]; ok {
			t.Errorf("the operator's own label %s becomes %q", own, value)
		}
	}
	for _, name := range []string{"checkout", "checkout-orders"} { // an app may be called like a database
		pod := labels.Set{kube.LabelName: "postgresql", kube.LabelInstance: "checkout-orders", kube.LabelComponent: "database", kube.LabelCluster: "checkout-orders"}
		b := a
		b.Name = name
		for _, s := range []*metav1.LabelSelector{kube.Selector(b), kube.PeerSelector(b)} {
			selector, err := metav1.LabelSelectorAsSelector(s)
			if err != nil || selector.Matches(pod) {
				t.Errorf("%v of %s matches a server (%v)", s, name, err)
			}
		}
	}
}

// TestReleasesLeaveDatabasesAlone wants the same objects for every image and colour of the app.
func TestReleasesLeaveDatabasesAlone(t *testing.T) {
	a, b := orders(), orders()
	b.Version, b.Image, b.Role = "2.0", "registry.acme.io/checkout:2.0", app.RoleCanary
	for _, g := range []generator.Generator{recovery.Cluster, recovery.ObjectStore, recovery.ScheduledBackup, recovery.Pooler} {
		if !slices.EqualFunc(g.Run(a), g.Run(b), func(x, y generator.Object) bool { return same(t, x, y) }) {
			t.Errorf("%s changes with the app's image", g.Name)
		}
	}
}
