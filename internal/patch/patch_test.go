package patch

import (
	"encoding/json"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/intstr"
	utiljson "k8s.io/apimachinery/pkg/util/json"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

var web = app.App{Name: "web", Namespace: "shop", Team: "shop", Tier: app.Standard, Kind: app.Service, Version: "1.0"}

// objects are what a generator would make of web.
func objects() []generator.Object {
	return []generator.Object{
		&appsv1.Deployment{
			TypeMeta:   kube.Type("apps/v1", "Deployment"),
			ObjectMeta: kube.Meta(web, "web"),
			Spec: appsv1.DeploymentSpec{
				Replicas: new(int32(2)),
				Selector: kube.Selector(web),
				Strategy: appsv1.DeploymentStrategy{Type: appsv1.RollingUpdateDeploymentStrategyType, RollingUpdate: &appsv1.RollingUpdateDeployment{MaxSurge: new(intstr.FromString("25%")), MaxUnavailable: new(intstr.FromInt32(0))}},
				Template: corev1.PodTemplateSpec{
					ObjectMeta: kube.Meta(web, ""),
					Spec: corev1.PodSpec{
						Containers: []corev1.Container{
							{Name: "web", Image: "registry.acme.io/web:1.0", Args: []string{"-v"}, Resources: corev1.ResourceRequirements{
								Requests: corev1.ResourceList{"cpu": *resource.NewMilliQuantity(250, resource.DecimalSI), "memory": *resource.NewQuantity(256<<20, resource.BinarySI)},
							}, Ports: []corev1.ContainerPort{{Name: "http", ContainerPort: 8080}}},
							{Name: "proxy", Image: "registry.acme.io/proxy:1.0"},
						},
						Volumes: []corev1.Volume{{Name: "tmp", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}}},
					},
				},
			},
		},
		&policyv1.PodDisruptionBudget{
			TypeMeta:   kube.Type("policy/v1", "PodDisruptionBudget"),
			ObjectMeta: kube.Meta(web, "web"),
			Spec:       policyv1.PodDisruptionBudgetSpec{MaxUnavailable: new(intstr.FromInt32(1)), Selector: kube.Selector(web)},
		},
		&kube.ServiceMonitor{TypeMeta: kube.Type("monitoring.coreos.com/v1", "ServiceMonitor"), ObjectMeta: kube.Meta(web, "web")},
		kube.Passthrough{"apiVersion": "bitnami.com/v1alpha1", "kind": "SealedSecret", "metadata": map[string]any{"name": "web-token", "namespace": "shop"}},
	}
}

// patchOf reads a patch of JSON, as resolve makes one of a spec; everything in it is on the line of its own number.
func patchOf(t *testing.T, target, text string) app.Patch {
	t.Helper()
	p := app.Patch{Path: "apps.web.patches[0]", Target: target, Pos: diag.Pos{File: "app.cue", Line: 1}, Places: map[string]diag.Pos{}}
	if strings.HasPrefix(text, "{") {
		if err := utiljson.Unmarshal([]byte(text), &p.Merge); err != nil {
			t.Fatal(err)
		}
		return p
	}
	var ops []map[string]any
	if err := utiljson.Unmarshal([]byte(text), &ops); err != nil {
		t.Fatal(err)
	}
	for _, op := range ops {
		word := func(name string) string { s, _ := op[name].(string); return s }
		p.Operations = append(p.Operations, app.Operation{Op: word("op"), Path: word("path"), From: word("from"), Value: op["value"]})
	}
	return p
}

