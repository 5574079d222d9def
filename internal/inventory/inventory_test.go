package inventory_test

import (
	"testing"

	"github.com/scantling/scantling/internal/inventory"
	"github.com/scantling/scantling/internal/manifest"
)

// set reads manifests.
func set(t *testing.T, text string) *inventory.Set {
	t.Helper()
	objects, err := manifest.Parse("objects.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return inventory.New(objects)
}

// pods are the labels and the container of the templates of these tests.
const pods = `{metadata: {labels: {app: web, tier: front}}, spec: {containers: [{name: web, image: web, ports: [{name: http, containerPort: 8080}]}]}}`

// workload finds one by its kind and name.
func workload(t *testing.T, s *inventory.Set, short string) *inventory.Workload {
	t.Helper()
	for _, w := range s.Workloads {
		if w.Short() == short {
			return w
		}
	}
	t.Fatalf("there is no %s", short)
	return nil
}

func TestLookups(t *testing.T) {
	s := set(t, `
{apiVersion: v1, kind: Namespace, metadata: {name: shop, namespace: stray}}
---
{apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: web, namespace: shop}, data: {b: "1"}, binaryData: {a: aGk=}}
---
{apiVersion: v1, kind: Secret, metadata: {name: web, namespace: shop}, stringData: {password: hunter2}}
---
{apiVersion: example.com/v1, kind: Other, metadata: {name: web, namespace: shop}, spec: {a: 1}}
`)
	if s.Namespace("shop") == nil {
		t.Error("a namespace that states a namespace is not found")
	}
	if s.Service("shop", "web") == nil || s.Service("other", "web") != nil || s.Service("shop", "api") != nil {
		t.Error("a Service is found by its namespace and name, and by nothing else")
	}
	if k := s.Config("shop", "web"); k == nil || len(k.Keys) != 2 || k.Keys[0] != "a" {
		t.Errorf("the keys of the ConfigMap are %+v", k)
	}
	if k := s.Secret("shop", "web"); k == nil || !k.Literal {
		t.Errorf("the Secret is %+v", k)
	}
	if other := s.Of("example.com", "Other"); len(other) != 1 || other[0].Fields == nil {
		t.Error("kinds that are not decoded keep their fields")
	}
}

func TestRepeated(t *testing.T) {
	s := set(t, `
{apiVersion: v1, kind: Service, metadata: {name: web}}
---
{apiVersion: v1, kind: Service, metadata: {name: web}}
---
{apiVersion: batch/v1, kind: Job, metadata: {generateName: one-}}
---
{apiVersion: batch/v1, kind: Job, metadata: {generateName: one-}}
`)
	if len(s.Objects) != 4 || len(s.Repeated) != 1 || len(s.Services) != 1 || len(s.Workloads) != 2 {
		t.Errorf("%d objects, %d repeated, %d Services, %d Jobs", len(s.Objects), len(s.Repeated), len(s.Services), len(s.Workloads))
	}
	if s.Place(s.Repeated[0]) != 1 {
		t.Errorf("the second one stands at %d", s.Place(s.Repeated[0]))
	}
}

func TestUnreadable(t *testing.T) {
	for text, want := range map[string]string{
		`{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: "3"}}`:                     "spec.replicas is of type string, and not int32",
		`{apiVersion: v1, kind: Service, metadata: {name: web, labels: {release: 2}}}`:                              "metadata.labels is of type number, and not string",
		`{apiVersion: example.com/v1, kind: Other, metadata: {name: web, annotations: {yes: true}}}`:                "metadata.annotations is of type bool, and not string",
		`{apiVersion: v1, kind: Namespace, metadata: {name: web, labels: [a]}}`:                                     "metadata.labels is of type array, and not map[string]string",
		`{apiVersion: v1, kind: ResourceQuota, metadata: {name: web}, spec: {hard: {cpu: many}}}`:                   "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
		`{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {template: {spec: {containers: 1}}}}`: "spec.template.spec.containers is of type number, and not []v1.Container",
		`{apiVersion: v1, kind: Secret, metadata: {name: web}, data: {user: d2Vi, password: not in base64}}`:        "data.password is not in base64",
		`{apiVersion: v1, kind: Secret, metadata: {name: web}, data: {password: [c2VjcmV0]}}`:                       "data.password is not in base64",
		`{apiVersion: v1, kind: Pod, metadata: {name: web}, spec: {volumes: [{name: a, fc: {lun: "1"}}]}}`:          "spec.volumes.fc.lun is of type string, and not int32",
	} {
		s := set(t, text)
		if len(s.Unreadable) != 1 || s.Unreadable[0].Text != want {
			t.Errorf("%s: %+v", text, s.Unreadable)
		}
		if len(s.Workloads)+len(s.Services)+len(s.Quotas) > 0 {
			t.Errorf("%s is in a list of its kind", text)
		}
	}
}
