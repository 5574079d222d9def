package inventory

import (
	"cmp"
	"slices"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/scantling/scantling/internal/manifest"
)

// Ports of CloudNativePG's pods, https://cloudnative-pg.io/documentation/current/networking/.
const (
	postgresPort  = 5432
	metricsPort   = 9187 // of an instance
	statusPort    = 8000 // where the operator and the kubelet ask an instance how it is
	bouncerMetric = 9127
)

// appKeys are the keys of the Secret that CloudNativePG makes for an owner of a database,
// https://cloudnative-pg.io/documentation/current/applications/#secrets.
var appKeys = []string{"dbname", "fqdn-jdbc-uri", "fqdn-uri", "host", "jdbc-uri", "password", "pgpass", "port", "uri", "user", "username"}

// database adds what CloudNativePG makes of a Cluster. Which pod is the primary changes: the Services and the budget are those of all.
func (s *Set) database(o *Object) {
	spec := manifest.Map(o.Fields, "spec")
	name := map[string]string{"cnpg.io/cluster": o.Name}
	instances, ok := manifest.Int(spec, "instances")
	if !ok {
		instances = 1
	}
	w := &Workload{Object: s.made(o, o.APIVersion, o.Kind, o.Name), Selector: &metav1.LabelSelector{MatchLabels: name}, Replicas: new(int32(instances))}
	w.Update = Update{Kind: OnDelete} // the operator replaces instances one by one, the primary last
	w.Template.Labels = manifest.Strings(spec, "inheritedMetadata", "labels")
	w.Template.Labels = with(w.Template.Labels, map[string]string{"cnpg.io/cluster": o.Name, "cnpg.io/podRole": "instance"})
	w.Template.Spec = operatorsPod(o.Name, corev1.Container{
		Name: "postgres", Image: manifest.String(spec, "imageName"), Resources: resources(manifest.Map(spec, "resources")),
		Ports: []corev1.ContainerPort{
			{Name: "postgresql", ContainerPort: postgresPort, Protocol: corev1.ProtocolTCP},
			{Name: "metrics", ContainerPort: metricsPort, Protocol: corev1.ProtocolTCP},
			{Name: "status", ContainerPort: statusPort, Protocol: corev1.ProtocolTCP},
		},
		StartupProbe: statusProbe("/healthz"), LivenessProbe: statusProbe("/healthz"), ReadinessProbe: statusProbe("/readyz"),
	})
	place(&w.Template.Spec, name, manifest.Map(spec, "affinity"))
	s.addWorkload(w)
	if enabled, stated := spec["enablePDB"].(bool); enabled || !stated {
		s.databaseBudget(o, instances, name)
	}
	disabled := manifest.List(spec, "managed", "services", "disabledDefaultServices")
	for _, kind := range []string{"rw", "ro", "r"} {
		if !slices.Contains(disabled, any(kind)) {
			s.addOperatorsService(o, o.Name+"-"+kind, name)
		}
	}
	s.databaseSecrets(o, spec)
}

// place puts instances where spec.affinity says, https://cloudnative-pg.io/documentation/current/scheduling/: apart from one another,
// unless that is turned off, and on what nodes the rest allows.
func place(pod *corev1.PodSpec, name map[string]string, affinity map[string]any) {
	v, err := into[struct {
		NodeSelector map[string]string       `json:"nodeSelector"`
		NodeAffinity *corev1.NodeAffinity    `json:"nodeAffinity"`
		Tolerations  []corev1.Toleration     `json:"tolerations"`
		Enable       *bool                   `json:"enablePodAntiAffinity"`
		Type         string                  `json:"podAntiAffinityType"`
		TopologyKey  string                  `json:"topologyKey"`
		More         *corev1.PodAntiAffinity `json:"additionalPodAntiAffinity"`
		Near         *corev1.PodAffinity     `json:"additionalPodAffinity"`
	}](affinity)
	if err != nil {
		return
	}
	pod.NodeSelector, pod.Tolerations = v.NodeSelector, v.Tolerations
	apart := v.More
	if v.Enable == nil || *v.Enable {
		apart = v.More.DeepCopy()
		if apart == nil {
			apart = &corev1.PodAntiAffinity{}
		}
		term := corev1.PodAffinityTerm{
			LabelSelector: &metav1.LabelSelector{MatchLabels: name}, TopologyKey: cmp.Or(v.TopologyKey, corev1.LabelHostname),
		}
		if v.Type == "required" {
			apart.RequiredDuringSchedulingIgnoredDuringExecution = append(apart.RequiredDuringSchedulingIgnoredDuringExecution, term)
		} else {
			apart.PreferredDuringSchedulingIgnoredDuringExecution = append(apart.PreferredDuringSchedulingIgnoredDuringExecution,
				corev1.WeightedPodAffinityTerm{Weight: 100, PodAffinityTerm: term})
		}
	}
	pod.Affinity = &corev1.Affinity{NodeAffinity: v.NodeAffinity, PodAffinity: v.Near, PodAntiAffinity: apart}
}

