package emit

import (
	"time"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

func typeMeta(apiVersion, kind string) metav1.TypeMeta {
	return metav1.TypeMeta{APIVersion: apiVersion, Kind: kind}
}

func meta() metav1.ObjectMeta {
	return metav1.ObjectMeta{
		Name:      "checkout",
		Namespace: "payments",
		Labels:    map[string]string{"app.kubernetes.io/name": "checkout", "app.kubernetes.io/managed-by": "scantling", "tier": "critical"},
		Annotations: map[string]string{
			"contact":  "#payments-oncall",
			"runbook":  "https://runbooks.acme.io/payments",
			"yes":      "on",
			"v1beta1":  "1",
			"v2":       "1e3",
			"v10":      "0x1F",
			"schedule": "*/5 * * * *",
		},
	}
}

func selector() *metav1.LabelSelector {
	return &metav1.LabelSelector{MatchLabels: map[string]string{"app.kubernetes.io/name": "checkout"}}
}

func probe(path string) *corev1.Probe {
	return &corev1.Probe{
		ProbeHandler:     corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Path: path, Port: intstr.FromString("http")}},
		PeriodSeconds:    5,
		TimeoutSeconds:   2,
		FailureThreshold: 3,
	}
}

func hardened() *corev1.SecurityContext {
	return &corev1.SecurityContext{
		AllowPrivilegeEscalation: new(false),
		Capabilities:             &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
		ReadOnlyRootFilesystem:   new(true),
		RunAsNonRoot:             new(true),
		RunAsUser:                new(int64(10001)),
		RunAsGroup:               new(int64(10001)),
		SeccompProfile:           &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
	}
}

func fieldEnv(name, path string) corev1.EnvVar {
	return corev1.EnvVar{Name: name, ValueFrom: &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{FieldPath: path}}}
}

func podTemplate() corev1.PodTemplateSpec {
	return corev1.PodTemplateSpec{
		ObjectMeta: metav1.ObjectMeta{Labels: meta().Labels, Annotations: map[string]string{"config": "9f86d081884c7d65"}},
		Spec: corev1.PodSpec{
			ServiceAccountName:            "checkout",
			AutomountServiceAccountToken:  new(false),
			EnableServiceLinks:            new(false),
			TerminationGracePeriodSeconds: new(int64(45)),
			PriorityClassName:             "critical",
			SecurityContext: &corev1.PodSecurityContext{
				FSGroup:        new(int64(10001)),
				RunAsNonRoot:   new(true),
				SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
			},
			TopologySpreadConstraints: []corev1.TopologySpreadConstraint{
				{MaxSkew: 1, TopologyKey: "topology.kubernetes.io/zone", WhenUnsatisfiable: corev1.DoNotSchedule, LabelSelector: selector()},
				{MaxSkew: 1, TopologyKey: "kubernetes.io/hostname", WhenUnsatisfiable: corev1.ScheduleAnyway, LabelSelector: selector()},
			},
			InitContainers: []corev1.Container{{
				Name:            "proxy",
				Image:           "registry.acme.io/proxy:2.1",
				RestartPolicy:   new(corev1.ContainerRestartPolicyAlways),
				SecurityContext: hardened(),
			}},
			Containers: []corev1.Container{{
				Name:    "checkout",
				Image:   "registry.acme.io/shop/checkout:1.4.2@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
				Command: []string{"/bin/sh", "-c", "set -e\nexec /checkout \\\n\t--listen :8080\n"},
				Args:    []string{"--log=json", "-v", "1", "", "a: b", "true"},
				Ports:   []corev1.ContainerPort{{Name: "http", ContainerPort: 8080, Protocol: corev1.ProtocolTCP}},
				Env: []corev1.EnvVar{
					fieldEnv("POD_NAME", "metadata.name"),
					fieldEnv("POD_IP", "status.podIP"),
					{Name: "GOMEMLIMIT", Value: "460MiB"},
					{Name: "FEATURE", Value: "yes"},
					{Name: "ORDERS_PORT", Value: "5432"},
				},
				Resources: corev1.ResourceRequirements{
					Requests: corev1.ResourceList{"cpu": resource.MustParse("250m"), "memory": resource.MustParse("512Mi"), "ephemeral-storage": resource.MustParse("1Gi")},
					Limits:   corev1.ResourceList{"memory": resource.MustParse("512Mi"), "ephemeral-storage": resource.MustParse("1Gi")},
				},
				ReadinessProbe:  probe("/readyz"),
				LivenessProbe:   probe("/healthz"),
				StartupProbe:    probe("/readyz"),
				Lifecycle:       &corev1.Lifecycle{PreStop: &corev1.LifecycleHandler{Sleep: &corev1.SleepAction{Seconds: 15}}},
				SecurityContext: hardened(),
				VolumeMounts: []corev1.VolumeMount{
					{Name: "tmp", MountPath: "/tmp"},
					{Name: "config", MountPath: "/etc/checkout", ReadOnly: true},
				},
			}},
			Volumes: []corev1.Volume{
				{Name: "tmp", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}},
				{Name: "config", VolumeSource: corev1.VolumeSource{ConfigMap: &corev1.ConfigMapVolumeSource{
					LocalObjectReference: corev1.LocalObjectReference{Name: "checkout-9f86d081"}, DefaultMode: new(int32(0o440)),
				}}},
			},
		},
	}
}

