package verify

import (
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"

	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/inventory"
	"github.com/scantling/scantling/internal/manifest"
)

// storage is about the disks that pods write to.
var storage = []Guarantee{
	{
		Name:    "data-outlives-its-app",
		Promise: "who deletes an app, or its claims, does not delete its data",
		Why:     "with the reclaim policy Delete the disk goes with its claim, and a claim goes with one wrong command, one wrong prune, or its namespace",
		Source:  "https://kubernetes.io/docs/concepts/storage/persistent-volumes/#reclaiming",
		Foreign: diag.Warning,
		check:   dataOutlivesItsApp,
	},
	{
		Name:    "claim-exists",
		Promise: "every PersistentVolumeClaim that a pod mounts is there",
		Why:     "a pod whose claim is not there stays Pending until somebody makes it",
		Source:  "https://kubernetes.io/docs/concepts/storage/persistent-volumes/#claims-as-volumes",
		Foreign: diag.Error,
		check:   claimExists,
	},
	{
		Name:    "volume-follows-its-pod",
		Promise: "a disk of a cluster with zones is made in the zone in which its pod will run",
		Why:     "one that is made at once is made in any zone, and keeps its pod there for ever, also when that zone has no room for it",
		Source:  "https://kubernetes.io/docs/concepts/storage/storage-classes/#volume-binding-mode",
		Foreign: diag.Warning,
		check:   volumeFollowsItsPod,
	},
}

// storageReclaim tells what becomes of disks, by the name of their StorageClass.
type storageReclaim struct {
	policies map[string]string // Retain or Delete
	standard string            // class of those who name none; empty: not known
}

// storageDefault is the annotation of the class of those who name none.
const storageDefault = "storageclass.kubernetes.io/is-default-class"

func storagePolicies(c *checker) storageReclaim {
	r := storageReclaim{policies: map[string]string{}}
	for name, policy := range c.Facts.StorageClasses {
		r.policies[name] = policy
	}
	for _, s := range c.StorageClasses {
		r.policies[s.Name] = string(s.Reclaim)
		if s.Annotations[storageDefault] == "true" {
			r.standard = s.Name
		}
	}
	return r
}

// of returns what becomes of the disk of a claim, and of which class it is; an empty policy: that cannot be told.
func (r storageReclaim) of(spec *corev1.PersistentVolumeClaimSpec) (policy, class string) {
	class = r.standard
	if spec.StorageClassName != nil {
		class = *spec.StorageClassName
	}
	switch {
	case class == "" && spec.VolumeName != "":
		return "", "volume " + spec.VolumeName
	case class == "" && spec.StorageClassName != nil:
		return "", "the volume that somebody makes for it"
	case class == "":
		return "", "the cluster's default StorageClass"
	}
	return r.policies[class], "StorageClass " + class
}

const storageRetain = string(corev1.PersistentVolumeReclaimRetain)

func dataOutlivesItsApp(c *checker) {
	reclaim := storagePolicies(c)
	for _, w := range c.Workloads {
		if w.MadeBy != nil || storageMayGo(w.Object) {
			continue
		}
		for i := range w.Claims {
			claim := &w.Claims[i]
			path := fmt.Sprintf("spec.volumeClaimTemplates[%d]", i)
			storageOutlives(c, w.Object, path, fmt.Sprintf("claim %s-%s-0", claim.Name, w.Name), reclaim, &claim.Spec)
		}
		when := storageGoesWhen(w.Retention)
		switch {
		case len(w.Claims) == 0 || when == "":
		case storageGone(reclaim, w.Claims):
			c.violated(w.Object, "spec.persistentVolumeClaimRetentionPolicy", "%s StatefulSet %s: its claims are deleted, and their disks with them", when, w.Name)
		case w.Ours():
			c.violated(w.Object, "spec.persistentVolumeClaimRetentionPolicy", "%s StatefulSet %s: its claims are deleted, and with them what says whose the disks were", when, w.Name)
		}
	}

	for _, claim := range c.Claims {
		if claim.MadeBy == nil && !storageMayGo(claim.Object) {
			storageOutlives(c, claim.Object, "spec.storageClassName", "claim "+claim.Name, reclaim, &claim.Spec)
		}
	}
	for _, o := range c.Of("postgresql.cnpg.io", "Cluster") {
		if class := manifest.String(o.Fields, "spec", "storage", "storageClass"); class != "" && archiver(o) != nil && !storageMayGo(o) { // what is not archived may be lost
			storageOutlives(c, o, "spec.storage.storageClass", "each claim of "+o.Name, reclaim, &corev1.PersistentVolumeClaimSpec{StorageClassName: &class})
		}
	}
	for _, s := range c.StorageClasses {
		switch {
		case s.Reclaim == corev1.PersistentVolumeReclaimRetain:
			c.proved(s.Object, "a disk stays when its claim is deleted")
		case !s.Ours(): // our platforms have one of each, and apps choose
			c.violated(s.Object, "reclaimPolicy", "delete a claim of StorageClass %s: its disk is deleted with it", s.Name)
		}
	}
}

