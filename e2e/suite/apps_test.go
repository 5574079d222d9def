package suite

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/scantling/scantling/e2e/client"
	"github.com/scantling/scantling/e2e/render"
)

// platform is that of the apps below. The pause between pods of a rollout is a second instead of 15: the rest is as for users.
const platform = `package e2e
platform: {
	environments: prod: {
		kubernetes: "1.34"
		zones: ["zone-a", "zone-b", "zone-c"]
		nodeAutoscaling: true
		capabilities: ["externalsecrets"]
		secretStore: {name: "vault", kind: "ClusterSecretStore"}
		apiServerCIDRs: ["10.0.0.1/32"]
		storageClasses: {retain: "ssd-retain", delete: "ssd"}
	}
	tiers: {critical: minReadySeconds: 1, standard: minReadySeconds: 1}
}
`

const (
	image  = "registry.acme.io/shop/app:1.0"
	digest = "@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
)

// project is an app under test: its spec on disk, and what it rendered to last.
type project struct {
	rendered
	dir, name string
}

// newProject writes the spec of an app in the namespace of its own name. What it has in the cluster is removed after the test.
func newProject(t *testing.T, platform, name, fields string) *project {
	t.Helper()
	p := &project{dir: t.TempDir(), name: name}
	write(t, filepath.Join(p.dir, "platform.cue"), platform)
	p.write(t, fields)
	p.render(t)
	t.Cleanup(func() {
		if err := remove(context.Background(), p.rendered); err != nil {
			t.Error(err)
		}
	})
	return p
}

func (p *project) write(t *testing.T, fields string) {
	t.Helper()
	write(t, filepath.Join(p.dir, "app.cue"), fmt.Sprintf("package e2e\napps: %s: {team: %q\n%s\n}\n", p.name, p.name, fields))
}

// deploy renders an app and applies it, and waits until it runs.
func deploy(t *testing.T, name, fields string) *project {
	t.Helper()
	p := newProject(t, platform, name, fields)
	p.apply(t)
	p.runs(t)
	return p
}

// runs waits until everything of the project does.
func (p *project) runs(t *testing.T) {
	t.Helper()
	j := &judgement{patience: patience}
	j.running(t.Context(), p.rendered)
	j.none(t)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

func (p *project) render(t *testing.T) {
	t.Helper()
	var err error
	if p.objects, err = world.scantling.Objects(t.Context(), p.dir, "prod"); err != nil {
		t.Fatal(err)
	}
}

func (p *project) apply(t *testing.T) {
	t.Helper()
	for _, o := range p.objects {
		if _, _, err := world.client.Apply(t.Context(), o); err != nil {
			t.Fatalf("%s: %v", describe(o), err)
		}
	}
}

// release changes the image in the spec, renders and applies: how a team ships.
func (p *project) release(t *testing.T, from, to string) {
	t.Helper()
	path := filepath.Join(p.dir, "app.cue")
	spec, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(spec), from, to, 1)
	if changed == string(spec) {
		t.Fatalf("the spec has no image %s", from)
	}
	write(t, path, changed)
	p.render(t)
	p.apply(t)
}

// workload is the project's Deployment.
func (p *project) workload() *unstructured.Unstructured { return p.find("Deployment", p.name) }

// written reads a file of testdata/textbook into a namespace.
func written(t *testing.T, file, namespace string) rendered {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "textbook", file))
	if err != nil {
		t.Fatal(err)
	}
	r := rendered{name: file}
	if r.objects, err = render.Decode(data); err != nil {
		t.Fatal(err)
	}
	for _, o := range r.objects {
		switch o.GetKind() {
		case "StorageClass": // belongs to no namespace
		case "Namespace":
			o.SetName(namespace)
		default:
			o.SetNamespace(namespace)
		}
	}
	return r
}

// textbook applies a file of testdata/textbook in a namespace of its own, and returns what the server refused.
func textbook(t *testing.T, file, namespace string) (rendered, error) {
	t.Helper()
	r := written(t, file, namespace)
	return r, bring(t, r)
}

// bring applies what somebody else has written, and removes it after the test.
func bring(t *testing.T, r rendered) error {
	t.Helper()
	if err := foreignNamespaces(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := remove(context.Background(), r); err != nil {
			t.Error(err)
		}
	})
	for _, o := range r.objects {
		if _, _, err := world.client.Apply(t.Context(), o); err != nil {
			return err
		}
	}
	return nil
}

// accepted is textbook for files that the server takes.
func accepted(t *testing.T, file, namespace string) rendered {
	t.Helper()
	r, err := textbook(t, file, namespace)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return r
}

// pods lists those of a namespace that are not being deleted.
func pods(t *testing.T, namespace string) []corev1.Pod {
	t.Helper()
	list, err := world.client.CoreV1().Pods(namespace).List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var living []corev1.Pod
	for _, p := range list.Items {
		if p.DeletionTimestamp == nil {
			living = append(living, p)
		}
	}
	return living
}

func isReady(p corev1.Pod) bool {
	for _, c := range p.Status.Conditions {
		if c.Type == corev1.PodReady {
			return c.Status == corev1.ConditionTrue
		}
	}
	return false
}

// waitReady waits until a namespace has as many ready pods.
func waitReady(t *testing.T, namespace string, want int) {
	t.Helper()
	until(t, func() (bool, string) {
		got := 0
		for _, p := range pods(t, namespace) {
			if isReady(p) {
				got++
			}
		}
		return got == want, "not as many pods are ready as wanted"
	})
}

func until(t *testing.T, ok func() (bool, string)) {
	t.Helper()
	if err := client.Until(t.Context(), patience, ok); err != nil {
		t.Fatal(err)
	}
}

// shell runs a line of the shell in which kubectl speaks to the cluster.
func shell(t *testing.T, line, stdin string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	sh := world.cluster.Shell(ctx, line)
	sh.Stdin = strings.NewReader(stdin)
	if out, err := sh.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", line, err, out)
	}
}