func deployment() *appsv1.Deployment {
	return &appsv1.Deployment{
		TypeMeta:   typeMeta("apps/v1", "Deployment"),
		ObjectMeta: meta(),
		Spec: appsv1.DeploymentSpec{
			Replicas:             new(int32(3)),
			RevisionHistoryLimit: new(int32(5)),
			Selector:             selector(),
			Template:             podTemplate(),
			Strategy: appsv1.DeploymentStrategy{
				Type:          appsv1.RollingUpdateDeploymentStrategyType,
				RollingUpdate: &appsv1.RollingUpdateDeployment{MaxSurge: new(intstr.FromString("25%")), MaxUnavailable: new(intstr.FromInt32(0))},
			},
		},
	}
}

func claim() corev1.PersistentVolumeClaimSpec {
	return corev1.PersistentVolumeClaimSpec{
		AccessModes:      []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
		StorageClassName: new("ssd"),
		Resources:        corev1.VolumeResourceRequirements{Requests: corev1.ResourceList{"storage": resource.MustParse("5Ti")}},
	}
}

// objects returns one object of every kind that the generators make out of the Kubernetes API.
func objects() []any {
	job := batchv1.JobSpec{BackoffLimit: new(int32(2)), Template: podTemplate()}
	job.Template.ObjectMeta = metav1.ObjectMeta{}
	return []any{
		deployment(),
		&appsv1.StatefulSet{TypeMeta: typeMeta("apps/v1", "StatefulSet"), ObjectMeta: meta(), Spec: appsv1.StatefulSetSpec{
			ServiceName: "checkout", Selector: selector(), Template: podTemplate(),
			VolumeClaimTemplates: []corev1.PersistentVolumeClaim{{ObjectMeta: metav1.ObjectMeta{Name: "data"}, Spec: claim()}},
		}},
		&batchv1.Job{TypeMeta: typeMeta("batch/v1", "Job"), ObjectMeta: meta(), Spec: job},
		&batchv1.CronJob{TypeMeta: typeMeta("batch/v1", "CronJob"), ObjectMeta: meta(), Spec: batchv1.CronJobSpec{
			Schedule: "0 3 * * *", TimeZone: new("Etc/UTC"), ConcurrencyPolicy: batchv1.ForbidConcurrent, JobTemplate: batchv1.JobTemplateSpec{Spec: job},
		}},
		&corev1.Service{TypeMeta: typeMeta("v1", "Service"), ObjectMeta: meta(), Spec: corev1.ServiceSpec{
			ClusterIP: "None", Selector: selector().MatchLabels,
			Ports: []corev1.ServicePort{{Name: "http", Port: 80, TargetPort: intstr.FromString("http")}, {Name: "grpc", Port: 9000, TargetPort: intstr.FromInt32(9000)}},
		}},
		&corev1.ConfigMap{TypeMeta: typeMeta("v1", "ConfigMap"), ObjectMeta: meta(), Immutable: new(true),
			Data: map[string]string{
				"nginx.conf": "\nserver {\n\tlisten 8080;\n\n}\n\n", "a.sh": "  echo hi\nexit 0", "trailing": "a \nb", "empty": "", "n": "\n",
			},
			BinaryData: map[string][]byte{"logo": {0, 1, 0xff}, "none": {}}},
		&corev1.Namespace{TypeMeta: typeMeta("v1", "Namespace"), ObjectMeta: metav1.ObjectMeta{Name: "payments",
			CreationTimestamp: metav1.NewTime(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))}},
		&corev1.ResourceQuota{TypeMeta: typeMeta("v1", "ResourceQuota"), ObjectMeta: meta(), Spec: corev1.ResourceQuotaSpec{
			Hard: corev1.ResourceList{"requests.cpu": resource.MustParse("20"), "requests.memory": resource.MustParse("40Gi"), "pods": resource.MustParse("1e3")}}},
		&corev1.LimitRange{TypeMeta: typeMeta("v1", "LimitRange"), ObjectMeta: meta(), Spec: corev1.LimitRangeSpec{
			Limits: []corev1.LimitRangeItem{{Type: corev1.LimitTypeContainer, Default: corev1.ResourceList{"memory": resource.MustParse("0.5Gi")}}}}},
		&corev1.ServiceAccount{TypeMeta: typeMeta("v1", "ServiceAccount"), ObjectMeta: meta(), AutomountServiceAccountToken: new(false)},
		&corev1.PersistentVolumeClaim{TypeMeta: typeMeta("v1", "PersistentVolumeClaim"), ObjectMeta: meta(), Spec: claim()},
		&policyv1.PodDisruptionBudget{TypeMeta: typeMeta("policy/v1", "PodDisruptionBudget"), ObjectMeta: meta(), Spec: policyv1.PodDisruptionBudgetSpec{
			MaxUnavailable: new(intstr.FromInt32(1)), Selector: selector(), UnhealthyPodEvictionPolicy: new(policyv1.AlwaysAllow)}},
		&autoscalingv2.HorizontalPodAutoscaler{TypeMeta: typeMeta("autoscaling/v2", "HorizontalPodAutoscaler"), ObjectMeta: meta(),
			Spec: autoscalingv2.HorizontalPodAutoscalerSpec{
				ScaleTargetRef: autoscalingv2.CrossVersionObjectReference{APIVersion: "apps/v1", Kind: "Deployment", Name: "checkout"},
				MinReplicas:    new(int32(3)), MaxReplicas: 10,
				Metrics: []autoscalingv2.MetricSpec{{Type: autoscalingv2.ResourceMetricSourceType, Resource: &autoscalingv2.ResourceMetricSource{
					Name: "cpu", Target: autoscalingv2.MetricTarget{Type: autoscalingv2.UtilizationMetricType, AverageUtilization: new(int32(70))}}}},
			}},
		&networkingv1.NetworkPolicy{TypeMeta: typeMeta("networking.k8s.io/v1", "NetworkPolicy"), ObjectMeta: meta(), Spec: networkingv1.NetworkPolicySpec{
			PodSelector: metav1.LabelSelector{},
			PolicyTypes: []networkingv1.PolicyType{"Ingress", "Egress"},
			Ingress:     []networkingv1.NetworkPolicyIngressRule{{}},
			Egress: []networkingv1.NetworkPolicyEgressRule{{To: []networkingv1.NetworkPolicyPeer{
				{NamespaceSelector: &metav1.LabelSelector{}},
				{IPBlock: &networkingv1.IPBlock{CIDR: "0.0.0.0/0", Except: []string{"10.0.0.0/8", "fd00::/8"}}},
			}}},
		}},
		&networkingv1.Ingress{TypeMeta: typeMeta("networking.k8s.io/v1", "Ingress"), ObjectMeta: meta(), Spec: networkingv1.IngressSpec{
			Rules: []networkingv1.IngressRule{{Host: "*.acme.io", IngressRuleValue: networkingv1.IngressRuleValue{HTTP: &networkingv1.HTTPIngressRuleValue{
				Paths: []networkingv1.HTTPIngressPath{{Path: "/", PathType: new(networkingv1.PathTypePrefix), Backend: networkingv1.IngressBackend{
					Service: &networkingv1.IngressServiceBackend{Name: "checkout", Port: networkingv1.ServiceBackendPort{Name: "http"}}}}}}}}},
		}},
		&rbacv1.Role{TypeMeta: typeMeta("rbac.authorization.k8s.io/v1", "Role"), ObjectMeta: meta(), Rules: []rbacv1.PolicyRule{
			{APIGroups: []string{""}, Resources: []string{"configmaps"}, Verbs: []string{"get", "*"}}}},
		&rbacv1.RoleBinding{TypeMeta: typeMeta("rbac.authorization.k8s.io/v1", "RoleBinding"), ObjectMeta: meta(),
			RoleRef:  rbacv1.RoleRef{APIGroup: "rbac.authorization.k8s.io", Kind: "Role", Name: "checkout"},
			Subjects: []rbacv1.Subject{{Kind: "ServiceAccount", Name: "checkout"}}},
	}
}
