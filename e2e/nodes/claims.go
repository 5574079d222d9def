package nodes

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/tools/cache"
	"k8s.io/klog/v2"
)

// Provisioner is the name that a StorageClass gives so that the machines make its volumes.
const Provisioner = "e2e.scantling.dev/disks"

// bindClaims makes a volume for each claim that waits for one and erases those whose claim is gone, as a storage driver would.
func (f *Fleet) bindClaims(factory informers.SharedInformerFactory) error {
	provide := func(object any) {
		claim, ok := object.(*corev1.PersistentVolumeClaim)
		if !ok || claim.Spec.VolumeName != "" || claim.DeletionTimestamp != nil {
			return
		}
		go f.provide(context.Background(), claim)
	}
	_, err := factory.Core().V1().PersistentVolumeClaims().Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    provide,
		UpdateFunc: func(_, claim any) { provide(claim) },
	})
	if err != nil {
		return err
	}
	_, err = factory.Core().V1().PersistentVolumes().Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		UpdateFunc: func(_, volume any) { go f.erase(context.Background(), volume) },
	})
	return err
}

// erase removes a volume whose claim is gone, unless it is to be kept.
func (f *Fleet) erase(ctx context.Context, object any) {
	v, ok := object.(*corev1.PersistentVolume)
	if !ok || v.Spec.PersistentVolumeReclaimPolicy != corev1.PersistentVolumeReclaimDelete || v.DeletionTimestamp != nil {
		return
	}
	if v.Status.Phase != corev1.VolumeReleased && v.Status.Phase != corev1.VolumeFailed { // failed: no driver is built in that could erase it
		return
	}
	err := f.client.CoreV1().PersistentVolumes().Delete(ctx, v.Name, metav1.DeleteOptions{})
	if err != nil && !apierrors.IsNotFound(err) {
		klog.ErrorS(err, "a volume is not erased", "volume", klog.KObj(v))
	}
}

// provide makes one volume; a claim that is seen twice gets no second one, since the claim's id is the volume's name.
func (f *Fleet) provide(ctx context.Context, claim *corev1.PersistentVolumeClaim) {
	class := ""
	if claim.Spec.StorageClassName != nil {
		class = *claim.Spec.StorageClassName
	}
	_, err := f.client.CoreV1().PersistentVolumes().Create(ctx, &corev1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: "disk-" + string(claim.UID)},
		Spec: corev1.PersistentVolumeSpec{
			Capacity:                      claim.Spec.Resources.Requests,
			AccessModes:                   claim.Spec.AccessModes,
			StorageClassName:              class,
			PersistentVolumeReclaimPolicy: corev1.PersistentVolumeReclaimDelete,
			ClaimRef:                      &corev1.ObjectReference{Kind: "PersistentVolumeClaim", APIVersion: "v1", Namespace: claim.Namespace, Name: claim.Name, UID: claim.UID},
			PersistentVolumeSource:        corev1.PersistentVolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/nowhere"}},
		},
	}, metav1.CreateOptions{})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		klog.ErrorS(err, "no volume for a claim", "claim", klog.KObj(claim))
	}
}
