package tenancy_test

import (
	"reflect"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/scantling/scantling/generators/tenancy"
	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/golden"
)

func shop() app.Namespace {
	return app.Namespace{
		Env:  &app.Environment{Name: "prod", Minor: 34},
		Name: "shop",
		Team: "web",
		Apps: []string{"cart", "checkout"},
		Quota: app.Quota{
			CPUMilli:         9750,
			MemoryBytes:      20 << 30,
			MemoryLimitBytes: 24 << 30,
			Pods:             31,
			Claims:           3,
			LoadBalancers:    1,
		},
	}
}

func TestE19NamespaceIsRestrictedAtAPinnedVersion(t *testing.T) {
	golden.Objects(t, tenancy.Namespace.RunNamespace(shop()), `
apiVersion: v1
kind: Namespace
metadata:
  labels:
    app.kubernetes.io/managed-by: scantling
    pod-security.kubernetes.io/audit: restricted
    pod-security.kubernetes.io/audit-version: latest
    pod-security.kubernetes.io/enforce: restricted
    pod-security.kubernetes.io/enforce-version: v1.34
    pod-security.kubernetes.io/warn: restricted
    pod-security.kubernetes.io/warn-version: latest
    scantling.dev/owner: web
  name: shop
spec: {}
`)
}

func TestE19NamespaceHasAQuota(t *testing.T) {
	golden.Objects(t, tenancy.Quota.RunNamespace(shop()), `
apiVersion: v1
kind: ResourceQuota
metadata:
  labels:
    app.kubernetes.io/managed-by: scantling
    scantling.dev/owner: web
  name: quota
  namespace: shop
spec:
  hard:
    limits.memory: 24Gi
    persistentvolumeclaims: "3"
    pods: "31"
    requests.cpu: 9750m
    requests.memory: 20Gi
    services.loadbalancers: "1"
    services.nodeports: "1"
`)
}

func TestE19NamespaceHasALimitRange(t *testing.T) {
	golden.Objects(t, tenancy.LimitRange.RunNamespace(shop()), `
apiVersion: v1
kind: LimitRange
metadata:
  labels:
    app.kubernetes.io/managed-by: scantling
    scantling.dev/owner: web
  name: defaults
  namespace: shop
spec:
  limits:
  - default:
      memory: 256Mi
    defaultRequest:
      cpu: 100m
      memory: 128Mi
    type: Container
`)
}

func TestE17DefaultDenyClosesBothDirectionsInItsNamespace(t *testing.T) {
	ns := shop()
	ns.Team = "" // shared by several teams
	golden.Objects(t, tenancy.DefaultDeny.RunNamespace(ns), `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  labels:
    app.kubernetes.io/managed-by: scantling
  name: default-deny
  namespace: shop
spec:
  podSelector: {}
  policyTypes:
  - Ingress
  - Egress
`)
}

// The API server refuses a pod that states no request or limit of something the quota counts, so the limit range must give
// both to a container that states nothing.
func TestE19QuotaRefusesNoPodThatStatesNothing(t *testing.T) {
	quota := tenancy.Quota.RunNamespace(shop())[0].(*corev1.ResourceQuota)
	limits := tenancy.LimitRange.RunNamespace(shop())[0].(*corev1.LimitRange).Spec.Limits[0]
	given := map[corev1.ResourceName]resource.Quantity{}
	for name, q := range limits.DefaultRequest {
		given["requests."+name] = q
	}
	for name, q := range limits.Default {
		given["limits."+name] = q
	}
	for _, counted := range []corev1.ResourceName{
		corev1.ResourceRequestsCPU, corev1.ResourceRequestsMemory, corev1.ResourceLimitsMemory,
		corev1.ResourceLimitsCPU, corev1.ResourceRequestsEphemeralStorage, corev1.ResourceLimitsEphemeralStorage,
	} {
		if _, ok := quota.Spec.Hard[counted]; !ok {
			continue
		}
		if _, ok := given[counted]; !ok {
			t.Errorf("the quota counts %s, and the limit range gives no default of it", counted)
		}
	}
	if _, ok := limits.Default[corev1.ResourceCPU]; ok {
		t.Error("a default CPU limit would throttle our own pods, which state none")
	}
	if request, limit := limits.DefaultRequest[corev1.ResourceMemory], limits.Default[corev1.ResourceMemory]; request.Cmp(limit) > 0 {
		t.Errorf("the default memory request %v exceeds the limit %v", &request, &limit)
	}
}

// What is restored to rehearse it stands behind the same fences as what it was copied from.
func TestCopiesHaveTheFencesOfTheirOriginals(t *testing.T) {
	ns := shop()
	ns.Drill = &app.Namespace{Env: ns.Env, Name: "shop-drill", Team: ns.Team, Quota: app.Quota{CPUMilli: 250, MemoryBytes: 1 << 28, MemoryLimitBytes: 1 << 28, Pods: 1, Claims: 3}}
	for _, g := range []generator.Generator{tenancy.Namespace, tenancy.Quota, tenancy.LimitRange, tenancy.DefaultDeny} {
		alone := *ns.Drill
		both, want := g.RunNamespace(ns), g.RunNamespace(alone)
		if len(both) != 2 || len(want) != 1 || !reflect.DeepEqual(both[1], want[0]) {
			t.Errorf("%s makes %v, want %v second", g.Name, both, want)
		}
	}
}
