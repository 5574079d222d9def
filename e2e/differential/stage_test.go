package differential

import (
	"context"
	"fmt"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/scantling/scantling/e2e/client"
	"github.com/scantling/scantling/e2e/nodes"
)

// stage is a situation in the cluster.
type stage struct {
	*situation
	*observer
}

// raise makes a situation's machines, namespace and budgets; its pods come later.
func raise(ctx context.Context, s *situation) (*stage, error) {
	var machines []nodes.Node
	for _, n := range s.Nodes {
		m := nodes.Node{
			Name: n.Name, Zone: n.Labels[corev1.LabelTopologyZone], Labels: n.Labels,
			Taints: n.Taints, Cordoned: n.Unschedulable, Room: corev1.ResourceList{},
		}
		if n.CPU > 0 {
			m.Room[corev1.ResourceCPU] = *resource.NewMilliQuantity(n.CPU, resource.DecimalSI)
		}
		if n.Pods > 0 {
			m.Room[corev1.ResourcePods] = *resource.NewQuantity(int64(n.Pods), resource.DecimalSI)
		}
		machines = append(machines, m)
	}
	if err := world.fleet.Join(ctx, machines); err != nil {
		return nil, err
	}
	space := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: s.Prefix}}
	if _, err := world.client.CoreV1().Namespaces().Create(ctx, space, metav1.CreateOptions{}); err != nil {
		return nil, err
	}
	err := client.Until(ctx, time.Minute, func() (bool, string) {
		_, err := world.client.CoreV1().ServiceAccounts(s.Prefix).Get(ctx, "default", metav1.GetOptions{})
		return err == nil, "no account for pods"
	})
	if err != nil {
		return nil, err
	}
	for i := range s.Budgets {
		if _, err := world.client.PolicyV1().PodDisruptionBudgets(s.Prefix).Create(ctx, s.Budgets[i].object(), metav1.CreateOptions{}); err != nil {
			return nil, err
		}
	}
	o, err := observe(ctx, s)
	return &stage{s, o}, err
}

// clear takes all away again.
func (st *stage) clear(ctx context.Context) error {
	st.observer.stop()
	now := metav1.DeleteOptions{GracePeriodSeconds: new(int64(0))} // nobody is at home on nodes that are lost
	space := world.client.CoreV1().Namespaces()
	if err := space.Delete(ctx, st.Prefix, metav1.DeleteOptions{}); err != nil {
		return err
	}
	for {
		if err := world.client.CoreV1().Pods(st.Prefix).DeleteCollection(ctx, now, metav1.ListOptions{}); err != nil {
			return err
		}
		time.Sleep(2 * time.Second)
		if _, err := space.Get(ctx, st.Prefix, metav1.GetOptions{}); apierrors.IsNotFound(err) {
			break
		} else if err != nil {
			return err
		}
	}
	var names []string
	for _, n := range st.Nodes {
		names = append(names, n.Name)
	}
	return world.fleet.Leave(ctx, names)
}

func (b *budget) object() *policyv1.PodDisruptionBudget {
	policy := policyv1.IfHealthyBudget
	if b.AlwaysAllow {
		policy = policyv1.AlwaysAllow
	}
	return &policyv1.PodDisruptionBudget{
		ObjectMeta: metav1.ObjectMeta{Namespace: b.Namespace, Name: b.Name},
		Spec: policyv1.PodDisruptionBudgetSpec{
			Selector: b.Selector, MinAvailable: b.MinAvailable, MaxUnavailable: b.MaxUnavailable, UnhealthyPodEvictionPolicy: &policy,
		},
	}
}

// create makes a controller in the API.
func (st *stage) create(ctx context.Context, k *controller) error {
	mine := &metav1.LabelSelector{MatchLabels: map[string]string{ownerLabel: k.Name}}
	named := metav1.ObjectMeta{Namespace: st.Prefix, Name: k.Name}
	pods := corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: k.Template.Labels}, Spec: k.Template.Spec}
	if k.Template.Spec.Containers[0].ReadinessProbe != nil {
		pods.Annotations = map[string]string{nodes.ReadyAfter: start.String()}
	}
	apps := world.client.AppsV1()
	var err error
	switch k.Kind {
	case "Deployment":
		_, err = apps.Deployments(st.Prefix).Create(ctx, &appsv1.Deployment{ObjectMeta: named, Spec: appsv1.DeploymentSpec{
			Replicas: new(int32(k.Replicas)), Selector: mine, Template: pods, Strategy: k.strategy(), MinReadySeconds: int32(k.Wait),
		}}, metav1.CreateOptions{})
	case "ReplicaSet":
		_, err = apps.ReplicaSets(st.Prefix).Create(ctx, &appsv1.ReplicaSet{ObjectMeta: named, Spec: appsv1.ReplicaSetSpec{
			Replicas: new(int32(k.Replicas)), Selector: mine, Template: pods,
		}}, metav1.CreateOptions{})
	case "StatefulSet":
		set := &appsv1.StatefulSet{ObjectMeta: named, Spec: appsv1.StatefulSetSpec{
			Replicas: new(int32(k.Replicas)), Selector: mine, Template: pods, PodManagementPolicy: appsv1.OrderedReadyPodManagement,
			UpdateStrategy: appsv1.StatefulSetUpdateStrategy{Type: appsv1.RollingUpdateStatefulSetStrategyType},
		}}
		if k.Parallel {
			set.Spec.PodManagementPolicy = appsv1.ParallelPodManagement
		}
		if k.Unavailable != (intstr.IntOrString{}) {
			set.Spec.UpdateStrategy.RollingUpdate = &appsv1.RollingUpdateStatefulSetStrategy{MaxUnavailable: &k.Unavailable}
		}
		_, err = apps.StatefulSets(st.Prefix).Create(ctx, set, metav1.CreateOptions{})
	default:
		err = fmt.Errorf("nobody makes a %s here", k.Kind)
	}
	return err
}

