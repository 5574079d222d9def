package compile_test

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/scantling/scantling/internal/kube"
)

func plaintextSecrets(r *rendered) (found []string) {
	for _, id := range r.ids {
		if strings.HasPrefix(id, "Secret/") {
			found = append(found, id)
		}
	}
	return found
}

func vagueExternalSecrets(r *rendered) (found []string) {
	for _, e := range r.external {
		ref := e.Spec.SecretStoreRef
		if ref.Kind == "" || ref.Name == "" || e.Spec.RefreshInterval == "" || e.Spec.Target.CreationPolicy == "" || e.Spec.Target.DeletionPolicy == "" || len(e.Spec.Data) == 0 {
			found = append(found, e.Name)
		}
	}
	return found
}

// secretKeys returns the keys of every Secret that an ExternalSecret of a namespace produces, or CloudNativePG for a Cluster or the
// copy that a drill makes of one, by the Secret's name.
func (r *rendered) secretKeys(namespace string) map[string][]string {
	keys := map[string][]string{}
	for _, e := range r.external {
		if e.Namespace != namespace {
			continue
		}
		for _, d := range e.Spec.Data {
			keys[e.Spec.Target.Name] = append(keys[e.Spec.Target.Name], d.SecretKey)
		}
		keys[e.Spec.Target.Name] = append(keys[e.Spec.Target.Name], slices.Sorted(maps.Keys(e.Spec.Target.Template.Data))...)
	}
	maps.Copy(keys, r.operatorSecrets(namespace))
	return keys
}

func missingSecretKeys(r *rendered) (found []string) {
	for _, p := range r.pods {
		keys := r.secretKeys(p.namespace)
		want := func(secret, key string) {
			if produced, ok := keys[secret]; ok && !slices.Contains(produced, key) {
				found = append(found, fmt.Sprintf("%s wants key %s of %s, which has %v", p.id, key, secret, produced))
			} else if !ok && !strings.HasPrefix(secret, "existing-") && !slices.Contains(r.ids, "SealedSecret/"+p.namespace+"/"+secret) {
				found = append(found, fmt.Sprintf("%s wants secret %s, which nothing makes", p.id, secret))
			}
		}
		for _, c := range slices.Concat(p.spec.InitContainers, p.spec.Containers) {
			for _, v := range c.Env {
				if v.ValueFrom != nil && v.ValueFrom.SecretKeyRef != nil {
					want(v.ValueFrom.SecretKeyRef.Name, v.ValueFrom.SecretKeyRef.Key)
				}
			}
		}
		for _, v := range p.spec.Volumes {
			if v.Secret != nil {
				for _, item := range v.Secret.Items {
					want(v.Secret.SecretName, item.Key)
				}
			}
		}
	}
	return found
}

func broadAccess(r *rendered) (found []string) {
	for _, a := range r.accounts {
		if a.AutomountServiceAccountToken == nil || *a.AutomountServiceAccountToken {
			found = append(found, "ServiceAccount "+a.Name+" mounts a token")
		}
	}
	for _, p := range r.pods {
		bound := slices.ContainsFunc(r.bindings, func(b *rbacv1.RoleBinding) bool {
			return b.Namespace == p.namespace && slices.ContainsFunc(b.Subjects, func(s rbacv1.Subject) bool {
				return s.Name == p.spec.ServiceAccountName && s.Namespace == p.namespace
			})
		})
		mounts := p.spec.AutomountServiceAccountToken == nil || *p.spec.AutomountServiceAccountToken
		if p.spec.ServiceAccountName == "" || p.spec.ServiceAccountName == "default" || mounts != bound {
			found = append(found, fmt.Sprintf("%s: account %q, token %v, role %v", p.id, p.spec.ServiceAccountName, mounts, bound))
		}
	}
	for _, role := range r.roles {
		for _, rule := range role.Rules {
			unnamed := len(rule.ResourceNames) == 0 && !slices.Contains(rule.Verbs, "list") && !slices.Contains(rule.Verbs, "create") && !slices.Contains(rule.Verbs, "watch")
			if slices.Contains(rule.Verbs, "*") || slices.Contains(rule.Resources, "*") || unnamed {
				found = append(found, fmt.Sprintf("Role %s: %v", role.Name, rule))
			}
		}
	}
	return found
}

func noDNS(r *rendered) (found []string) {
	for _, p := range r.pods {
		policy := requiredPolicy(r, p.namespace, p.meta.Labels)
		if policy == nil {
			found = append(found, p.id+": no policy of its own")
			continue
		}
		protocols := map[corev1.Protocol]bool{}
		for _, rule := range policy.Spec.Egress {
			dns := slices.ContainsFunc(rule.To, func(peer networkingv1.NetworkPolicyPeer) bool {
				return peer.NamespaceSelector != nil && peer.NamespaceSelector.MatchLabels[kube.LabelNamespace] == "kube-system"
			})
			for _, port := range rule.Ports {
				if dns && port.Port.IntValue() == 53 {
					protocols[*port.Protocol] = true
				}
			}
		}
		if !protocols[corev1.ProtocolUDP] || !protocols[corev1.ProtocolTCP] {
			found = append(found, p.id+": no DNS over UDP and TCP")
		}
	}
	return found
}

