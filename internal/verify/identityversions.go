package verify

import (
	"slices"
	"strings"

	"github.com/scantling/scantling/internal/inventory"
	"github.com/scantling/scantling/internal/manifest"
)

// oldest is the oldest minor version of Kubernetes that anybody is expected to run.
const oldest = 31

// servedKinds are the kinds of Kubernetes itself by the version in which they are stable.
var servedKinds = map[string][]string{
	"v1": {
		"Namespace", "Node", "PersistentVolume", "PersistentVolumeClaim", "Pod", "PodTemplate", "ReplicationController", "Service",
		"ServiceAccount", "ConfigMap", "Secret", "Endpoints", "Event", "LimitRange", "ResourceQuota", "Binding", "ComponentStatus",
	},
	"apps/v1":                      {"ControllerRevision", "DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"},
	"batch/v1":                     {"CronJob", "Job"},
	"autoscaling/v1":               {"HorizontalPodAutoscaler", "Scale"},
	"autoscaling/v2":               {"HorizontalPodAutoscaler"},
	"policy/v1":                    {"PodDisruptionBudget", "Eviction"},
	"networking.k8s.io/v1":         {"Ingress", "IngressClass", "NetworkPolicy", "IPAddress", "ServiceCIDR"},
	"rbac.authorization.k8s.io/v1": {"Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"},
	"storage.k8s.io/v1":            {"StorageClass", "CSIDriver", "CSINode", "CSIStorageCapacity", "VolumeAttachment", "VolumeAttributesClass"},
	"scheduling.k8s.io/v1":         {"PriorityClass"},
	"node.k8s.io/v1":               {"RuntimeClass"},
	"coordination.k8s.io/v1":       {"Lease"},
	"discovery.k8s.io/v1":          {"EndpointSlice"},
	"certificates.k8s.io/v1":       {"CertificateSigningRequest"},
	"apiextensions.k8s.io/v1":      {"CustomResourceDefinition"},
	"apiregistration.k8s.io/v1":    {"APIService"},
	"admissionregistration.k8s.io/v1": {
		"ValidatingWebhookConfiguration", "MutatingWebhookConfiguration", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding",
	},
	"flowcontrol.apiserver.k8s.io/v1": {"FlowSchema", "PriorityLevelConfiguration"},
}

// removal is a version that releases of Kubernetes no longer serve.
type removal struct {
	apiVersion string
	kinds      string // one after the other; the same version may have got others since
	minor      int    // the first that does not serve it
	instead    string
}

// removals are those of the deprecation guide, https://kubernetes.io/docs/reference/using-api/deprecation-guide/.
var removals = []removal{
	{"extensions/v1beta1", "Deployment DaemonSet ReplicaSet", 16, "apps/v1"},
	{"extensions/v1beta1", "NetworkPolicy", 16, "networking.k8s.io/v1"},
	{"extensions/v1beta1", "Ingress", 22, "networking.k8s.io/v1"},
	{"extensions/v1beta1", "PodSecurityPolicy", 16, ""},
	{"apps/v1beta1", "Deployment StatefulSet ControllerRevision", 16, "apps/v1"},
	{"apps/v1beta2", "Deployment StatefulSet DaemonSet ReplicaSet ControllerRevision", 16, "apps/v1"},
	{"batch/v2alpha1", "CronJob", 21, "batch/v1"},
	{"batch/v1beta1", "CronJob", 25, "batch/v1"},
	{"policy/v1beta1", "PodDisruptionBudget", 25, "policy/v1"},
	{"policy/v1beta1", "PodSecurityPolicy", 25, ""},
	{"autoscaling/v2beta1", "HorizontalPodAutoscaler", 25, "autoscaling/v2"},
	{"autoscaling/v2beta2", "HorizontalPodAutoscaler", 26, "autoscaling/v2"},
	{"networking.k8s.io/v1beta1", "Ingress IngressClass", 22, "networking.k8s.io/v1"},
	{"rbac.authorization.k8s.io/v1alpha1", "Role ClusterRole RoleBinding ClusterRoleBinding", 22, "rbac.authorization.k8s.io/v1"},
	{"rbac.authorization.k8s.io/v1beta1", "Role ClusterRole RoleBinding ClusterRoleBinding", 22, "rbac.authorization.k8s.io/v1"},
	{"scheduling.k8s.io/v1alpha1", "PriorityClass", 22, "scheduling.k8s.io/v1"},
	{"scheduling.k8s.io/v1beta1", "PriorityClass", 22, "scheduling.k8s.io/v1"},
	{"storage.k8s.io/v1beta1", "StorageClass CSIDriver CSINode VolumeAttachment", 22, "storage.k8s.io/v1"},
	{"storage.k8s.io/v1beta1", "CSIStorageCapacity", 27, "storage.k8s.io/v1"},
	{"node.k8s.io/v1beta1", "RuntimeClass", 25, "node.k8s.io/v1"},
	{"discovery.k8s.io/v1beta1", "EndpointSlice", 25, "discovery.k8s.io/v1"},
	{"events.k8s.io/v1beta1", "Event", 25, "events.k8s.io/v1"},
	{"coordination.k8s.io/v1beta1", "Lease", 22, "coordination.k8s.io/v1"},
	{"certificates.k8s.io/v1beta1", "CertificateSigningRequest", 22, "certificates.k8s.io/v1"},
	{"apiextensions.k8s.io/v1beta1", "CustomResourceDefinition", 22, "apiextensions.k8s.io/v1"},
	{"apiregistration.k8s.io/v1beta1", "APIService", 22, "apiregistration.k8s.io/v1"},
	{"admissionregistration.k8s.io/v1beta1", "ValidatingWebhookConfiguration MutatingWebhookConfiguration", 22, "admissionregistration.k8s.io/v1"},
	{"flowcontrol.apiserver.k8s.io/v1beta1", "FlowSchema PriorityLevelConfiguration", 26, "flowcontrol.apiserver.k8s.io/v1"},
	{"flowcontrol.apiserver.k8s.io/v1beta2", "FlowSchema PriorityLevelConfiguration", 29, "flowcontrol.apiserver.k8s.io/v1"},
	{"flowcontrol.apiserver.k8s.io/v1beta3", "FlowSchema PriorityLevelConfiguration", 32, "flowcontrol.apiserver.k8s.io/v1"},
}

