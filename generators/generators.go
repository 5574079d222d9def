// Package generators is the ordered list of everything Scantling makes; the order here is the order of output.
package generators

import (
	"github.com/scantling/scantling/generators/access"
	"github.com/scantling/scantling/generators/availability"
	"github.com/scantling/scantling/generators/monitoring"
	"github.com/scantling/scantling/generators/network"
	"github.com/scantling/scantling/generators/platform"
	"github.com/scantling/scantling/generators/recovery"
	"github.com/scantling/scantling/generators/rollout"
	"github.com/scantling/scantling/generators/scaling"
	"github.com/scantling/scantling/generators/secrets"
	"github.com/scantling/scantling/generators/tenancy"
	"github.com/scantling/scantling/generators/workload"
	"github.com/scantling/scantling/internal/generator"
)

// All is every generator: what an object needs comes before it, so that each file can be applied from its beginning. Package delivery
// has the same order by kind, for tools that know one.
var All = []generator.Generator{
	tenancy.Namespace,
	platform.PriorityClass,
	platform.StorageClass,
	platform.VolumeSnapshotClass,
	platform.NodePool,
	tenancy.Quota,
	tenancy.LimitRange,
	tenancy.DefaultDeny,

	access.ServiceAccount,
	access.Role,
	access.RoleBinding,
	access.MigrationServiceAccount,
	access.JobServiceAccount,
	access.JobRole,
	access.JobRoleBinding,
	access.JobAdmission,
	access.JobAdmissionBinding,
	access.JobClusterRole,
	access.JobClusterRoleBinding,

	network.Policy,
	network.HostPolicy,
	network.APIServerPolicy,
	network.MigrationPolicy,
	network.MigrationHostPolicy,
	network.JobPolicy,
	network.JobHostPolicy,
	network.JobAPIServerPolicy,
	network.DatabasePolicy,
	network.DatabaseHostPolicy,
	network.DatabaseAPIServerPolicy,

	secrets.ExternalSecret,
	secrets.SealedSecret,
	secrets.MigrationSecret,
	secrets.JobSecret,
	secrets.ArchiveSecret,
	secrets.LocationSecret,
	workload.ConfigMap,
	workload.MigrationConfig,
	workload.JobConfig,
	monitoring.Dashboard,
	rollout.AnalysisTemplate,
	rollout.MetricTemplate,
	recovery.ObjectStore,
	platform.BackupStorageLocation,
	recovery.Cluster,
	recovery.Pooler,

	workload.Migration,

	workload.PersistentVolumeClaim,
	workload.Service,
	workload.HeadlessService,
	rollout.LoadBalancer,
	workload.Deployment,
	workload.Rollout,
	workload.StatefulSet,
	workload.CronJob,
	workload.JobCronJob,

	rollout.HTTPRoute,
	rollout.GRPCRoute,
	rollout.Ingress,
	rollout.DestinationRule, // before the routes that name its subsets
	rollout.VirtualService,
	rollout.Canary,

	availability.DisruptionBudget,
	availability.PoolerBudget,

	scaling.HorizontalPodAutoscaler,
	scaling.TriggerAuthentication,
	scaling.ScaledObject,
	scaling.VerticalPodAutoscaler,

	recovery.ScheduledBackup,
	recovery.VeleroSchedule,
	platform.ClusterSchedule,

	monitoring.ServiceMonitor,
	monitoring.PodMonitor,
	monitoring.Probe,
	monitoring.NamespaceRule,
	monitoring.Rule,
	recovery.Rule,
}