// lines are the lines of an object as indented JSON.
func lines(t *testing.T, o any) []string {
	t.Helper()
	text, err := json.MarshalIndent(o, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for line := range strings.Lines(string(text)) {
		all = append(all, strings.TrimSuffix(strings.TrimSpace(line), ","))
	}
	return all
}

// diff returns the lines that only one of two objects has, with a sign.
func diff(t *testing.T, before, after any) string {
	t.Helper()
	count := map[string]int{}
	a, b := lines(t, before), lines(t, after)
	for _, l := range a {
		count[l]++
	}
	for _, l := range b {
		count[l]--
	}
	var out []string
	for _, side := range []struct {
		sign  string
		lines []string
		by    int
	}{{"-", a, 1}, {"+", b, -1}} {
		for _, l := range side.lines {
			if count[l]*side.by > 0 {
				count[l] -= side.by
				if strings.Trim(l, "{}[]") != "" {
					out = append(out, side.sign+l)
				}
			}
		}
	}
	return strings.Join(out, "\n")
}

// untouched holds that an object is the very same; of documents, which cannot be compared, that they say the same.
func untouched(t *testing.T, before, after generator.Object) {
	t.Helper()
	if _, ok := before.(kube.Passthrough); ok {
		if d := diff(t, before, after); d != "" {
			t.Errorf("a document has changed:\n%s", d)
		}
	} else if before != after {
		t.Errorf("%s is another object", kube.Kind(before))
	}
}

// TestApply holds what a patch does to one object, and that it does nothing else there or to others.
func TestApply(t *testing.T) {
	for name, c := range map[string]struct{ target, patch, want string }{
		"a new field": {"Deployment/web", `{"spec": {"minReadySeconds": 30}}`, `+"minReadySeconds": 30`},
		"a container, found by its name": {"Deployment/web", `{"spec": {"template": {"spec": {"containers": [{"name": "proxy", "image": "registry.acme.io/proxy:2.0"}]}}}}`,
			`-"image": "registry.acme.io/proxy:1.0"
+"image": "registry.acme.io/proxy:2.0"`},
		"a container more": {"Deployment/web", `{"spec": {"template": {"spec": {"containers": [{"name": "log", "image": "registry.acme.io/log:1"}]}}}}`,
			`+"name": "log"
+"image": "registry.acme.io/log:1"
+"resources": {}`},
		"a container less": {"Deployment/web", `{"spec": {"template": {"spec": {"containers": [{"name": "proxy", "$patch": "delete"}]}}}}`,
			`-"name": "proxy"
-"image": "registry.acme.io/proxy:1.0"
-"resources": {}`},
		"null removes": {"Deployment/web", `{"spec": {"template": {"spec": {"volumes": null}}}}`, "-\"volumes\": [\n-\"name\": \"tmp\"\n-\"emptyDir\": {}"},
		"other keys are not retained": {"Deployment/web", `{"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}}`,
			`-"type": "RollingUpdate"
-"rollingUpdate": {
-"maxUnavailable": 0
-"maxSurge": "25%"
+"type": "Recreate"`},
		"atomic lists are replaced": {"Deployment/web", `{"spec": {"template": {"spec": {"containers": [{"name": "web", "args": ["-q", "-x"]}]}}}}`, `-"-v"
+"-q"
+"-x"`},
		"quantities":                  {"Deployment/web", `{"spec": {"template": {"spec": {"containers": [{"name": "web", "resources": {"limits": {"memory": "1.5Gi"}}}]}}}}`, "+\"limits\": {\n+\"memory\": \"1536Mi\""},
		"a number or a text":          {"PodDisruptionBudget/web", `{"spec": {"maxUnavailable": "20%"}}`, "-\"maxUnavailable\": 1\n+\"maxUnavailable\": \"20%\""},
		"operations":                  {"Deployment/web", `[{"op": "test", "path": "/spec/replicas", "value": 2}, {"op": "replace", "path": "/spec/template/spec/containers/1/image", "value": "x:2"}, {"op": "add", "path": "/spec/template/spec/containers/0/args/-", "value": "-w"}]`, "-\"image\": \"registry.acme.io/proxy:1.0\"\n+\"-w\"\n+\"image\": \"x:2\""},
		"a field of a struct of ours": {"ServiceMonitor/web", `{"spec": {"sampleLimit": 1000}}`, "-\"sampleLimit\": 0\n+\"sampleLimit\": 1000"},
		"a field that we lack":        {"ServiceMonitor/web", `{"spec": {"bodySizeLimit": "1MB", "targetLabels": ["a"]}}`, "+\"bodySizeLimit\": \"1MB\"\n+\"targetLabels\": [\n+\"a\""},
		"an annotation with a dot":    {"Deployment/web", `{"metadata": {"annotations": {"acme.io/a": "b"}}}`, "+\"annotations\": {\n+\"acme.io/a\": \"b\""},
		"a document":                  {"SealedSecret/web-token", `{"spec": {"template": {"immutable": true}}}`, "+\"spec\": {\n+\"template\": {\n+\"immutable\": true"},
	} {
		t.Run(name, func(t *testing.T) {
			a := web
			a.Patches = []app.Patch{patchOf(t, c.target, c.patch)}
			before := objects()
			after, found := Apply(&a, before)
			if len(found) > 0 {
				t.Fatalf("%+v", found)
			}
			for i, o := range objects() {
				if d := diff(t, o, before[i]); d != "" {
					t.Errorf("what was given has changed:\n%s", d)
				}
				if kube.Kind(o)+"/"+o.GetName() != c.target {
					untouched(t, before[i], after[i])
				} else if got := diff(t, o, after[i]); got != c.want {
					t.Errorf("got\n%s\nwant\n%s", got, c.want)
				}
			}
		})
	}
}

// TestRefused holds what is said about a patch that cannot be made.
func TestRefused(t *testing.T) {
	for name, c := range map[string]struct{ target, patch, want string }{
		"no such object":                    {"Deployment/wbe", `{"spec": {}}`, `apps.web.patches[0].target: no Deployment/wbe is rendered for this app [patch-finds-object] Deployment/web; did you mean "Deployment/web"?`},
		"the namespace":                     {"ResourceQuota/shop", `{"spec": {}}`, `apps.web.patches[0].target: no ResourceQuota/shop is rendered for this app [patch-finds-object] Deployment/web, PodDisruptionBudget/web, ServiceMonitor/web or SealedSecret/web-token; what a namespace holds beside its apps is of all of them, so no app may patch it`},
		"no effect":                         {"Deployment/web", `{"spec": {"replicas": 2}}`, `apps.web.patches[0].patch: this changes nothing: Deployment/web is so already [patch-has-effect] ; remove the patch`},
		"nothing removed":                   {"Deployment/web", `{"spec": {"template": {"spec": {"containers": [{"name": "gone", "$patch": "delete"}]}}}}`, `apps.web.patches[0].patch: this changes nothing: Deployment/web is so already [patch-has-effect] ; remove the patch`},
		"unknown field":                     {"Deployment/web", `{"spec": {"minReadySecond": 30}}`, `apps.web.patches[0].patch.spec.minReadySecond: unknown field "minReadySecond" [patch-fits-object] minReadySeconds, paused, progressDeadlineSeconds, replicas, revisionHistoryLimit, selector, strategy or template; did you mean "minReadySeconds"?`},
		"a text for a number":               {"Deployment/web", `{"spec": {"replicas": "3"}}`, `apps.web.patches[0].patch.spec.replicas: "3" is not a whole number [patch-fits-object] ; remove the quotes: replicas: 3`},
		"a number for a text":               {"Deployment/web", `{"metadata": {"annotations": {"a": 1}}}`, `apps.web.patches[0].patch.metadata.annotations.a: 1 is not a text [patch-fits-object] ; add quotes: a: "1"`},
		"a number with a point":             {"Deployment/web", `{"spec": {"replicas": 3.0}}`, `apps.web.patches[0].patch.spec.replicas: 3.0 is not a whole number [patch-fits-object] ; `},
		"a number among texts":              {"Deployment/web", `{"spec": {"template": {"spec": {"containers": [{"name": "web", "args": ["-v", 1]}]}}}}`, `apps.web.patches[0].patch.spec.template.spec.containers[0].args[1]: 1 is not a text [patch-fits-object] ; add quotes: "1"`},
		"too large":                         {"Deployment/web", `{"spec": {"replicas": 3000000000}}`, `apps.web.patches[0].patch.spec.replicas: 3000000000 does not fit [patch-fits-object] a whole number up to 2147483647; `},
		"no quantity":                       {"Deployment/web", `{"spec": {"template": {"spec": {"containers": [{"name": "web", "resources": {"limits": {"memory": "much"}}}]}}}}`, `apps.web.patches[0].patch.spec.template.spec.containers[0].resources.limits.memory: "much" is not right here [patch-fits-object] a quantity, such as "500m" or "1Gi"; `},
		"no key":                            {"Deployment/web", `{"spec": {"template": {"spec": {"containers": [{"image": "x"}]}}}}`, `apps.web.patches[0].patch.spec.template.spec.containers[0]: nothing says which element this is: it has no name [patch-fits-object] name, by which the elements of this list are told apart; `},
		"a struct for a list":               {"Deployment/web", `{"spec": {"template": {"spec": {"containers": {"web": {}}}}}}`, `apps.web.patches[0].patch.spec.template.spec.containers: a struct is not a list [patch-fits-object] ; `},
		"unknown directive":                 {"Deployment/web", `{"spec": {"$ptch": "delete"}}`, `apps.web.patches[0].patch.spec.$ptch: unknown directive "$ptch" [patch-fits-object] $patch, $retainKeys, $setElementOrder/ or $deleteFromPrimitiveList/; `},
		"another name":                      {"Deployment/web", `{"metadata": {"name": "other"}}`, `apps.web.patches[0].patch.metadata.name: metadata.name of Deployment/web must stay as it is [patch-keeps-object] "web"; `},
		"another owner":                     {"Deployment/web", `{"metadata": {"labels": {"app.kubernetes.io/managed-by": "hand"}}}`, `apps.web.patches[0].patch.metadata.labels."app.kubernetes.io/managed-by": metadata.labels."app.kubernetes.io/managed-by" of Deployment/web must stay as it is [patch-keeps-object] "scantling"; `},
		"another selector":                  {"Deployment/web", `[{"op": "add", "path": "/spec/selector/matchLabels/a", "value": "b"}]`, `apps.web.patches[0].patch[0]: spec.selector of Deployment/web must stay as it is [patch-keeps-object] ; `},
		"nothing left":                      {"Deployment/web", `[{"op": "remove", "path": "/metadata"}]`, `apps.web.patches[0].patch[0]: metadata.name of Deployment/web must stay as it is [patch-keeps-object] "web"; `},
		"labels of a kind that is not ours": {"ServiceMonitor/web", `{"metadata": {"annotations": {"a": true}}}`, `apps.web.patches[0].patch.metadata.annotations.a: true is not a text [patch-fits-object] ; add quotes: a: "true"`},
		"everything deleted":                {"Deployment/web", `{"$patch": "delete"}`, `apps.web.patches[0].patch.apiVersion: apiVersion of Deployment/web must stay as it is [patch-keeps-object] "apps/v1"; `},
		"another kind":                      {"ServiceMonitor/web", `{"kind": "Nothing"}`, `apps.web.patches[0].patch.kind: kind of ServiceMonitor/web must stay as it is [patch-keeps-object] "ServiceMonitor"; `},
		"no such path":                      {"Deployment/web", `[{"op": "replace", "path": "/spec/strategy/rolling/maxSurge", "value": 1}]`, `apps.web.patches[0].patch[0]: there is no /spec/strategy/rolling; /spec/strategy has rollingUpdate and type [patch-is-possible] ; `},
		"no such index":                     {"Deployment/web", `[{"op": "remove", "path": "/spec/replicas"}, {"op": "remove", "path": "/spec/template/spec/containers/2"}]`, `apps.web.patches[0].patch[1]: there is no /spec/template/spec/containers/2; the list has 2 elements [patch-is-possible] ; `},
		"test fails":                        {"Deployment/web", `[{"op": "test", "path": "/spec/replicas", "value": 3}]`, `apps.web.patches[0].patch[0]: /spec/replicas is 2, not 3 [patch-is-possible] ; `},
		"a result of the wrong type": {"Deployment/web", `[{"op": "remove", "path": "/spec/replicas"}, {"op": "add", "path": "/spec/template/spec/containers/0/imag", "value": "x"}]`,
			`apps.web.patches[0].patch[1]: spec.template.spec.containers[0].imag: unknown field "imag" [patch-fits-object] ; did you mean "image"?`},
	} {
		t.Run(name, func(t *testing.T) {
			a := web
			a.Patches = []app.Patch{patchOf(t, c.target, c.patch)}
			before := objects()
			after, found := Apply(&a, before)
			var got []string
			for _, d := range found {
				got = append(got, d.Path+": "+d.Problem+" ["+d.Rule+"] "+d.Want+"; "+d.Help)
			}
			if strings.Join(got, "\n") != c.want {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), c.want)
			}
			for i := range before {
				untouched(t, before[i], after[i])
			}
		})
	}
}

