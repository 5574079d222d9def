// Package score asks kube-score, which shares no code and no author with Scantling, for its opinion of the rendered objects.
package score

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os/exec"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/kubernetes/scheme"

	"github.com/scantling/scantling/e2e/judge/manifest"
	"github.com/scantling/scantling/e2e/judge/tool"
)

// warning is the best grade that kube-score still complains about; 1 is critical, 10 is fine.
const warning = 5

// An opinion is what kube-score prints about one object.
type opinion struct {
	TypeMeta   metav1.TypeMeta   `json:"type_meta"`
	ObjectMeta metav1.ObjectMeta `json:"object_meta"`
	Checks     []struct {
		Check    struct{ ID string }
		Grade    int
		Skipped  bool
		Comments []struct{ Path, Summary string }
	}
}

// Scorer is a built kube-score.
type Scorer struct{ binary string }

// Build builds kube-score from its own module, beside what earlier runs built.
func Build() (Scorer, error) {
	binary, err := tool.Build("kube-score", "score/tool", "github.com/zegl/kube-score/cmd/kube-score")
	return Scorer{binary}, err
}

// operators are whose objects are not ours to mend. They are shown for the policies and Services that select them.
var operators = []string{"cnpg"}

// Judge reports everything that kube-score calls critical or warns about, by the id of its check.
func (s Scorer) Judge(docs []manifest.Document) ([]manifest.Finding, error) {
	var native bytes.Buffer
	foreign := map[string]bool{}
	for _, d := range docs {
		if controller, made := strings.CutPrefix(d.File, manifest.MadeBy); made && slices.Contains(operators, controller) {
			foreign[d.String()] = true
		}
		d, err := familiar(d)
		if err != nil {
			return nil, err
		}
		if scheme.Scheme.Recognizes(d.GroupVersionKind()) {
			fmt.Fprintf(&native, "---\n%s\n", d.Text)
		}
	}
	// The oldest Kubernetes that Scantling renders for; it decides which API versions count as stable.
	cmd := exec.Command(s.binary, "score", "--output-format", "json", "--kubernetes-version", "v1.31", "-")
	var stderr bytes.Buffer
	cmd.Stdin, cmd.Stderr = &native, &stderr
	stdout, failed := cmd.Output() // exit code 1 says no more than the findings do
	var opinions []opinion
	if err := json.Unmarshal(stdout, &opinions); err != nil {
		return []manifest.Finding{{Rule: "unreadable", Object: "the set", Detail: fmt.Sprint(failed, ": ", strings.TrimSpace(stderr.String()))}}, nil
	}
	var findings []manifest.Finding
	for _, o := range opinions {
		for _, check := range o.Checks {
			if check.Skipped || check.Grade > warning {
				continue
			}
			object := o.TypeMeta.Kind + " " + o.ObjectMeta.Namespace + "/" + o.ObjectMeta.Name
			if foreign[object] {
				continue
			}
			for _, c := range check.Comments {
				findings = append(findings, manifest.Finding{Rule: check.Check.ID, Object: object, Detail: strings.TrimPrefix(c.Path+": "+c.Summary, ": ")})
			}
		}
	}
	return findings, nil
}

// familiar shows a Rollout as the Deployment that it replaces, which is all that kube-score knows.
func familiar(d manifest.Document) (manifest.Document, error) {
	object := d.DeepCopy()
	switch {
	case d.GroupVersionKind().Group == "argoproj.io" && d.GetKind() == "Rollout":
		object.SetAPIVersion("apps/v1")
		object.SetKind("Deployment")
		unstructured.RemoveNestedField(object.Object, "spec", "strategy")
	case d.GetKind() == "HorizontalPodAutoscaler":
		if kind, _, _ := unstructured.NestedString(object.Object, "spec", "scaleTargetRef", "kind"); kind != "Rollout" {
			return d, nil
		}
		target := map[string]any{"apiVersion": "apps/v1", "kind": "Deployment"}
		target["name"], _, _ = unstructured.NestedString(object.Object, "spec", "scaleTargetRef", "name")
		if err := unstructured.SetNestedMap(object.Object, target, "spec", "scaleTargetRef"); err != nil {
			return d, err
		}
	default:
		return d, nil
	}
	return manifest.New(d.File, object.Object)
}
