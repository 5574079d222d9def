package inventory_test

import (
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/scantling/scantling/internal/inventory"
)

func names(all []*inventory.Workload) string {
	var short []string
	for _, w := range all {
		short = append(short, w.Short())
	}
	slices.Sort(short)
	return strings.Join(short, " ")
}

func TestSelected(t *testing.T) {
	s := set(t, `
{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: shop}, spec: {template: `+pods+`}}
---
{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: db, namespace: shop}, spec: {template: {metadata: {labels: {app: db}}}}}
---
{apiVersion: batch/v1, kind: CronJob, metadata: {name: night, namespace: shop}, spec: {jobTemplate: {spec: {template: {metadata: {labels: {app: web}}}}}}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: other}, spec: {template: `+pods+`}}
`)
	in := func(operator metav1.LabelSelectorOperator, key string, values ...string) *metav1.LabelSelector {
		return &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: key, Operator: operator, Values: values}}}
	}
	for _, c := range []struct {
		selector *metav1.LabelSelector
		want     string
	}{
		{nil, ""},
		{&metav1.LabelSelector{}, "CronJob/night Deployment/web StatefulSet/db"},
		{&metav1.LabelSelector{MatchLabels: map[string]string{"app": "web"}}, "CronJob/night Deployment/web"},
		{&metav1.LabelSelector{MatchLabels: map[string]string{"app": "web", "tier": "front"}}, "Deployment/web"},
		{&metav1.LabelSelector{MatchLabels: map[string]string{"app": "web", "tier": "back"}}, ""},
		{in("In", "app", "db", "x"), "StatefulSet/db"},
		{in("NotIn", "app", "db"), "CronJob/night Deployment/web"},
		{in("Exists", "tier"), "Deployment/web"},
		{in("DoesNotExist", "tier"), "CronJob/night StatefulSet/db"},
		{in("Like", "app", "w*"), ""},
		{in("In", "app"), ""},
	} {
		if got := names(s.Selected("shop", c.selector)); got != c.want {
			t.Errorf("%v selects %q, want %q", c.selector, got, c.want)
		}
	}
	if got := names(s.In("other")); got != "Deployment/web" {
		t.Errorf("in other there are %q", got)
	}
}

func TestServes(t *testing.T) {
	s := set(t, `
{apiVersion: v1, kind: Pod, metadata: {name: lone}, spec: {containers: [{name: a, image: a}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: check, annotations: {helm.sh/hook: test}}, spec: {containers: [{name: a, image: a}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: once}, spec: {restartPolicy: Never, containers: [{name: a, image: a}]}}
---
{apiVersion: batch/v1, kind: Job, metadata: {name: job}}
---
{apiVersion: batch/v1, kind: CronJob, metadata: {name: cron}}
---
{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: every}}
`)
	var serving []*inventory.Workload
	for _, w := range s.Workloads {
		if w.Serves() {
			serving = append(serving, w)
		}
	}
	if got := names(serving); got != "DaemonSet/every Pod/lone" {
		t.Errorf("%q serve", got)
	}
}