func vaguePeers(r *rendered) (found []string) {
	metadata := netip.MustParseAddr("169.254.169.254")
	for _, p := range r.policies {
		if len(p.Spec.PolicyTypes) != 2 {
			found = append(found, p.Name+": governs one direction only")
		}
		var peers []networkingv1.NetworkPolicyPeer
		for _, rule := range p.Spec.Ingress {
			peers = append(peers, rule.From...)
			if len(rule.From) == 0 || len(rule.Ports) == 0 {
				found = append(found, p.Name+": a rule that allows everybody or every port")
			}
		}
		for _, rule := range p.Spec.Egress {
			peers = append(peers, rule.To...)
			if len(rule.To) == 0 || len(rule.Ports) == 0 {
				found = append(found, p.Name+": a rule that allows everything or every port")
			}
		}
		for _, peer := range peers {
			switch {
			case peer.IPBlock != nil:
				prefix := netip.MustParsePrefix(peer.IPBlock.CIDR)
				excepted := slices.ContainsFunc(peer.IPBlock.Except, func(e string) bool { return netip.MustParsePrefix(e).Contains(metadata) })
				if prefix.Contains(metadata) && !excepted {
					found = append(found, p.Name+": reaches the cloud's metadata through "+peer.IPBlock.CIDR)
				}
			case peer.NamespaceSelector == nil || peer.PodSelector == nil:
				found = append(found, p.Name+": a peer without namespace or without pods")
			}
		}
	}
	return found
}

func unguardedNamespaces(r *rendered) (found []string) {
	const prefix = "pod-security.kubernetes.io/"
	for _, ns := range r.namespaces {
		if ns.Labels[prefix+"enforce"] != "restricted" || !strings.HasPrefix(ns.Labels[prefix+"enforce-version"], "v1.") ||
			ns.Labels[prefix+"audit"] != "restricted" || ns.Labels[prefix+"warn"] != "restricted" {
			found = append(found, ns.Name+": pod security")
		}
		denied := slices.ContainsFunc(r.policies, func(p *networkingv1.NetworkPolicy) bool {
			return p.Namespace == ns.Name && len(p.Spec.PodSelector.MatchLabels)+len(p.Spec.PodSelector.MatchExpressions)+len(p.Spec.Ingress)+len(p.Spec.Egress) == 0
		})
		quota := slices.ContainsFunc(r.quotas, func(q *corev1.ResourceQuota) bool { return q.Namespace == ns.Name })
		limit := slices.ContainsFunc(r.limits, func(l *corev1.LimitRange) bool {
			_, cpu := l.Spec.Limits[0].Default[corev1.ResourceCPU]
			return l.Namespace == ns.Name && !cpu
		})
		if !denied || !quota || !limit {
			found = append(found, fmt.Sprintf("%s: default deny %v, quota %v, limits without a CPU limit %v", ns.Name, denied, quota, limit))
		}
	}
	return found
}

func unwritableTmp(r *rendered) (found []string) {
	for _, p := range r.pods {
		sized := map[string]bool{}
		for _, v := range p.spec.Volumes {
			sized[v.Name] = v.EmptyDir != nil && v.EmptyDir.SizeLimit != nil && v.EmptyDir.SizeLimit.Cmp(resource.Quantity{}) > 0
		}
		for _, c := range slices.Concat(p.spec.InitContainers, p.spec.Containers) {
			if !slices.ContainsFunc(c.VolumeMounts, func(m corev1.VolumeMount) bool { return m.MountPath == "/tmp" && sized[m.Name] }) {
				found = append(found, p.id+" "+c.Name+": no sized /tmp")
			}
			if c.SecurityContext.ReadOnlyRootFilesystem == nil || !*c.SecurityContext.ReadOnlyRootFilesystem {
				found = append(found, p.id+" "+c.Name+": a writable root filesystem")
			}
		}
		if p.spec.SecurityContext.RunAsUser == nil || p.spec.SecurityContext.RunAsGroup == nil {
			found = append(found, p.id+": no numeric user and group")
		}
	}
	return found
}

func vanishingVolumes(r *rendered) (found []string) {
	deletes := map[string]bool{} // by class
	for _, c := range r.classes {
		deletes[c.Name] = c.ReclaimPolicy == nil || *c.ReclaimPolicy != corev1.PersistentVolumeReclaimRetain
		if c.Provisioner == "" || c.VolumeBindingMode == nil || *c.VolumeBindingMode != storagev1.VolumeBindingWaitForFirstConsumer || c.AllowVolumeExpansion == nil || !*c.AllowVolumeExpansion {
			found = append(found, "class "+c.Name+": no driver, a volume in any zone, or one that cannot grow")
		}
	}
	keep := func(id, tier string, class *string) {
		if tier != "best-effort" && class != nil && deletes[*class] {
			found = append(found, id+": of class "+*class+", which deletes the data")
		}
	}
	for _, c := range r.claims {
		keep(c.Name, c.Labels[kube.LabelTier], c.Spec.StorageClassName)
	}
	for _, c := range r.clusters {
		keep(c.Name, c.Labels[kube.LabelTier], &c.Spec.Storage.StorageClass)
	}
	for _, s := range r.statefulSets {
		policy := s.Spec.PersistentVolumeClaimRetentionPolicy
		if policy == nil || s.Labels[kube.LabelTier] != "best-effort" && (policy.WhenDeleted != "Retain" || policy.WhenScaled != "Retain") {
			found = append(found, s.Name)
		}
		for _, c := range s.Spec.VolumeClaimTemplates {
			keep(s.Name+" "+c.Name, s.Labels[kube.LabelTier], c.Spec.StorageClassName)
		}
	}
	return found
}
