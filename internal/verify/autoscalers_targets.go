package verify

import (
	"slices"

	"github.com/scantling/scantling/internal/inventory"
	"github.com/scantling/scantling/internal/manifest"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
)

// scalableKinds are the native kinds with a number of replicas, by the only group that serves them.
var scalableKinds = map[string]string{"Deployment": "apps", "StatefulSet": "apps", "ReplicaSet": "apps", "ReplicationController": ""}

// unscalableKinds are native kinds that run pods and have no number of replicas.
var unscalableKinds = map[string]bool{"DaemonSet": true, "Job": true, "CronJob": true, "Pod": true}

// scaleTarget is what an autoscaler refers to.
type scaleTarget struct {
	namespace string
	inventory.Ref
}

func autoscalerFindsTarget(c *checker) {
	first := map[scaleTarget]*inventory.Autoscaler{}
	for _, a := range c.Autoscalers {
		if a.MadeBy != nil {
			continue // KEDA's own, of what is in the list already
		}
		field, kind := "spec.scaleTargetRef", a.Ref.Kind+"/"+a.Ref.Name
		group, native := scalableKinds[a.Ref.Kind]
		target := scaleTarget{a.Namespace, a.Ref}
		other := first[target]
		if other == nil {
			first[target] = a
		}
		switch {
		case a.Ref.Kind == "" || a.Ref.Name == "":
			c.violated(a.Object, field, "apply it: it is refused, because it does not say what it scales")
		case unscalableKinds[a.Ref.Kind] && (a.Ref.Group == "apps" || a.Ref.Group == "batch" || a.Ref.Group == ""):
			c.violated(a.Object, field, "double the load: nothing happens, because a %s has no number of replicas", a.Ref.Kind)
		case native && a.Ref.Group != group && (a.Ref.Group == "" || a.Ref.Group == "extensions"):
			c.violated(a.Object, field+".apiVersion", "double the load: nothing happens, because no API group %q serves a %s; %q does", a.Ref.Group, a.Ref.Kind, group)
		case other != nil && !takesOver(a) && !takesOver(other):
			c.violated(a.Object, field, "change the load: %s %s and %s %s both scale %s, and each undoes what the other decides", other.Kind, other.Name, a.Kind, a.Name, kind)
		case a.Target == nil && a.Ours():
			c.violated(a.Object, field, "double the load: nothing happens, because there is no %s", kind)
		case a.Target == nil:
			c.unknown(a.Object, "whether there is a %s: it is not among these manifests", kind)
		default:
			c.proved(a.Object, "it alone scales %s", a.Target.Short())
		}
	}
	verticalsFindTargets(c)
}

// takesOver reports whether a ScaledObject takes over a HorizontalPodAutoscaler that is there already, as KEDA can
// (https://keda.sh/docs/latest/concepts/scaling-deployments/#transfer-ownership-of-an-existing-hpa).
func takesOver(a *inventory.Autoscaler) bool {
	return a.KEDA && a.Annotations["scaledobject.keda.sh/transfer-hpa-ownership"] == "true"
}

func autoscalerOwnsReplicas(c *checker) {
	for _, a := range c.Autoscalers {
		w := a.Target
		switch {
		case a.MadeBy != nil || w == nil || w.Autoscaler != a:
			// not in the set, told elsewhere, or switched off by a number of 0
		case w.Replicas == nil:
			c.proved(w.Object, "%s %s decides between %d and %d", a.Kind, a.Name, a.Min, a.Max)
		case a.Min == a.Max && *w.Replicas == a.Max:
			c.proved(w.Object, "%s %s never wants another number than %d", a.Kind, a.Name, a.Max)
		default:
			c.violated(w.Object, "spec.replicas", "apply it while %s %s wants %d pods for the load: there are %d until it has scaled again",
				a.Kind, a.Name, busiest(a, *w.Replicas), *w.Replicas)
		}
	}
}

// busiest is a number of pods that an autoscaler may decide on, and that is not n.
func busiest(a *inventory.Autoscaler, n int32) int32 {
	if a.Max == n {
		return a.Min
	}
	return a.Max
}

// zeroByDefault is the minor version of Kubernetes since which a HorizontalPodAutoscaler may go to zero
// (https://github.com/kubernetes/kubernetes/blob/master/pkg/features/kube_features.go, HPAScaleToZero).
const zeroByDefault = 37

func autoscalerRangeIsSound(c *checker) {
	for _, a := range c.Autoscalers {
		least, most := "spec.minReplicas", "spec.maxReplicas"
		if a.KEDA {
			least, most = "spec.minReplicaCount", "spec.maxReplicaCount"
		}
		critical := a.Labels[tierLabel] == tierCritical
		idle, hasIdle := manifest.Int(a.Fields, "spec", "idleReplicaCount")
		switch {
		case a.MadeBy != nil:
		case a.Max < 1:
			c.violated(a.Object, most, "apply it: a most of %d pods is refused", a.Max)
		case a.Min < 0:
			c.violated(a.Object, least, "apply it: a least of %d pods is refused", a.Min)
		case a.Min > a.Max:
			c.violated(a.Object, most, "apply it: a range from %d pods to %d is refused", a.Min, a.Max)
		case hasIdle && idle >= int64(a.Min):
			c.violated(a.Object, "spec.idleReplicaCount", "apply it: KEDA refuses %d idle pods where the least is %d", idle, a.Min)
		case a.Min == 0 && !a.KEDA && !slices.ContainsFunc(a.Metrics, fromElsewhere):
			c.violated(a.Object, least, "apply it: a least of 0 pods is refused, because no Object or External metric could wake one")
		case a.Min == 0 && !a.KEDA && c.Facts.Kubernetes == 0:
			c.unknown(a.Object, "which Kubernetes there is: autoscalers go to 0 pods from 1.%d on", zeroByDefault)
		case a.Min == 0 && !a.KEDA && c.Facts.Kubernetes < zeroByDefault:
			c.violated(a.Object, least, "apply it: Kubernetes 1.%d refuses a least of 0 pods, which is possible from 1.%d on", c.Facts.Kubernetes, zeroByDefault)
		case critical && a.Min < 2:
			c.violated(a.Object, least, "lose a node at the lowest load: %s of a critical app was all there was", plural(a.Min, "pod"))
		default:
			c.proved(a.Object, "from %d to %d pods", a.Min, a.Max)
		}
	}
}

// fromElsewhere reports whether a metric is there even when there are no pods.
func fromElsewhere(m autoscalingv2.MetricSpec) bool {
	return m.Type == autoscalingv2.ObjectMetricSourceType || m.Type == autoscalingv2.ExternalMetricSourceType
}
