// Package client speaks to a cluster as kubectl does, about objects of any kind.
package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apiextensionsclient "k8s.io/apiextensions-apiserver/pkg/client/clientset/clientset"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/util/retry"
)

// Manager is the field manager that objects are applied as, as a delivery tool would have one.
const Manager = "scantling"

// Client is a connection to one cluster.
type Client struct {
	kubernetes.Interface
	any    dynamic.Interface
	crds   apiextensionsclient.Interface
	mapper *restmapper.DeferredDiscoveryRESTMapper
}

// New connects.
func New(config *rest.Config) (*Client, error) {
	config = rest.CopyConfig(config)
	config.WarningHandlerWithContext = warnings{}
	typed, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	untyped, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	crds, err := apiextensionsclient.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	mapper := restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(typed.Discovery()))
	return &Client{Interface: typed, any: untyped, crds: crds, mapper: mapper}, nil
}

// resource is where objects like o live.
func (c *Client) resource(o *unstructured.Unstructured) (dynamic.ResourceInterface, error) {
	kind := o.GroupVersionKind()
	m, err := c.mapper.RESTMapping(kind.GroupKind(), kind.Version)
	if err != nil {
		return nil, err
	}
	if m.Scope.Name() == meta.RESTScopeNameRoot {
		return c.any.Resource(m.Resource), nil
	}
	return c.any.Resource(m.Resource).Namespace(o.GetNamespace()), nil
}

// Knows reports whether the cluster serves an object's kind.
func (c *Client) Knows(o *unstructured.Unstructured) bool {
	_, err := c.resource(o)
	return err == nil
}

// Apply is kubectl apply --server-side --validate=strict: it returns the object as the server keeps it, and what kubectl would
// warn about.
func (c *Client) Apply(ctx context.Context, o *unstructured.Unstructured) (kept *unstructured.Unstructured, warned []string, err error) {
	ctx = context.WithValue(ctx, warnings{}, &warned)
	kept, err = c.apply(ctx, o, metav1.PatchOptions{})
	return kept, warned, err
}

// Force is Apply that takes over the fields which others manage, as delivery tools do.
func (c *Client) Force(ctx context.Context, o *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	return c.apply(ctx, o, metav1.PatchOptions{Force: new(true)})
}

// DryRun returns what Apply would, and changes nothing.
func (c *Client) DryRun(ctx context.Context, o *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	return c.apply(ctx, o, metav1.PatchOptions{DryRun: []string{metav1.DryRunAll}})
}

func (c *Client) apply(ctx context.Context, o *unstructured.Unstructured, opts metav1.PatchOptions) (*unstructured.Unstructured, error) {
	r, err := c.resource(o)
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(o.Object)
	if err != nil {
		return nil, err
	}
	opts.FieldManager, opts.FieldValidation = Manager, metav1.FieldValidationStrict
	var kept *unstructured.Unstructured
	err = retry.OnError(retry.DefaultBackoff, counting, func() (err error) {
		kept, err = r.Patch(ctx, o.GetName(), types.ApplyPatchType, body, opts)
		return err
	})
	return kept, err
}

// counting reports whether the server could not write down what an object takes of a quota, because what others take was written at the
// same time: it gives up after some tries of its own.
func counting(err error) bool {
	var status apierrors.APIStatus
	return errors.As(err, &status) && apierrors.IsConflict(err) && status.Status().Details != nil && status.Status().Details.Kind == "resourcequotas"
}

// warnings keeps the server's warnings in the list that the request's context carries; others concern nobody here.
type warnings struct{}

// HandleWarningHeaderWithContext implements rest.WarningHandlerWithContext.
func (warnings) HandleWarningHeaderWithContext(ctx context.Context, _ int, _, text string) {
	if kept, ok := ctx.Value(warnings{}).(*[]string); ok {
		*kept = append(*kept, text)
	}
}

// Get returns the server's copy of an object.
func (c *Client) Get(ctx context.Context, o *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	r, err := c.resource(o)
	if err != nil {
		return nil, err
	}
	return r.Get(ctx, o.GetName(), metav1.GetOptions{})
}

// Patch merges fields into an object, as somebody else than the delivery tool.
func (c *Client) Patch(ctx context.Context, o *unstructured.Unstructured, fields string) error {
	r, err := c.resource(o)
	if err != nil {
		return err
	}
	_, err = r.Patch(ctx, o.GetName(), types.MergePatchType, []byte(fields), metav1.PatchOptions{})
	return err
}

// Delete removes an object and, later, what belongs to it. It is no error if it isn't there.
func (c *Client) Delete(ctx context.Context, o *unstructured.Unstructured) error {
	r, err := c.resource(o)
	if err != nil {
		return err
	}
	err = r.Delete(ctx, o.GetName(), metav1.DeleteOptions{PropagationPolicy: new(metav1.DeletePropagationBackground)})
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}

// Define makes third-party kinds known and waits until they are served and discovered, which is later: a definition that is
// established may be missing from the server's list of kinds for a moment.
func (c *Client) Define(ctx context.Context, definitions []*apiextensions.CustomResourceDefinition) error {
	crds := c.crds.ApiextensionsV1().CustomResourceDefinitions()
	for _, d := range definitions {
		if _, err := crds.Create(ctx, d, metav1.CreateOptions{}); err != nil && !apierrors.IsAlreadyExists(err) {
			return fmt.Errorf("defining %s: %w", d.Name, err)
		}
	}
	for _, d := range definitions {
		err := Until(ctx, time.Minute, func() (bool, string) {
			got, err := crds.Get(ctx, d.Name, metav1.GetOptions{})
			if err != nil || !established(got) {
				return false, fmt.Sprintf("%s is not served (%v)", d.Name, err)
			}
			if err := c.discovered(got); err != nil {
				c.mapper.Reset() // it asks a server once, and keeps what it heard
				return false, fmt.Sprintf("%s is not discovered: %v", d.Name, err)
			}
			return true, ""
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// discovered looks for every served version of a kind in the server's list.
func (c *Client) discovered(d *apiextensions.CustomResourceDefinition) error {
	for _, v := range d.Spec.Versions {
		if !v.Served {
			continue
		}
		if _, err := c.mapper.RESTMapping(schema.GroupKind{Group: d.Spec.Group, Kind: d.Spec.Names.Kind}, v.Name); err != nil {
			return err
		}
	}
	return nil
}

func established(d *apiextensions.CustomResourceDefinition) bool {
	for _, c := range d.Status.Conditions {
		if c.Type == apiextensions.Established && c.Status == apiextensions.ConditionTrue {
			return true
		}
	}
	return false
}

// Until asks ten times a second until ok, and fails with the last reason after the given time.
func Until(ctx context.Context, patience time.Duration, ok func() (bool, string)) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		done, why := ok()
		if done {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("after %s: %s", patience, why)
		case <-time.After(100 * time.Millisecond):
		}
	}
}