// youngKinds are those which became stable after the oldest release that anybody is expected to run, with the first that serves them so.
var youngKinds = map[string]int{
	"networking.k8s.io/v1 IPAddress": 33, "networking.k8s.io/v1 ServiceCIDR": 33, "storage.k8s.io/v1 VolumeAttributesClass": 34,
}

// outdated are versions that no supported release of an operator serves.
var outdated = []struct {
	apiVersion, kinds, since, instead string
}{
	// https://github.com/external-secrets/external-secrets/releases/tag/v0.17.0
	{"external-secrets.io/v1beta1", "ExternalSecret SecretStore ClusterSecretStore ClusterExternalSecret", "External Secrets 0.17", "external-secrets.io/v1"},
	{"external-secrets.io/v1alpha1", "ExternalSecret SecretStore ClusterSecretStore ClusterExternalSecret", "External Secrets 0.17", "external-secrets.io/v1"},
	// https://cert-manager.io/docs/releases/release-notes/release-notes-1.6/
	{"cert-manager.io/v1alpha2", "Certificate CertificateRequest Issuer ClusterIssuer", "cert-manager 1.6", "cert-manager.io/v1"},
	{"cert-manager.io/v1alpha3", "Certificate CertificateRequest Issuer ClusterIssuer", "cert-manager 1.6", "cert-manager.io/v1"},
	{"cert-manager.io/v1beta1", "Certificate CertificateRequest Issuer ClusterIssuer", "cert-manager 1.6", "cert-manager.io/v1"},
}

// operatorsOf are the capabilities that bring third-party groups, or kinds where a group is shared.
var operatorsOf = map[string]string{
	"argoproj.io Rollout": "argo-rollouts", "argoproj.io AnalysisTemplate": "argo-rollouts", "argoproj.io ClusterAnalysisTemplate": "argo-rollouts",
	"cert-manager.io": "cert-manager", "cilium.io": "cilium", "postgresql.cnpg.io": "cnpg", "barmancloud.cnpg.io": "cnpg",
	"secrets-store.csi.x-k8s.io": "csi-secrets", "external-secrets.io": "externalsecrets", "flagger.app": "flagger",
	"gateway.networking.k8s.io": "gateway", "networking.istio.io": "istio", "security.istio.io": "istio", "karpenter.sh": "karpenter",
	"keda.sh": "keda", "monitoring.coreos.com": "prometheus", "bitnami.com": "sealedsecrets", "snapshot.storage.k8s.io": "snapshots",
	"velero.io": "velero", "autoscaling.k8s.io": "vpa",
}

