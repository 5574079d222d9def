package cluster

import (
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	kubelet "k8s.io/kubernetes/pkg/kubelet/container"
)

// killed is the reason of who was killed for its memory. The runtime writes it, and the kubelet looks for it:
// https://github.com/kubernetes/kubernetes/blob/v1.34.1/pkg/kubelet/kuberuntime/helpers.go#L164
const killed = "OOMKilled"

// Parts of names that Kubernetes makes up, of the letters that it uses.
const (
	hash   = "6d4b75cb6d"
	suffix = "hwcmf"
	minute = "29382720"
)

// control adds an object with the status that its controller would write, and the objects that it would make.
func (c *Cluster) control(object runtime.Object) {
	switch o := object.(type) {
	case *appsv1.Deployment:
		c.deployment(o)
	case *appsv1.StatefulSet:
		c.statefulSet(o)
	case *batchv1.CronJob:
		o.Status = batchv1.CronJobStatus{LastScheduleTime: new(Since), LastSuccessfulTime: new(Since)}
		c.add(o)
		c.job(&batchv1.Job{ObjectMeta: child(o, name(o.Name, minute), "CronJob"), Spec: o.Spec.JobTemplate.Spec})
	case *batchv1.Job:
		c.job(o)
	case *autoscalingv2.HorizontalPodAutoscaler:
		o.Status = autoscalingv2.HorizontalPodAutoscalerStatus{CurrentReplicas: o.Spec.MaxReplicas, DesiredReplicas: o.Spec.MaxReplicas}
		c.add(o)
	case *policyv1.PodDisruptionBudget:
		o.Status = policyv1.PodDisruptionBudgetStatus{CurrentHealthy: 2, DesiredHealthy: 2, ExpectedPods: 3}
		c.add(o)
	case *corev1.ResourceQuota:
		o.Status = corev1.ResourceQuotaStatus{Hard: o.Spec.Hard, Used: o.Spec.Hard}
		c.add(o)
	default:
		c.add(object)
	}
}

func (c *Cluster) deployment(d *appsv1.Deployment) {
	replicas := int32(2)
	if d.Spec.Replicas == nil {
		d.Spec.Replicas = &replicas // that an autoscaler wrote
	}
	d.Status = appsv1.DeploymentStatus{Replicas: replicas, ReadyReplicas: replicas, UpdatedReplicas: replicas, AvailableReplicas: replicas}
	progressing := corev1.ConditionTrue
	if c.troubled {
		progressing = corev1.ConditionFalse
	}
	d.Status.Conditions = []appsv1.DeploymentCondition{
		{Type: appsv1.DeploymentAvailable, Status: corev1.ConditionTrue},
		{Type: appsv1.DeploymentProgressing, Status: progressing, Reason: "ProgressDeadlineExceeded"},
	}
	c.add(d)
	c.replicaSet(d, "Deployment", d.Spec.Template)
}

// replicaSet is the one of a Deployment or a Rollout that has pods.
func (c *Cluster) replicaSet(owner metav1.Object, kind string, template corev1.PodTemplateSpec) {
	replicas := int32(1)
	set := &appsv1.ReplicaSet{
		ObjectMeta: child(owner, name(owner.GetName(), hash), kind),
		Spec:       appsv1.ReplicaSetSpec{Replicas: &replicas, Template: template},
		Status:     appsv1.ReplicaSetStatus{Replicas: replicas, ReadyReplicas: replicas, AvailableReplicas: replicas},
	}
	c.add(set)
	c.pod(set, name(set.Name, suffix), "ReplicaSet", template)
}

func (c *Cluster) statefulSet(s *appsv1.StatefulSet) {
	if s.Spec.Replicas == nil {
		s.Spec.Replicas = new(int32(1))
	}
	s.Status = appsv1.StatefulSetStatus{
		Replicas: 1, ReadyReplicas: 1, CurrentReplicas: 1, UpdatedReplicas: 1,
		CurrentRevision: name(s.Name, "5f7c8d9b64"), UpdateRevision: name(s.Name, "5f7c8d9b64"),
	}
	if c.troubled {
		s.Status.UpdateRevision = name(s.Name, hash)
	}
	c.add(s)
	template := s.Spec.Template.DeepCopy()
	for _, claim := range s.Spec.VolumeClaimTemplates {
		template.Spec.Volumes = append(template.Spec.Volumes, corev1.Volume{Name: claim.Name, VolumeSource: corev1.VolumeSource{
			PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: name(claim.Name, s.Name, "0")},
		}})
	}
	c.pod(s, name(s.Name, "0"), "StatefulSet", *template)
}

func (c *Cluster) job(j *batchv1.Job) {
	j.Status = batchv1.JobStatus{StartTime: new(Since), CompletionTime: new(Since), Succeeded: 1}
	if c.troubled {
		j.Status.Failed = 1
	}
	c.add(j)
	c.pod(j, name(j.Name, suffix), "Job", j.Spec.Template)
}

// pod is one that runs, or whose every container has been killed for its memory and is to be started again.
func (c *Cluster) pod(owner metav1.Object, name, kind string, template corev1.PodTemplateSpec) {
	pod := &corev1.Pod{ObjectMeta: child(owner, name, kind), Spec: *template.Spec.DeepCopy()}
	pod.Labels = template.Labels
	pod.Spec.NodeName = "node-1"
	if c.troubled { // which a webhook has put in, as those of meshes do
		pod.Spec.InitContainers = append(pod.Spec.InitContainers, corev1.Container{Name: "injected"})
	}
	pod.Status = corev1.PodStatus{Phase: corev1.PodRunning, StartTime: new(Since)}
	for _, container := range pod.Spec.Containers {
		pod.Status.ContainerStatuses = append(pod.Status.ContainerStatuses, c.container(container))
	}
	for _, container := range pod.Spec.InitContainers {
		pod.Status.InitContainerStatuses = append(pod.Status.InitContainerStatuses, c.container(container))
	}
	c.add(pod)
}

func (c *Cluster) container(of corev1.Container) corev1.ContainerStatus {
	s := corev1.ContainerStatus{Name: of.Name, Image: of.Image, Ready: !c.troubled, State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: Since}}}
	if c.troubled {
		s.RestartCount = 3
		s.State = corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: kubelet.ErrCrashLoopBackOff.Error()}}
		s.LastTerminationState.Terminated = &corev1.ContainerStateTerminated{ExitCode: 137, Reason: killed}
	}
	return s
}

func child(owner metav1.Object, name, kind string) metav1.ObjectMeta {
	return metav1.ObjectMeta{
		Namespace: owner.GetNamespace(), Name: name, Labels: owner.GetLabels(),
		OwnerReferences: []metav1.OwnerReference{{Kind: kind, Name: owner.GetName(), Controller: new(true)}},
	}
}
