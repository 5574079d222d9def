package extension

import (
	"fmt"
	"reflect"
	"regexp"
	"strings"

	"k8s.io/apimachinery/pkg/api/validate/content"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/json"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
	"github.com/scantling/scantling/internal/load"
	"github.com/scantling/scantling/internal/shape"
)

// identity is what tells objects of one environment apart.
type identity struct{ group, kind, namespace, name string }

func identityOf(o generator.Object) identity {
	id := identity{kind: kube.Kind(o), namespace: o.GetNamespace(), name: o.GetName()}
	switch o := o.(type) {
	case interface{ GetObjectKind() schema.ObjectKind }:
		id.group = o.GetObjectKind().GroupVersionKind().Group
	case kube.Passthrough:
		version, _ := o["apiVersion"].(string)
		id.group = group(version)
	}
	return id
}

// group returns the group of an apiVersion; empty for the core one.
func group(apiVersion string) string {
	group, _, ok := strings.Cut(apiVersion, "/")
	if !ok {
		return ""
	}
	return group
}

// reader makes one object of what an extension comes to.
type reader struct {
	app    *app.App
	path   string
	node   *load.Node
	places map[string]diag.Pos
	found  []diag.Diagnostic
}

// fail adds an error about a path in the object, at the place of what stands there, else of what is around it.
func (r *reader) fail(rule, path, problem, want, help string) {
	if r.places == nil {
		r.places = map[string]diag.Pos{}
		r.node.Places(r.places, r.path)
	}
	whole := strings.TrimSuffix(r.path+"."+path, ".")
	at := whole
	for _, ok := r.places[at]; !ok && at != r.path; _, ok = r.places[at] {
		at = at[:strings.LastIndexAny(at, ".[")]
	}
	r.found = append(r.found, diag.Diagnostic{Rule: rule, Pos: r.places[at], Path: whole, Problem: problem, Want: want, Help: help})
}

// object reads the object, adds what is ours to it and holds it against its type; false: it is refused.
func (r *reader) object() (fields map[string]any, ok bool) {
	if r.node.Kind != load.Struct {
		r.fail("wrong-type", "", "an object is a struct", "apiVersion, kind, metadata and what the kind has", "")
		return nil, false
	}
	data, tooLarge := r.node.Data()
	if tooLarge != nil {
		r.fail("out-of-range", "", "a number in it is too large", "at most 19 digits", "")
		return nil, false
	}
	fields = data.(map[string]any)
	r.named(fields)
	if len(r.found) > 0 {
		return nil, false
	}
	meta := fields["metadata"].(map[string]any)
	r.own(fields, meta)
	r.shape(fields)
	return fields, len(r.found) == 0
}

// named sees to it that an object says what it is.
func (r *reader) named(fields map[string]any) {
	meta, _ := fields["metadata"].(map[string]any)
	for _, need := range []struct {
		path, example string
		value         any
		takes         func(text string) bool
		want          string
	}{
		{"apiVersion", `apiVersion: "v1"`, fields["apiVersion"], version.MatchString, "v1, or GROUP/VERSION"},
		{"kind", `kind: "ConfigMap"`, fields["kind"], kindName.MatchString, "a kind, such as ConfigMap"},
		{"metadata.name", `metadata: name: "\(app.name)-extra"`, meta["name"], isName, "at most 253 characters, and neither / nor %"},
	} {
		text, isText := need.value.(string)
		switch {
		case need.value == nil:
			r.fail("missing-field", "", need.path+" is missing", "", "add "+need.example)
		case !isText || text == "":
			r.fail("wrong-type", need.path, shape.Show(need.value)+" is not right here", "a text", need.example)
		case !need.takes(text):
			r.fail("wrong-type", need.path, shape.Show(text)+" is not right here", need.want, need.example)
		}
	}
}

var (
	kindName = regexp.MustCompile(`^[A-Z][A-Za-z0-9]{0,62}$`)
	version  = regexp.MustCompile(`^(v1|[a-z0-9]([-a-z0-9.]*[a-z0-9])?/[a-z]([-a-z0-9]*[a-z0-9])?)$`)
)

// isName takes what can be a name in the API's paths, and of a file.
func isName(text string) bool {
	return len(text) <= 253 && len(content.IsPathSegmentName(text)) == 0
}

// own makes the object the app's: it lies in the app's namespace and bears our labels, by which it is also removed again.
func (r *reader) own(fields, meta map[string]any) {
	kind := fields["kind"].(string)
	if clusterWide[group(fields["apiVersion"].(string))+" "+kind] {
		r.fail("extension-stays-in-namespace", "kind", fmt.Sprintf("a %s is of the whole cluster, and this is made once for each app", kind), "an object in the app's namespace", "")
	}
	if kind == "List" || strings.HasSuffix(kind, "List") && fields["items"] != nil {
		r.fail("extension-fits-kind", "kind", fmt.Sprintf("a %s hides the objects in it", kind), "each object by itself in objects", "")
	}
	switch namespace := meta["namespace"]; namespace {
	case nil:
		meta["namespace"] = r.app.Namespace
	case r.app.Namespace:
	default:
		r.fail("extension-stays-in-namespace", "metadata.namespace", shape.Show(namespace)+" is not the app's namespace", fmt.Sprintf("%q, or no namespace", r.app.Namespace), "")
	}
	if kind == "Secret" && (fields["data"] != nil || fields["stringData"] != nil) {
		r.fail("secret-in-plain-text", "kind", "a Secret would lie open in the manifests", "an ExternalSecret or a SealedSecret", "")
	}
	labels, isMap := meta["labels"].(map[string]any)
	if meta["labels"] != nil && !isMap {
		return // the type of metadata says so
	}
	if labels == nil {
		labels = map[string]any{}
	}
	ours := kube.Labels(*r.app)
	for _, name := range []string{kube.LabelInstance, kube.LabelPartOf, kube.LabelManagedBy, kube.LabelTier, kube.LabelOwner} {
		if have, ok := labels[name]; ok && have != any(ours[name]) {
			r.fail("extension-keeps-labels", "metadata.labels", fmt.Sprintf("label %s is ours to set", name), fmt.Sprintf("%q, or no such label", ours[name]), "")
		}
		labels[name] = ours[name]
	}
	meta["labels"] = labels
}

// shape holds the object against its type; of a kind that is none of Kubernetes' own, its metadata.
func (r *reader) shape(fields map[string]any) {
	var found []shape.Mismatch
	if t := typeOf(fields); t != nil {
		found = shape.Check(t, fields, "", false)
	} else {
		found = shape.Check(reflect.TypeFor[metav1.ObjectMeta](), fields["metadata"], "metadata", false)
	}
	for _, m := range found {
		r.fail("extension-fits-kind", m.Path, m.Problem, m.Want, m.Help)
	}
}

// typeOf returns the type of an object's kind; nil: it is none of Kubernetes' own.
func typeOf(fields map[string]any) reflect.Type {
	return native[fmt.Sprint(fields["apiVersion"], " ", fields["kind"])]
}

// typed returns the fields as an object of its type; where that is not known, or takes something else than the fields say, as a document.
func typed(fields map[string]any) generator.Object {
	t := typeOf(fields)
	if t == nil {
		return kube.Passthrough(fields)
	}
	v := reflect.New(t)
	text, err := json.Marshal(fields)
	if err == nil {
		err = json.Unmarshal(text, v.Interface())
	}
	o, ok := v.Interface().(generator.Object)
	if err != nil || !ok {
		return kube.Passthrough(fields)
	}
	return o
}
