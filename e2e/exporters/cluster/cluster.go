// Package cluster makes of rendered objects what a cluster would have of them: pods, and what their controllers write into a status, on a
// day on which all is well, and on one on which everything that alerts are about has happened.
package cluster

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/kubernetes/scheme"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	// Their defaults are those of the API server.
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	_ "k8s.io/kubernetes/pkg/apis/apps/install"
	_ "k8s.io/kubernetes/pkg/apis/autoscaling/install"
	_ "k8s.io/kubernetes/pkg/apis/batch/install"
	_ "k8s.io/kubernetes/pkg/apis/core/install"
	_ "k8s.io/kubernetes/pkg/apis/policy/install"
)

// Since is when all objects were made.
var Since = metav1.NewTime(time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC))

// A Cluster is what is there on one day.
type Cluster struct {
	Objects []runtime.Object             // of the kinds that Kubernetes ships
	Custom  []*unstructured.Unstructured // of all others
	Pods    []*corev1.Pod                // those of Objects

	troubled bool
}

// Read reads all manifests below a folder, but those below prometheus.d.
func Read(dir string) ([]*unstructured.Unstructured, error) {
	var all []*unstructured.Unstructured
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".yaml" {
			return err
		}
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		defer file.Close()
		decoder := yaml.NewYAMLOrJSONDecoder(file, 1<<16)
		for {
			o := &unstructured.Unstructured{}
			switch err := decoder.Decode(o); {
			case err == io.EOF:
				return nil
			case err != nil:
				return fmt.Errorf("%s: %w", path, err)
			default:
				all = append(all, o)
			}
		}
	})
	return all, err
}

// Days returns the two days of a set of rendered objects.
func Days(rendered []*unstructured.Unstructured) ([]*Cluster, error) {
	var days []*Cluster
	for _, troubled := range []bool{false, true} {
		c := &Cluster{troubled: troubled}
		for _, o := range rendered {
			if err := c.apply(o.DeepCopy()); err != nil {
				return nil, err
			}
		}
		if err := c.primaries(); err != nil {
			return nil, err
		}
		days = append(days, c)
	}
	return days, nil
}

// apply adds an object, and what its controller makes of it.
func (c *Cluster) apply(o *unstructured.Unstructured) error {
	if !scheme.Scheme.Recognizes(o.GroupVersionKind()) {
		c.Custom = append(c.Custom, o)
		return c.operate(o)
	}
	object, err := scheme.Scheme.New(o.GroupVersionKind())
	if err != nil {
		return err
	}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(o.Object, object); err != nil {
		return fmt.Errorf("%s %s: %w", o.GetKind(), o.GetName(), err)
	}
	c.control(object)
	return nil
}

// add adds an object as the API server would keep it.
func (c *Cluster) add(object runtime.Object) {
	legacyscheme.Scheme.Default(object)
	meta := object.(metav1.Object)
	meta.SetUID(types.UID(fmt.Sprintf("%T/%s/%s", object, meta.GetNamespace(), meta.GetName())))
	meta.SetCreationTimestamp(Since)
	c.Objects = append(c.Objects, object)
	if pod, ok := object.(*corev1.Pod); ok {
		c.Pods = append(c.Pods, pod)
	}
}

// OfKind are the objects of a kind.
func (c *Cluster) OfKind(kind string) []*unstructured.Unstructured {
	return slices.DeleteFunc(slices.Clone(c.Custom), func(o *unstructured.Unstructured) bool { return o.GetKind() != kind })
}

func name(parts ...string) string { return strings.Join(parts, "-") }
