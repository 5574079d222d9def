// Package engine asks the code of controllers what it thinks of a set: Argo Rollouts, Flagger and Istio, which move traffic,
// CloudNativePG, and the Prometheus operator. Each is a program in a Go module of its own below this folder, because no two of them build with the same Kubernetes
// modules.
package engine

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"path"
	"slices"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/runtime"

	"github.com/scantling/scantling/e2e/judge/manifest"
	"github.com/scantling/scantling/e2e/judge/rulecheck"
	"github.com/scantling/scantling/e2e/judge/tool"
)

// An Engine is a running program. It takes a set at a time, and ends with this process.
type Engine struct {
	group string // the API group of what it looks at; a set without it is none of its business

	asking sync.Mutex
	cmd    *exec.Cmd
	sets   *json.Encoder
	closer io.Closer
	answer *json.Decoder
	stderr bytes.Buffer
}

// Argo is the controller of Argo Rollouts.
func Argo() (*Engine, error) { return start("argo", "argoproj.io") }

// Flagger is the controller of that name.
func Flagger() (*Engine, error) { return start("flagger", "flagger.app") }

// Istio is what `istioctl analyze` runs.
func Istio() (*Engine, error) { return start("istio", "networking.istio.io") }

// CNPG is the admission webhook of CloudNativePG.
func CNPG() (*Engine, error) { return start("cnpg", "postgresql.cnpg.io") }

// Operator is the Prometheus operator, with the Prometheus and the Alertmanager that it configures.
func Operator() (*Engine, error) { return start("operator", "monitoring.coreos.com") }

func start(name, group string) (*Engine, error) {
	binary, err := tool.Build("judge-"+name, path.Join("engine", name), ".")
	if err != nil {
		return nil, err
	}
	e := &Engine{group: group, cmd: exec.Command(binary)}
	e.cmd.Stderr = &e.stderr
	input, err := e.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	output, err := e.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	e.sets, e.closer, e.answer = json.NewEncoder(input), input, json.NewDecoder(output)
	return e, e.cmd.Start()
}

// An answer is what the programs print.
type answer struct {
	Findings  []manifest.Finding
	Made      []map[string]any
	Questions []struct{ Object, Expression string } // that the engine would ask a Prometheus
}

// Judge returns what the engine has against a set.
func (e *Engine) Judge(docs []manifest.Document) ([]manifest.Finding, error) {
	findings, _, err := e.Control(docs)
	return findings, err
}

// Control returns that, and the objects that the engine would make in the cluster.
func (e *Engine) Control(docs []manifest.Document) ([]manifest.Finding, []manifest.Document, error) {
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
		d, err := manifest.New(manifest.MadeBy+strings.TrimPrefix(path.Base(e.cmd.Path), "judge-"), object)
		if err != nil {
			return nil, nil, err
		}
		made = append(made, d)
	}
	return findings, made, nil
}

func (e *Engine) ask(docs []manifest.Document) (answer, error) {
	var objects []map[string]any
	for _, d := range docs {
		objects = append(objects, d.Object)
	}
	e.asking.Lock()
	defer e.asking.Unlock()
	var a answer
	err := e.sets.Encode(objects)
	if err == nil {
		err = e.answer.Decode(&a)
	}
	if err != nil {
		e.closer.Close()
		return answer{}, fmt.Errorf("%s: %w: %v\n%s", e.cmd.Path, err, e.cmd.Wait(), e.stderr.Bytes())
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