// storageMayGo reports whether what is ours was declared to be of no consequence.
func storageMayGo(o *inventory.Object) bool {
	return o.Ours() && o.Labels[podTierLabel] == "best-effort"
}

// storageOutlives holds one claim against what becomes of its disk.
func storageOutlives(c *checker, o *inventory.Object, path, name string, reclaim storageReclaim, spec *corev1.PersistentVolumeClaimSpec) {
	switch policy, class := reclaim.of(spec); policy {
	case "":
		c.unknown(o, "which reclaim policy %s has", class)
	case storageRetain:
		c.proved(o, "the disk stays when its claim goes: %s has the reclaim policy Retain", class)
	default:
		c.violated(o, path, "delete %s: %s has the reclaim policy %s, so the disk is deleted with it", name, class, policy)
	}
}

// storageGoesWhen returns what somebody does that deletes the claims of a StatefulSet, too; empty: nothing.
func storageGoesWhen(r *appsv1.StatefulSetPersistentVolumeClaimRetentionPolicy) string {
	switch {
	case r == nil:
	case r.WhenDeleted == appsv1.DeletePersistentVolumeClaimRetentionPolicyType:
		return "delete"
	case r.WhenScaled == appsv1.DeletePersistentVolumeClaimRetentionPolicyType:
		return "scale down"
	}
	return ""
}

// storageGone reports whether the disk of any of these claims goes with it.
func storageGone(reclaim storageReclaim, claims []corev1.PersistentVolumeClaim) bool {
	for i := range claims {
		if policy, _ := reclaim.of(&claims[i].Spec); policy != "" && policy != storageRetain {
			return true
		}
	}
	return false
}

func claimExists(c *checker) {
	claims := make(map[accessKey]*inventory.Claim, len(c.Claims))
	for _, claim := range c.Claims {
		claims[accessKey{claim.Namespace, claim.Name}] = claim
	}
	for _, w := range c.Workloads {
		for i, v := range w.Template.Spec.Volumes {
			if v.PersistentVolumeClaim == nil {
				continue
			}
			name := v.PersistentVolumeClaim.ClaimName
			switch {
			case accessLookup(claims, w.Namespace, name) != nil:
				c.proved(w.Object, "claim %s is there", name)
			case w.Ours():
				c.violated(w.Object, podVolume(w, i), "start a pod: it stays Pending, because nobody makes claim %s", name)
			default:
				c.unknown(w.Object, "whether there is PersistentVolumeClaim %s, which is in no manifest", name)
			}
		}
	}
}

// storageZonal are the drivers whose disks are in one zone, as their clouds document them.
var storageZonal = map[string]bool{
	"ebs.csi.aws.com": true, "kubernetes.io/aws-ebs": true,
	"pd.csi.storage.gke.io": true, "kubernetes.io/gce-pd": true,
	"disk.csi.azure.com": true, "kubernetes.io/azure-disk": true,
	"cinder.csi.openstack.org": true, "csi.hetzner.cloud": true,
}

func volumeFollowsItsPod(c *checker) {
	for _, s := range c.StorageClasses {
		switch {
		case s.Binding == storagev1.VolumeBindingWaitForFirstConsumer:
			c.proved(s.Object, "a disk is made once its pod has a node")
		case s.Provisioner == "":
			c.violated(s.Object, "provisioner", "the API server refuses it: nobody is named who makes the disks")
		case !storageZonal[s.Provisioner]:
		case len(c.Facts.Zones) == 1:
			c.proved(s.Object, "there is one zone")
		case len(c.Facts.Zones) == 0:
			c.unknown(s.Object, "how many zones there are: a disk is made at once, in any of them")
		default:
			c.violated(s.Object, "volumeBindingMode", "make a claim: its disk is made at once, in any of %d zones, and its pod can run in no other", len(c.Facts.Zones))
		}
	}
}
