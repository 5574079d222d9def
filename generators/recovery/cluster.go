package recovery

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

// barman is the plugin of CloudNativePG that keeps archives in object stores; what the operator itself could do is deprecated.
const barman = "barman-cloud.cloudnative-pg.io"

// Cluster makes a PostgreSQL server for an app, with the standbys that its tier wants. CloudNativePG runs it: its pods meet the
// restricted Pod Security Standard, and it makes the Services NAME-rw and NAME-ro and the Secret NAME-app.
var Cluster = generator.Generator{
	Name: "cluster",
	Reasons: generator.Reasons{
		"Cluster metadata.annotations":                                                       "the data survives the app: the delivery tool must not delete what is no longer rendered",
		"Cluster spec.inheritedMetadata.labels.sidecar.istio.io/inject":                      "the operator speaks to its pods from outside the mesh, and a Job that makes a server must end",
		"Cluster spec.inheritedMetadata.labels.istio.io/dataplane-mode":                      "the operator speaks to its pods from outside the mesh",
		"Cluster spec.bootstrap.initdb.dataChecksums":                                        "a page that the disk has spoiled is an error, not an answer",
		"Cluster spec.postgresql.synchronous.method":                                         "any standby will do: the slowest one holds nobody up",
		"Cluster spec.postgresql.synchronous.number":                                         "one copy beside the primary outlives either of them",
		"Cluster spec.postgresql.synchronous.dataDurability":                                 "preferred would go on without a copy as soon as the standby is away, and lose what the objective promises",
		"Cluster spec.plugins[]":                                                             "the plugin that ships the write-ahead log to the bucket; its defaults are written out because the operator adds them",
		"Cluster spec.affinity.enablePodAntiAffinity":                                        "a node that dies must take one server only",
		"Cluster spec.affinity.topologyKey":                                                  "apart by node; zones are the spread's",
		"Cluster spec.affinity.nodeAffinity":                                                 "no server stands on capacity that the cloud may take back",
		"Cluster spec.topologySpreadConstraints[].maxSkew":                                   "one server of difference: as even as can be",
		"Cluster spec.topologySpreadConstraints[].topologyKey":                               "a zone that fails must leave a server",
		"Cluster spec.topologySpreadConstraints[].whenUnsatisfiable":                         "a wish: the volume of a server keeps it in its zone, and a server in the wrong one is better than none",
		"Cluster spec.topologySpreadConstraints[].labelSelector.matchLabels.cnpg.io/podRole": "servers, as opposed to the Jobs that make them",
		"Cluster spec.primaryUpdateStrategy":                                                 "an update replaces the primary last, and waits for nobody",
		"Cluster spec.seccompProfile":                                                        "the runtime's filter blocks the system calls that no server needs",
	},
	Run: func(a app.App) []generator.Object {
		var out []generator.Object
		for _, c := range a.Clusters {
			out = append(out, cluster(a, c))
		}
		return out
	},
}

func cluster(a app.App, c app.Cluster) *kube.Cluster {
	meta := kube.DatabaseMeta(a, c.Name, c.Name)
	if c.Keep {
		meta.Annotations = kube.KeepAnnotations(a.Env.Delivery)
	}
	return &kube.Cluster{
		TypeMeta:   kube.Type("postgresql.cnpg.io/v1", "Cluster"),
		ObjectMeta: meta,
		Spec: kube.ClusterSpec{
			Instances:         c.Instances,
			ImageName:         c.Image,
			ImagePullSecrets:  kube.PullSecrets(a),
			InheritedMetadata: kube.InheritedMetadata{Labels: inherited(a)},
			Bootstrap: kube.ClusterBootstrap{
				InitDB: kube.InitDB{Database: c.Database, Owner: c.Database, DataChecksums: true},
			},
			Storage:                   kube.ClusterStorage{StorageClass: c.Class, Size: quantity(c.SizeBytes)},
			PostgreSQL:                postgresql(c),
			Plugins:                   plugins(c),
			Resources:                 kube.Requirements(c.Resources),
			PriorityClassName:         a.Placement.PriorityClass,
			Affinity:                  affinity(a, c),
			TopologySpreadConstraints: spread(a, kube.Merge(kube.InstanceLabels(c.Name), map[string]string{kube.LabelPodRole: "instance"})),
			PrimaryUpdateStrategy:     "unsupervised",
			EnablePDB:                 c.Instances > 1, // the budget of a lone server blocks every drain
			SeccompProfile:            corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
		},
	}
}

// postgresql returns the parameters that differ from what the operator sets: a quarter of the memory for shared_buffers is what
// PostgreSQL's own documentation begins with.
func postgresql(c app.Cluster) kube.PostgreSQL {
	p := kube.PostgreSQL{Parameters: map[string]string{
		"max_connections": fmt.Sprint(c.MaxConnections),
		"shared_buffers":  fmt.Sprintf("%dMB", c.Resources.MemoryBytes/4>>20),
	}}
	if c.Archive != nil {
		p.Parameters["archive_timeout"] = fmt.Sprintf("%ds", c.Archive.TimeoutSeconds)
	}
	if c.Synchronous {
		p.Synchronous = &kube.SyncReplication{Method: "any", Number: 1, DataDurability: "required"}
	}
	return p
}

func plugins(c app.Cluster) []kube.ClusterPlugin {
	if c.Archive == nil {
		return nil
	}
	return []kube.ClusterPlugin{{
		Name:          barman,
		Enabled:       true,
		IsWALArchiver: true,
		Parameters:    map[string]string{"barmanObjectName": c.Archive.Store},
	}}
}

// inherited are labels of everything that the operator makes of an object of ours. Its own, of name, instance, component and manager,
// stay: an app's selectors and policies must not match its pods, and it knows what is its own by them.
func inherited(a app.App) map[string]string {
	labels := map[string]string{
		kube.LabelPartOf: a.Namespace,
		kube.LabelTier:   string(a.Tier),
		kube.LabelOwner:  a.Team,
	}
	switch a.Env.Mesh {
	case "sidecar":
		labels["sidecar.istio.io/inject"] = "false"
	case "ambient":
		labels["istio.io/dataplane-mode"] = "none"
	}
	return labels
}

// affinity keeps the servers of a Cluster on nodes of their own: as a rule where a commit counts on two of them, else as a wish.
func affinity(a app.App, c app.Cluster) kube.ClusterAffinity {
	neighbours := "preferred"
	if c.Synchronous {
		neighbours = "required"
	}
	return kube.ClusterAffinity{
		EnablePodAntiAffinity: true,
		PodAntiAffinityType:   neighbours,
		TopologyKey:           corev1.LabelHostname,
		NodeSelector:          a.Placement.NodeSelector,
		NodeAffinity:          steady(a),
		Tolerations:           kube.Tolerations(a),
	}
}

// spread spreads pods over zones, where there are several.
func spread(a app.App, pods map[string]string) []corev1.TopologySpreadConstraint {
	if len(a.Env.Zones) < 2 {
		return nil
	}
	return []corev1.TopologySpreadConstraint{{
		MaxSkew:           1,
		TopologyKey:       corev1.LabelTopologyZone,
		WhenUnsatisfiable: corev1.ScheduleAnyway,
		LabelSelector:     &metav1.LabelSelector{MatchLabels: pods},
	}}
}