// databaseBudget adds what the operator's budgets come to. A lone instance can't be evicted; of more, the operator moves the primary off a
// node that drains, so that one at a time can go. https://cloudnative-pg.io/documentation/current/kubernetes_upgrade/
func (s *Set) databaseBudget(o *Object, instances int64, name map[string]string) {
	b := &Budget{s.made(o, "policy/v1", "PodDisruptionBudget", o.Name), policyv1.PodDisruptionBudgetSpec{
		Selector: &metav1.LabelSelector{MatchLabels: name}, MaxUnavailable: new(intstr.FromInt32(1)),
	}}
	if instances < 2 {
		b.Spec.MaxUnavailable, b.Spec.MinAvailable = nil, new(intstr.FromInt32(1))
	}
	s.Budgets = append(s.Budgets, b)
}

// databaseSecrets adds the Secrets of a Cluster.
func (s *Set) databaseSecrets(o *Object, spec map[string]any) {
	add := func(suffix string, keys ...string) {
		s.addSecret(&Keys{Object: s.made(o, "v1", "Secret", o.Name+suffix), Keys: keys})
	}
	owned := false // whether the owner's password was brought along
	for _, way := range []string{"initdb", "recovery", "pg_basebackup"} {
		owned = owned || manifest.String(spec, "bootstrap", way, "secret", "name") != ""
	}
	if !owned {
		add("-app", appKeys...)
	}
	if spec["enableSuperuserAccess"] == true {
		add("-superuser", appKeys...)
	}
	add("-ca", "ca.crt", "ca.key")
	add("-server", "tls.crt", "tls.key")
	add("-replication", "tls.crt", "tls.key")
}

// pooler adds what CloudNativePG makes of a Pooler: PgBouncers, and a Service before them.
func (s *Set) pooler(o *Object) {
	spec := manifest.Map(o.Fields, "spec")
	instances, ok := manifest.Int(spec, "instances")
	if !ok {
		instances = 1
	}
	name := map[string]string{"cnpg.io/poolerName": o.Name}
	w := &Workload{
		Object: s.made(o, "apps/v1", "Deployment", o.Name), Selector: &metav1.LabelSelector{MatchLabels: name},
		Replicas: new(int32(instances)), Update: rolling(nil),
	}
	template := manifest.Map(spec, "template")
	if v, err := into[corev1.PodTemplateSpec](template); err == nil {
		w.Template = *v
	}
	w.Template.Labels = with(w.Template.Labels, map[string]string{"cnpg.io/poolerName": o.Name, "cnpg.io/podRole": "pooler"})
	bouncer := corev1.Container{
		Name: "pgbouncer",
		Ports: []corev1.ContainerPort{
			{Name: "pgbouncer", ContainerPort: postgresPort, Protocol: corev1.ProtocolTCP},
			{Name: "metrics", ContainerPort: bouncerMetric, Protocol: corev1.ProtocolTCP},
		},
		ReadinessProbe: &corev1.Probe{ProbeHandler: corev1.ProbeHandler{TCPSocket: &corev1.TCPSocketAction{Port: intstr.FromInt32(postgresPort)}}},
	}
	own := operatorsPod(o.Name, bouncer)
	if len(w.Template.Spec.Containers) > 0 && w.Template.Spec.Containers[0].Name == bouncer.Name {
		stated := w.Template.Spec.Containers[0]
		stated.Ports, stated.ReadinessProbe = bouncer.Ports, bouncer.ReadinessProbe
		stated.SecurityContext = own.Containers[0].SecurityContext
		w.Template.Spec.Containers[0] = stated
	} else {
		w.Template.Spec.Containers = append(own.Containers, w.Template.Spec.Containers...)
	}
	for i := range w.Template.Spec.InitContainers {
		w.Template.Spec.InitContainers[i].SecurityContext = own.Containers[0].SecurityContext
	}
	w.Template.Spec.SecurityContext, w.Template.Spec.ServiceAccountName = own.SecurityContext, own.ServiceAccountName
	s.addWorkload(w)
	s.addOperatorsService(o, o.Name, name)
}

// addOperatorsService adds a Service of databases.
func (s *Set) addOperatorsService(o *Object, name string, selector map[string]string) {
	v := &Service{s.made(o, "v1", "Service", name), corev1.ServiceSpec{
		Selector: selector,
		Ports:    []corev1.ServicePort{{Name: "postgres", Port: postgresPort, TargetPort: intstr.FromInt32(postgresPort), Protocol: corev1.ProtocolTCP}},
	}}
	v.Labels = selector
	s.addService(v)
}

// operatorsPod returns a pod as the operator hardens it.
func operatorsPod(account string, c corev1.Container) corev1.PodSpec {
	c.SecurityContext = &corev1.SecurityContext{
		AllowPrivilegeEscalation: new(false), Privileged: new(false), ReadOnlyRootFilesystem: new(true), RunAsNonRoot: new(true),
		Capabilities:   &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
		SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
	}
	return corev1.PodSpec{
		ServiceAccountName: account, Containers: []corev1.Container{c},
		SecurityContext: &corev1.PodSecurityContext{
			RunAsNonRoot: new(true), SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
		},
	}
}

func statusProbe(path string) *corev1.Probe {
	return &corev1.Probe{ProbeHandler: corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Path: path, Port: intstr.FromInt32(statusPort)}}}
}

// resources decodes what is asked for; what can't be read is not asked for.
func resources(fields map[string]any) corev1.ResourceRequirements {
	v, err := into[corev1.ResourceRequirements](fields)
	if err != nil {
		return corev1.ResourceRequirements{}
	}
	return *v
}