func versionIsServed(c *checker) {
	defined := map[string]bool{} // groups whose kinds the set itself brings
	for _, o := range c.Of("apiextensions.k8s.io", "CustomResourceDefinition") {
		defined[manifest.String(o.Fields, "spec", "group")] = true
	}
	for _, o := range c.Objects {
		if gone := removed(o); gone != nil {
			c.gone(o, gone)
			continue
		}
		if slices.Contains(servedKinds[o.APIVersion], o.Kind) {
			c.young(o)
			continue
		}
		if !c.misplaced(o) {
			c.operatorIsThere(o, defined[o.Group])
		}
	}
}

// removed returns the removal of an object's version; nil: it is not one of those.
func removed(o *inventory.Object) *removal {
	for i := range removals {
		if removals[i].apiVersion == o.APIVersion && slices.Contains(strings.Fields(removals[i].kinds), o.Kind) {
			return &removals[i]
		}
	}
	return nil
}

func (c *checker) gone(o *inventory.Object, gone *removal) {
	help := "nothing has taken its place"
	if gone.instead != "" {
		help = "it is in " + gone.instead
	}
	switch minor := c.Facts.Kubernetes; {
	case minor >= gone.minor:
		c.violated(o, "apiVersion", "apply it to Kubernetes 1.%d: %s of %s is not served since 1.%d; %s", minor, o.Kind, o.APIVersion, gone.minor, help)
	case minor > 0:
		c.proved(o, "Kubernetes 1.%d serves %s; 1.%d does not", minor, o.APIVersion, gone.minor)
	case gone.minor <= oldest:
		c.violated(o, "apiVersion", "apply it: %s of %s is not served since Kubernetes 1.%d; %s", o.Kind, o.APIVersion, gone.minor, help)
	default:
		c.unknown(o, "which version of Kubernetes runs: %s is not served since 1.%d", o.APIVersion, gone.minor)
	}
}

// young says of a stable kind whether the cluster is old enough to know it.
func (c *checker) young(o *inventory.Object) {
	since := youngKinds[o.APIVersion+" "+o.Kind]
	switch minor := c.Facts.Kubernetes; {
	case since == 0:
		c.proved(o, "%s is stable, and served by every release since 1.%d", o.APIVersion, oldest)
	case minor == 0:
		c.unknown(o, "which version of Kubernetes runs: %s of %s is served since 1.%d", o.Kind, o.APIVersion, since)
	case minor < since:
		c.violated(o, "apiVersion", "apply it to Kubernetes 1.%d: %s of %s is served since 1.%d", minor, o.Kind, o.APIVersion, since)
	default:
		c.proved(o, "%s is served since 1.%d, and 1.%d runs", o.APIVersion, since, minor)
	}
}

// misplaced reports a kind of Kubernetes itself in a stable version that never had it.
func (c *checker) misplaced(o *inventory.Object) bool {
	if servedKinds[o.APIVersion] == nil || strings.Contains(o.Group, ".") {
		return false
	}
	for version, kinds := range servedKinds {
		if version != "autoscaling/v1" && slices.Contains(kinds, o.Kind) { // no other kind is in two versions
			c.violated(o, "apiVersion", "apply it: there is no %s in %s, it is in %s", o.Kind, o.APIVersion, version)
			return true
		}
	}
	c.violated(o, "apiVersion", "apply it: there is no %s in %s", o.Kind, o.APIVersion)
	return true
}

// operatorIsThere looks at kinds that are not of Kubernetes itself.
func (c *checker) operatorIsThere(o *inventory.Object, defined bool) {
	for _, v := range outdated {
		if v.apiVersion == o.APIVersion && slices.Contains(strings.Fields(v.kinds), o.Kind) {
			c.violated(o, "apiVersion", "apply it: %s of %s is not served since %s; it is in %s", o.Kind, o.APIVersion, v.since, v.instead)
			return
		}
	}
	needed := operatorsOf[o.Group+" "+o.Kind]
	if needed == "" {
		needed = operatorsOf[o.Group]
	}
	switch {
	case defined:
		c.proved(o, "its kind is defined in the set")
	case needed == "" || c.Facts.Capabilities == nil:
	case slices.Contains(c.Facts.Capabilities, needed):
		c.proved(o, "the platform has %s", needed)
	case needed == "snapshots" && slices.Contains(c.Facts.Capabilities, "velero"):
		c.proved(o, "the platform has velero, which moves snapshots")
	case o.Ours():
		c.violated(o, "apiVersion", "apply it: the API server knows no %s, for the platform does not have %s", o.Kind, needed)
	default:
		c.unknown(o, "whether %s is installed: the platform does not name it", needed)
	}
}
