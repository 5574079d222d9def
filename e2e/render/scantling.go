// Package render makes manifests with the compiler as users get it: its built binary.
package render

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

// Scantling is a built compiler.
type Scantling struct {
	Root   string // of the repository
	binary string
}

// Build builds the compiler of this repository into dir.
func Build(ctx context.Context, dir string) (*Scantling, error) {
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return nil, err
	}
	s := &Scantling{Root: filepath.Dir(strings.TrimSpace(string(out))), binary: filepath.Join(dir, "scantling")}
	build := exec.CommandContext(ctx, "go", "build", "-o", s.binary, "./cmd/scantling")
	build.Dir, build.Stderr = s.Root, os.Stderr
	if err := build.Run(); err != nil {
		return nil, fmt.Errorf("building scantling: %w", err)
	}
	return s, nil
}

// Environments lists the environments of a project.
func (s *Scantling) Environments(ctx context.Context, project string) ([]string, error) {
	dir, err := os.MkdirTemp("", "scantling-rendered-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if _, err := s.run(ctx, project, "generate", "-o", dir); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, entry := range entries {
		if entry.IsDir() {
			names = append(names, entry.Name())
		}
	}
	return names, nil
}

// Objects renders one environment of a project: the objects in the order in which the compiler prints them.
func (s *Scantling) Objects(ctx context.Context, project, environment string) ([]*unstructured.Unstructured, error) {
	args := []string{"generate", "-e", environment}
	if _, err := os.Stat(filepath.Join(project, "images.yaml")); err == nil {
		args = append(args, "--images", "images.yaml")
	}
	return s.objects(ctx, project, args...)
}

// PlatformObjects renders those of an environment that belong to no app.
func (s *Scantling) PlatformObjects(ctx context.Context, project, environment string) ([]*unstructured.Unstructured, error) {
	return s.objects(ctx, project, "generate", "-e", environment, "--platform")
}

func (s *Scantling) objects(ctx context.Context, project string, args ...string) ([]*unstructured.Unstructured, error) {
	out, err := s.run(ctx, project, args...)
	if err != nil {
		return nil, err
	}
	return Decode(out)
}

// Command runs any command in a project and returns what it prints; its error has what it complains about.
func (s *Scantling) Command(ctx context.Context, project string, args ...string) (string, error) {
	out, err := s.run(ctx, project, args...)
	return string(out), err
}

func (s *Scantling) run(ctx context.Context, project string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, s.binary, args...)
	cmd.Dir = project
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("scantling %s in %s: %w\n%s", strings.Join(args, " "), project, err, said.Bytes())
	}
	return out, nil
}

// Decode returns the objects of a YAML stream.
func Decode(stream []byte) ([]*unstructured.Unstructured, error) {
	var all []*unstructured.Unstructured
	documents := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(stream)))
	for {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		text, err := yaml.YAMLToJSON(document)
		if err != nil {
			return nil, err
		}
		if string(text) == "null" {
			continue
		}
		o := &unstructured.Unstructured{}
		if err := o.UnmarshalJSON(text); err != nil {
			return nil, err
		}
		all = append(all, o)
	}
}
