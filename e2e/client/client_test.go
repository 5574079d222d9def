package client

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"
)

// TestDefine has a server whose definition is established before its list of kinds has the kind, as a real one's may be.
func TestDefine(t *testing.T) {
	var asked atomic.Int32 // for the kinds of the group
	answer := func(path string) string {
		switch {
		case strings.HasPrefix(path, "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"):
			return `{"kind": "CustomResourceDefinition", "apiVersion": "apiextensions.k8s.io/v1", "metadata": {"name": "apples.fruit.io"},
				"spec": {"group": "fruit.io", "names": {"kind": "Apple", "plural": "apples"}, "versions": [{"name": "v1", "served": true}, {"name": "v0"}]},
				"status": {"conditions": [{"type": "Established", "status": "True"}]}}`
		case path == "/apis" && asked.Load() > 0:
			return `{"kind": "APIGroupList", "apiVersion": "v1", "groups": [{"name": "fruit.io", "versions": [{"groupVersion": "fruit.io/v1", "version": "v1"}]}]}`
		case path == "/apis":
			return `{"kind": "APIGroupList", "apiVersion": "v1", "groups": []}`
		case path == "/apis/fruit.io/v1" && asked.Load() > 1:
			return `{"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": "fruit.io/v1", "resources": [{"name": "apples", "kind": "Apple", "namespaced": true, "verbs": ["get"]}]}`
		case path == "/apis/fruit.io/v1":
			return `{"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": "fruit.io/v1", "resources": []}`
		}
		return `{"kind": "APIVersions", "versions": []}` // of the core
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, answer(r.URL.Path))
		if strings.HasPrefix(r.URL.Path, "/apis") && !strings.HasPrefix(r.URL.Path, "/apis/apiextensions") {
			asked.Add(1)
		}
	}))
	defer server.Close()
	c, err := New(&rest.Config{Host: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	apple := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "fruit.io/v1", "kind": "Apple"}}
	if c.Knows(apple) {
		t.Fatal("the server does not know it yet")
	}
	err = c.Define(t.Context(), []*apiextensions.CustomResourceDefinition{{ObjectMeta: metav1.ObjectMeta{Name: "apples.fruit.io"}}})
	if err != nil {
		t.Fatal(err)
	}
	if !c.Knows(apple) {
		t.Error("it is defined, and not known")
	}
}

// TestApplyWaitsForQuota has a server that cannot write down at once what an object takes of a quota, and one that never can.
func TestApplyWaitsForQuota(t *testing.T) {
	for _, busy := range []int32{0, 2, 100} {
		var tried atomic.Int32
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			switch {
			case r.Method == http.MethodPatch && tried.Add(1) <= busy:
				w.WriteHeader(http.StatusConflict)
				fmt.Fprint(w, `{"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Conflict", "code": 409,
					"message": "Operation cannot be fulfilled on resourcequotas \"quota\"", "details": {"name": "quota", "kind": "resourcequotas"}}`)
			case r.Method == http.MethodPatch:
				fmt.Fprint(w, `{"kind": "Pod", "apiVersion": "v1", "metadata": {"name": "web"}}`)
			case r.URL.Path == "/api/v1":
				fmt.Fprint(w, `{"kind": "APIResourceList", "groupVersion": "v1", "resources": [{"name": "pods", "kind": "Pod", "namespaced": true, "verbs": ["patch"]}]}`)
			case r.URL.Path == "/apis":
				fmt.Fprint(w, `{"kind": "APIGroupList", "apiVersion": "v1", "groups": []}`)
			default:
				fmt.Fprint(w, `{"kind": "APIVersions", "versions": ["v1"]}`)
			}
		}))
		c, err := New(&rest.Config{Host: server.URL})
		if err != nil {
			t.Fatal(err)
		}
		pod := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "v1", "kind": "Pod", "metadata": map[string]any{"name": "web", "namespace": "shop"}}}
		kept, _, err := c.Apply(t.Context(), pod)
		if refused := busy > 10; refused != (err != nil) || !refused && kept.GetName() != "web" {
			t.Errorf("after %d conflicts: %v, %v", tried.Load(), kept, err)
		}
		server.Close()
	}
}
