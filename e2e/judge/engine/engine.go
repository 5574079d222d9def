// Package engine asks the code of the engines that move traffic what it thinks of a set: Argo Rollouts, Flagger and Istio. Each is a
// program in a Go module of its own below this folder, because no two of them build with the same Kubernetes modules.
package engine

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os/exec"
	"path"
	"slices"

	"k8s.io/apimachinery/pkg/runtime"

	"github.com/scantling/scantling/e2e/judge/manifest"
	"github.com/scantling/scantling/e2e/judge/rulecheck"
	"github.com/scantling/scantling/e2e/judge/tool"
)

// An Engine is a built program.
type Engine struct {
	binary string
	group  string // the API group of what it looks at; a set without it is none of its business
}

// Argo is the controller of Argo Rollouts.
func Argo() (Engine, error) { return build("argo", "argoproj.io") }

// Flagger is the controller of that name.
func Flagger() (Engine, error) { return build("flagger", "flagger.app") }

// Istio is what `istioctl analyze` runs.
func Istio() (Engine, error) { return build("istio", "networking.istio.io") }

func build(name, group string) (Engine, error) {
	binary, err := tool.Build("judge-"+name, path.Join("engine", name), ".")
	return Engine{binary, group}, err
}

// An answer is what the programs print.
type answer struct {
	Findings  []manifest.Finding
	Made      []map[string]any
	Questions []struct{ Object, Expression string } // that the engine would ask a Prometheus
}

// Judge returns what the engine has against a set.
func (e Engine) Judge(docs []manifest.Document) ([]manifest.Finding, error) {
	findings, _, err := e.Control(docs)
	return findings, err
}

// Control returns that, and the objects that the engine would make in the cluster.
func (e Engine) Control(docs []manifest.Document) ([]manifest.Finding, []manifest.Document, error) {
	if !slices.ContainsFunc(docs, func(d manifest.Document) bool { return d.GroupVersionKind().Group == e.group }) {
		return nil, nil, nil
	}
	a, err := e.ask(docs)
	if err != nil {
		return nil, nil, err
	}
	findings := a.Findings
	for _, q := range a.Questions {
		findings = append(findings, rulecheck.Question(q.Object, q.Expression)...)
	}
	var made []manifest.Document
	for _, object := range a.Made {
		d, err := manifest.New("made by "+path.Base(e.binary), object)
		if err != nil {
			return nil, nil, err
		}
		made = append(made, d)
	}
	return findings, made, nil
}

func (e Engine) ask(docs []manifest.Document) (answer, error) {
	var objects []map[string]any
	for _, d := range docs {
		objects = append(objects, d.Object)
	}
	input, err := json.Marshal(objects)
	if err != nil {
		return answer{}, err
	}
	var stderr bytes.Buffer
	cmd := exec.Command(e.binary)
	cmd.Stdin, cmd.Stderr = bytes.NewReader(input), &stderr
	output, err := cmd.Output()
	if err != nil {
		return answer{}, fmt.Errorf("%s: %w\n%s", e.binary, err, stderr.Bytes())
	}
	var a answer
	if err := json.Unmarshal(output, &a); err != nil {
		return answer{}, fmt.Errorf("%s: %w", e.binary, err)
	}
	for i, object := range a.Made {
		a.Made[i] = runtime.DeepCopyJSON(normal(object).(map[string]any))
	}
	return a, nil
}

// normal gives whole numbers the type that they have in a parsed manifest.
func normal(value any) any {
	switch value := value.(type) {
	case map[string]any:
		for k, v := range value {
			value[k] = normal(v)
		}
	case []any:
		for i, v := range value {
			value[i] = normal(v)
		}
	case float64:
		if value == float64(int64(value)) {
			return int64(value)
		}
	}
	return value
}
