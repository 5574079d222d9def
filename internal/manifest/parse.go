package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"unsafe"
)

// Parse reads all objects of a file: documents of YAML, or of JSON one after the other. Empty documents are skipped, and a List is
// what its items are. A file is read as a whole or not at all: the errors are *SyntaxError, joined. The data must not change afterwards:
// the objects hold pieces of it.
func Parse(file string, data []byte) ([]Object, error) { return read(file, data).result() }

// Salvage is Parse for who goes on with what can be read of a file, and tells of the rest.
func Salvage(file string, data []byte) ([]Object, []*SyntaxError) {
	p := read(file, data)
	return p.objects, p.problems
}

func read(file string, data []byte) *parser {
	p := &parser{file: file, labels: map[string]any{}}
	if text := bytes.TrimLeft(data, " \t\r\n"); len(text) > 0 && text[0] == '{' {
		if p.json(data); len(p.problems) == 0 || strings.HasSuffix(file, ".json") {
			return p
		}
		p = &parser{file: file, labels: map[string]any{}} // a map of YAML may begin so, too
	}
	for _, doc := range documents(unsafe.String(unsafe.SliceData(data), len(data))) { // of a fleet, a copy would be tens of MiB
		p.yaml(doc)
	}
	return p
}

// parser collects what is found in one file.
type parser struct {
	file     string
	labels   map[string]any // see quick
	objects  []Object
	problems []*SyntaxError
}

func (p *parser) result() ([]Object, error) {
	if len(p.problems) == 0 {
		return p.objects, nil
	}
	errs := make([]error, len(p.problems))
	for i, problem := range p.problems {
		errs[i] = problem
	}
	return nil, errors.Join(errs...)
}

func (p *parser) problem(line int, text string) {
	p.problems = append(p.problems, &SyntaxError{File: p.file, Line: line, Problem: text})
}

// other reports a document that is well-formed, but of nobody who would apply it.
func (p *parser) other(line int, why string, fields map[string]any) {
	p.problem(line, "this is not a Kubernetes object: "+why)
	last := p.problems[len(p.problems)-1]
	last.Other, last.Fields = true, fields
}

// json reads a stream of JSON documents.
func (p *parser) json(data []byte) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	for {
		start := int(decoder.InputOffset())
		start += len(data[start:]) - len(bytes.TrimLeft(data[start:], " \t\r\n"))
		var v any
		err := decoder.Decode(&v)
		if err == io.EOF {
			return
		}
		if err != nil {
			p.problem(lineAt(data, start), "this is not JSON: "+strings.TrimPrefix(err.Error(), "json: "))
			return
		}
		p.document(v, lineAt(data, start))
	}
}

// lineAt returns the line of an offset.
func lineAt(data []byte, offset int) int {
	return 1 + bytes.Count(data[:min(offset, len(data))], []byte("\n"))
}

// document takes in one decoded document.
func (p *parser) document(v any, line int) {
	v, problem := plain(v)
	fields, isMap := v.(map[string]any)
	switch {
	case problem != "":
		p.problem(line, problem)
	case v == nil:
	case !isMap:
		p.other(line, "it is not a map of fields", nil)
	default:
		p.object(fields, line)
	}
}

// object takes in one object, or the items of a list of objects.
func (p *parser) object(fields map[string]any, line int) {
	o := Object{
		APIVersion: String(fields, "apiVersion"),
		Kind:       String(fields, "kind"),
		Namespace:  String(fields, "metadata", "namespace"),
		Name:       String(fields, "metadata", "name"),
		File:       p.file,
		Line:       line,
		Fields:     fields,
	}
	items, listed := fields["items"].([]any)
	single, isList := strings.CutSuffix(o.Kind, "List")
	if o.APIVersion == "v1" && o.Kind == "List" {
		listed = listed || fields["items"] == nil // a list of nothing
	}
	switch {
	case o.APIVersion == "" && o.Kind != "":
		p.other(line, "it is of kind "+o.Kind+", and has no apiVersion", fields)
	case o.APIVersion == "":
		p.other(line, "it has no apiVersion", fields)
	case o.Kind == "":
		p.other(line, "it has no kind", fields)
	case isList && listed:
		p.items(items, o.APIVersion, single, line)
	case o.Group() == "kustomize.config.k8s.io": // read by kustomize, and never applied
	case fields["metadata"] == nil && !builtIn(o.Group()): // what a program reads, as kind, kubeadm and istioctl do
		p.other(line, "it has no metadata", fields)
	case o.Name == "" && String(fields, "metadata", "generateName") == "":
		p.problem(line, "this "+o.Kind+" has no metadata.name, and whoever it is applied with refuses it")
	default:
		p.objects = append(p.objects, o)
	}
}

// builtIn reports whether a group is one of every API server. Kinds that programs read from a file have groups of their own, and most do
// without a name; eksctl wants one, too.
func builtIn(group string) bool {
	switch group {
	case "admissionregistration.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io", "networking.k8s.io",
		"rbac.authorization.k8s.io", "scheduling.k8s.io", "storage.k8s.io", "eksctl.io":
		return true
	}
	return !strings.Contains(group, ".")
}

// items takes in the items of a list. Those of a DeploymentList need not say what they are.
func (p *parser) items(items []any, apiVersion, kind string, line int) {
	for _, item := range items {
		fields, ok := item.(map[string]any)
		if !ok {
			p.problem(line, "an item of this list is not a Kubernetes object")
			continue
		}
		if kind != "" && fields["kind"] == nil && fields["apiVersion"] == nil {
			fields["apiVersion"], fields["kind"] = apiVersion, kind
		}
		p.object(fields, line)
	}
}
