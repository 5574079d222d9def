package inventory

import (
	"cmp"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// helmHook is the annotation of what Helm applies around a release or, with "test", when somebody asks for it: a Pod that has it runs to
// its end, and is not there before and after. https://helm.sh/docs/topics/charts_hooks/
const helmHook = "helm.sh/hook"

func pod(s *Set, o *Object, fields map[string]any) error {
	v, err := into[corev1.Pod](fields)
	if err != nil {
		return err
	}
	_, hook := o.Annotations[helmHook]
	s.addWorkload(&Workload{
		Object: o, Template: corev1.PodTemplateSpec{ObjectMeta: v.ObjectMeta, Spec: v.Spec}, Update: Update{Kind: OnDelete},
		Once: hook || v.Spec.RestartPolicy == corev1.RestartPolicyNever || v.Spec.RestartPolicy == corev1.RestartPolicyOnFailure,
	})
	return nil
}

func deployment(s *Set, o *Object, fields map[string]any) error {
	v, err := into[appsv1.Deployment](fields)
	if err != nil {
		return err
	}
	w := &Workload{
		Object: o, Selector: v.Spec.Selector, Template: v.Spec.Template, Replicas: v.Spec.Replicas,
		MinReady: v.Spec.MinReadySeconds, Deadline: v.Spec.ProgressDeadlineSeconds,
	}
	w.Update = rolling(v.Spec.Strategy.RollingUpdate)
	if v.Spec.Strategy.Type == appsv1.RecreateDeploymentStrategyType {
		w.Update = Update{Kind: Recreate}
	}
	s.addWorkload(w)
	return nil
}

// quarter is what the API server takes for a surge, and for pods that may be missing, where a Deployment states none.
var quarter = intstr.FromString("25%")

// rolling returns an update with the API's defaults.
func rolling(r *appsv1.RollingUpdateDeployment) Update {
	u := Update{Kind: Rolling, MaxSurge: quarter, MaxUnavailable: quarter}
	if r != nil && r.MaxSurge != nil {
		u.MaxSurge = *r.MaxSurge
	}
	if r != nil && r.MaxUnavailable != nil {
		u.MaxUnavailable = *r.MaxUnavailable
	}
	return u
}

func statefulSet(s *Set, o *Object, fields map[string]any) error {
	v, err := into[appsv1.StatefulSet](fields)
	if err != nil {
		return err
	}
	w := &Workload{
		Object: o, Selector: v.Spec.Selector, Template: v.Spec.Template, Replicas: v.Spec.Replicas, MinReady: v.Spec.MinReadySeconds,
		Claims: v.Spec.VolumeClaimTemplates, Retention: v.Spec.PersistentVolumeClaimRetentionPolicy,
		Parallel: v.Spec.PodManagementPolicy == appsv1.ParallelPodManagement, Governing: v.Spec.ServiceName,
		Update: Update{Kind: Rolling, MaxUnavailable: intstr.FromInt32(1)},
	}
	if r := v.Spec.UpdateStrategy.RollingUpdate; r != nil && r.MaxUnavailable != nil {
		w.Update.MaxUnavailable = *r.MaxUnavailable
	}
	if v.Spec.UpdateStrategy.Type == appsv1.OnDeleteStatefulSetStrategyType {
		w.Update = Update{Kind: OnDelete}
	}
	s.addWorkload(w)
	return nil
}

func daemonSet(s *Set, o *Object, fields map[string]any) error {
	v, err := into[appsv1.DaemonSet](fields)
	if err != nil {
		return err
	}
	w := &Workload{
		Object: o, Selector: v.Spec.Selector, Template: v.Spec.Template, MinReady: v.Spec.MinReadySeconds,
		Update: Update{Kind: Rolling, MaxUnavailable: intstr.FromInt32(1)},
	}
	if r := v.Spec.UpdateStrategy.RollingUpdate; r != nil {
		w.Update.MaxUnavailable = *cmp.Or(r.MaxUnavailable, &w.Update.MaxUnavailable)
		w.Update.MaxSurge = *cmp.Or(r.MaxSurge, &w.Update.MaxSurge)
	}
	if v.Spec.UpdateStrategy.Type == appsv1.OnDeleteDaemonSetStrategyType {
		w.Update = Update{Kind: OnDelete}
	}
	s.addWorkload(w)
	return nil
}

func replicaSet(s *Set, o *Object, fields map[string]any) error {
	v, err := into[appsv1.ReplicaSet](fields)
	if err != nil {
		return err
	}
	s.addWorkload(&Workload{
		Object: o, Selector: v.Spec.Selector, Template: v.Spec.Template, Replicas: v.Spec.Replicas, MinReady: v.Spec.MinReadySeconds,
		Update: Update{Kind: OnDelete},
	})
	return nil
}

func replicationController(s *Set, o *Object, fields map[string]any) error {
	v, err := into[corev1.ReplicationController](fields)
	if err != nil {
		return err
	}
	w := &Workload{Object: o, Replicas: v.Spec.Replicas, MinReady: v.Spec.MinReadySeconds, Update: Update{Kind: OnDelete}}
	if v.Spec.Template != nil {
		w.Template = *v.Spec.Template
	}
	w.Selector = selectorOf(v.Spec.Selector, w.Template.Labels)
	s.addWorkload(w)
	return nil
}

func job(s *Set, o *Object, fields map[string]any) error {
	v, err := into[batchv1.Job](fields)
	if err == nil {
		s.addWorkload(&Workload{Object: o, Template: v.Spec.Template, Job: &v.Spec})
	}
	return err
}

func cronJob(s *Set, o *Object, fields map[string]any) error {
	v, err := into[batchv1.CronJob](fields)
	if err == nil {
		s.addWorkload(&Workload{Object: o, Template: v.Spec.JobTemplate.Spec.Template, Job: &v.Spec.JobTemplate.Spec, Cron: &v.Spec})
	}
	return err
}
