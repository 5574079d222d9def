package recovery

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

// Pooler shares few connections of a database among many of its app's.
var Pooler = generator.Generator{
	Name: "pooler",
	Reasons: generator.Reasons{
		"Pooler spec.type":                                                        "before the primary: apps write",
		"Pooler spec.pgbouncer.poolMode":                                          "a connection of the server is taken for a transaction, not for as long as an app stays connected: that is what makes few of them enough",
		"Pooler spec.pgbouncer.parameters.max_prepared_statements":                "drivers prepare statements without being asked; PgBouncer's own default since 1.24",
		"Pooler spec.template.metadata.labels.sidecar.istio.io/inject":            "beside the servers, outside the mesh",
		"Pooler spec.template.metadata.labels.istio.io/dataplane-mode":            "beside the servers, outside the mesh",
		"Pooler spec.template.spec.containers[].name":                             "the container that the operator makes",
		"Pooler spec.template.spec.initContainers[].name":                         "the container that the operator makes; one that states no resources would get those of the namespace's LimitRange",
		"Pooler spec.template.spec.affinity":                                      "what all connections go through does not stand on capacity that the cloud may take back",
		"Pooler spec.template.spec.topologySpreadConstraints[].maxSkew":           "one pod of difference: as even as can be",
		"Pooler spec.template.spec.topologySpreadConstraints[].topologyKey":       "a zone that fails must leave a pooler",
		"Pooler spec.template.spec.topologySpreadConstraints[].whenUnsatisfiable": "a wish: a pooler in the wrong zone is better than none",
	},
	Run: func(a app.App) []generator.Object {
		var out []generator.Object
		for _, c := range a.Clusters {
			if c.Pooler != nil {
				out = append(out, pooler(a, c.Name, *c.Pooler))
			}
		}
		return out
	},
}

func podAffinity(a app.App) *corev1.Affinity {
	if nodes := steady(a); nodes != nil {
		return &corev1.Affinity{NodeAffinity: nodes}
	}
	return nil
}

func pooler(a app.App, cluster string, p app.Pooler) *kube.Pooler {
	return &kube.Pooler{
		TypeMeta:   kube.Type("postgresql.cnpg.io/v1", "Pooler"),
		ObjectMeta: kube.DatabaseMeta(a, p.Name, p.Name),
		Spec: kube.PoolerSpec{
			Cluster:   corev1.LocalObjectReference{Name: cluster},
			Type:      "rw",
			Instances: p.Instances,
			PgBouncer: kube.PgBouncer{
				PoolMode: "transaction",
				Parameters: map[string]string{
					"default_pool_size":       fmt.Sprint(p.PoolSize),
					"max_client_conn":         fmt.Sprint(p.MaxClients),
					"max_prepared_statements": "200",
				},
			},
			Template: kube.PoolerTemplate{
				Metadata: kube.InheritedMetadata{Labels: inherited(a)},
				Spec: kube.PoolerPod{
					InitContainers:            []kube.PoolerContainer{{Name: "bootstrap-controller", Resources: kube.Requirements(p.Resources)}},
					Containers:                []kube.PoolerContainer{{Name: "pgbouncer", Resources: kube.Requirements(p.Resources)}},
					ImagePullSecrets:          kube.PullSecrets(a),
					PriorityClassName:         a.Placement.PriorityClass,
					Affinity:                  podAffinity(a),
					NodeSelector:              a.Placement.NodeSelector,
					Tolerations:               kube.Tolerations(a),
					TopologySpreadConstraints: spread(a, kube.PoolerLabels(p.Name)),
				},
			},
		},
	}
}
