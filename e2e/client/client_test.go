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
