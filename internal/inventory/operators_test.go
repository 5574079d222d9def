package inventory_test

import (
	"slices"
	"strings"
	"testing"
)

func TestFlaggerMakesAPrimary(t *testing.T) {
	s := set(t, `
apiVersion: flagger.app/v1beta1
kind: Canary
metadata: {name: web, namespace: shop}
spec:
  targetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  autoscalerRef: {apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, name: web, primaryScalerReplicas: {minReplicas: 4}}
  service: {port: 80, targetPort: http, portDiscovery: true}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: front}}
  template:
    metadata: {labels: {app: front, team: a}}
    spec:
      topologySpreadConstraints: [{maxSkew: 1, labelSelector: {matchLabels: {app: front}}}]
      containers: [{name: web, image: web, ports: [{name: http, containerPort: 8080}, {name: admin, containerPort: 9000}]}]
---
{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: web, namespace: shop}, spec: {minReplicas: 2, maxReplicas: 9, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}}}
---
{apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop}, spec: {selector: {app: front}, ports: [{port: 1}]}}
`)
	w := workload(t, s, "Deployment/web-primary")
	if w.Template.Labels["app"] != "front-primary" || w.Template.Labels["team"] != "a" || w.Selector.MatchLabels["app"] != "front-primary" {
		t.Errorf("the primary has %v and selects %v", w.Template.Labels, w.Selector)
	}
	if spread := w.Template.Spec.TopologySpreadConstraints[0].LabelSelector.MatchLabels["app"]; spread != "front-primary" {
		t.Errorf("its pods are spread among those of %s", spread)
	}
	if w.Least() != 4 || w.Most() != 9 || w.Dormant || w.MadeBy == nil {
		t.Errorf("%d to %d pods serve", w.Least(), w.Most())
	}
	target := workload(t, s, "Deployment/web")
	if !target.Dormant || target.Template.Labels["app"] != "front" || target.Least() != 2 || target.Template.Spec.TopologySpreadConstraints[0].LabelSelector.MatchLabels["app"] != "front" {
		t.Errorf("the target is %+v", target.Template)
	}
	for name, pods := range map[string]string{"web": "front-primary", "web-primary": "front-primary", "web-canary": "front"} {
		v := s.Service("shop", name)
		if v == nil || v.Spec.Selector["app"] != pods || len(v.Spec.Ports) != 2 || v.Spec.Ports[0].Port != 80 || v.Spec.Ports[1].Port != 9000 {
			t.Errorf("Service %s is %+v", name, v)
		}
	}
	if len(s.Objects) != 4 || len(s.Of("apps", "Deployment")) != 1 || s.Place(w.Object) != 0 {
		t.Errorf("what stands in files is %d objects", len(s.Objects))
	}
	if got := names(s.WithLabels("shop", map[string]string{"app": "front-primary"})); got != "Deployment/web-primary" {
		t.Errorf("found by its label: %q", got)
	}
}

func TestRolloutTakesOver(t *testing.T) {
	for down, left := range map[string]int32{"never": 3, "onsuccess": 0, "progressively": 0} {
		s := set(t, `
{apiVersion: argoproj.io/v1alpha1, kind: Rollout, metadata: {name: new}, spec: {replicas: 3, workloadRef: {apiVersion: apps/v1, kind: Deployment, name: old, scaleDown: `+down+`}, strategy: {canary: {}}}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: old}, spec: {replicas: 3, selector: {matchLabels: {app: web}}, template: `+pods+`}}
`)
		w := workload(t, s, "Rollout/new")
		if len(w.Template.Spec.Containers) != 1 || w.Selector == nil || w.Most() != 3 {
			t.Errorf("the Rollout has %+v", w.Template)
		}
		if got := names(s.WithLabels("", map[string]string{"tier": "front"})); got != "Deployment/old Rollout/new" {
			t.Errorf("found by their label: %q", got)
		}
		if most := workload(t, s, "Deployment/old").Most(); most != left {
			t.Errorf("%s leaves %d pods", down, most)
		}
	}
}

func TestCloudNativePG(t *testing.T) {
	s := set(t, `
{apiVersion: postgresql.cnpg.io/v1, kind: Cluster, metadata: {name: db, namespace: shop, labels: {app: shop}}, spec: {instances: 3, enableSuperuserAccess: true, inheritedMetadata: {labels: {team: a}}, managed: {services: {disabledDefaultServices: [ro]}}, resources: {requests: {cpu: 1}}}}
---
{apiVersion: postgresql.cnpg.io/v1, kind: Pooler, metadata: {name: pool, namespace: shop}, spec: {instances: 2, cluster: {name: db}, template: {spec: {containers: [{name: pgbouncer, resources: {requests: {cpu: 100m}}}]}}}}
`)
	w := workload(t, s, "Cluster/db")
	if w.Most() != 3 || w.Template.Labels["cnpg.io/cluster"] != "db" || w.Template.Labels["team"] != "a" || w.Template.Spec.Containers[0].Resources.Requests.Cpu().Value() != 1 {
		t.Errorf("instances are %+v", w.Template)
	}
	if len(s.Budgets) != 1 || s.Budgets[0].Spec.MaxUnavailable.IntVal != 1 || len(s.Selected("shop", s.Budgets[0].Spec.Selector)) != 1 {
		t.Errorf("the budget is %+v", s.Budgets)
	}
	var services []string
	for _, v := range s.Services {
		services = append(services, v.Name)
		if len(s.WithLabels("shop", v.Spec.Selector)) != 1 {
			t.Errorf("%s finds nobody", v.Name)
		}
	}
	if got := strings.Join(services, " "); got != "db-rw db-r pool" {
		t.Errorf("Services %s", got)
	}
	if p := workload(t, s, "Deployment/pool"); p.Most() != 2 || len(p.Template.Spec.Containers) != 1 || len(p.Template.Spec.Containers[0].Ports) != 2 || p.Template.Spec.Containers[0].Resources.Requests.Cpu().MilliValue() != 100 {
		t.Errorf("poolers are %+v", p.Template)
	}
	if k := s.Secret("shop", "db-app"); k == nil || k.Open || !slices.Contains(k.Keys, "uri") || k.MadeBy.Kind != "Cluster" {
		t.Errorf("the owner's Secret is %+v", k)
	}
	if s.Secret("shop", "db-superuser") == nil {
		t.Error("the superuser has no Secret")
	}
	lone := set(t, `{apiVersion: postgresql.cnpg.io/v1, kind: Cluster, metadata: {name: db}, spec: {bootstrap: {initdb: {secret: {name: own}}}}}`)
	if lone.Budgets[0].Spec.MinAvailable == nil || lone.Secret("", "db-app") != nil || lone.Secret("", "db-superuser") != nil {
		t.Error("a lone instance can't be evicted, and a password that was brought along is not made")
	}
	if off := set(t, `{apiVersion: postgresql.cnpg.io/v1, kind: Cluster, metadata: {name: db}, spec: {enablePDB: false}}`); len(off.Budgets) != 0 {
		t.Error("there is a budget that is turned off")
	}
}