func (k *controller) strategy() appsv1.DeploymentStrategy {
	if k.Update == recreate {
		return appsv1.DeploymentStrategy{Type: appsv1.RecreateDeploymentStrategyType}
	}
	return appsv1.DeploymentStrategy{
		Type:          appsv1.RollingUpdateDeploymentStrategyType,
		RollingUpdate: &appsv1.RollingUpdateDeployment{MaxSurge: &k.Surge, MaxUnavailable: &k.Unavailable},
	}
}

// release gives a controller's pods another image.
func (st *stage) release(ctx context.Context, k *controller) error {
	image := newImage
	if k.Broken {
		image += nodes.HangingTag
	}
	patch := fmt.Appendf(nil, `{"spec":{"template":{"spec":{"containers":[{"name":"app","image":%q}]}}}}`, image)
	var err error
	if k.Kind == "StatefulSet" {
		_, err = world.client.AppsV1().StatefulSets(st.Prefix).Patch(ctx, k.Name, types.StrategicMergePatchType, patch, metav1.PatchOptions{})
	} else {
		_, err = world.client.AppsV1().Deployments(st.Prefix).Patch(ctx, k.Name, types.StrategicMergePatchType, patch, metav1.PatchOptions{})
	}
	return err
}

// sicken makes pods of a controller stop being ready for good.
func (st *stage) sicken(ctx context.Context, k *controller, n int) error {
	patch := fmt.Appendf(nil, `{"metadata":{"annotations":{%q:"never"}}}`, nodes.ReadyAfter)
	for _, p := range st.pods() {
		if p.Controller != k.Name || !p.Ready || n == 0 {
			continue
		}
		n--
		if _, err := world.client.CoreV1().Pods(st.Prefix).Patch(ctx, p.Name, types.MergePatchType, patch, metav1.PatchOptions{}); err != nil {
			return err
		}
	}
	return nil
}

func (st *stage) cordon(ctx context.Context, name string) error {
	_, err := world.client.CoreV1().Nodes().Patch(ctx, name, types.MergePatchType, []byte(`{"spec":{"unschedulable":true}}`), metav1.PatchOptions{})
	return err
}

// evict asks for the eviction of a pod and returns the answer's code.
func (st *stage) evict(ctx context.Context, name string, dry bool) (int, error) {
	e := &policyv1.Eviction{ObjectMeta: metav1.ObjectMeta{Namespace: st.Prefix, Name: name}, DeleteOptions: &metav1.DeleteOptions{}}
	if dry {
		e.DeleteOptions.DryRun = []string{metav1.DryRunAll}
	}
	err := world.client.PolicyV1().Evictions(st.Prefix).Evict(ctx, e)
	if status, ok := err.(apierrors.APIStatus); ok {
		return int(status.Status().Code), nil
	}
	return 201, err
}

// budgets returns what the disruption controller has written, and whether that is about the budgets as they are now.
func (st *stage) budgets(ctx context.Context) ([]status, error) {
	var all []status
	for _, b := range st.Budgets {
		got, err := world.client.PolicyV1().PodDisruptionBudgets(st.Prefix).Get(ctx, b.Name, metav1.GetOptions{})
		if err != nil {
			return nil, err
		}
		s := status{
			Expected: int(got.Status.ExpectedPods), Desired: int(got.Status.DesiredHealthy),
			Healthy: int(got.Status.CurrentHealthy), Allowed: int(got.Status.DisruptionsAllowed),
		}
		for _, c := range got.Status.Conditions {
			if c.Type == policyv1.DisruptionAllowedCondition && c.Reason == policyv1.SyncFailedReason {
				s = status{Failed: true, Allowed: s.Allowed}
			}
		}
		all = append(all, s)
	}
	return all, nil
}