// TestTargetWithoutHash: a name that ends in a hash is another with each image, so a patch need not know it; of two it would be a guess.
func TestTargetWithoutHash(t *testing.T) {
	named := func(name string) generator.Object {
		return kube.Passthrough{"apiVersion": "batch/v1", "kind": "Job", "metadata": map[string]any{"name": name, "namespace": "shop"}}
	}
	for target, c := range map[string]struct {
		names string
		want  int
	}{
		"Job/web-migrate":          {"web-migrate-0df6559f", 0},
		"Job/web-migrate-0df6559f": {"web-migrate-0df6559f", 0},
		"Job/web":                  {"web-migrate web-0df6559f web", 2},
		"Job/web-load":             {"web-load-0df6559f web-load-1df6559f", -1},
		"Job/web-seed":             {"web-seed-0df6559 web-seed-0df6559g", -1},
	} {
		var all []generator.Object
		for name := range strings.FieldsSeq(c.names) {
			all = append(all, named(name))
		}
		r := report{patch: patchOf(t, target, `{"spec": {}}`)}
		if got := r.target(all, "shop"); got != c.want || (got < 0) != (len(r.found) > 0) {
			t.Errorf("%s among %s is the object at %d, want %d; said: %v", target, c.names, got, c.want, r.found)
		}
	}
}
