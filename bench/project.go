package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// platformSpec states the facts of one environment with three zones.
const platformSpec = `package platform

platform: {
	registries: ["registry.acme.io"]
	environments: prod: {
		kubernetes: "1.34"
		zones: ["a", "b", "c"]
		nodeAutoscaling: true
		capabilities: ["externalsecrets", "prometheus", "gateway", "vpa", "cilium"]
		gateway: {name: "public", namespace: "gateways", labels: {app: "gateway"}}
		dns: {namespace: "kube-system", labels: {"k8s-app": "kube-dns"}}
		scrape: {namespace: "monitoring", labels: {"app.kubernetes.io/name": "prometheus"}}
		apiServerCIDRs: ["10.0.0.1/32"]
		secretStore: {name: "vault", kind: "ClusterSecretStore", refresh: "1h"}
	}
	databases: {
		orders: {kind: "postgres", version: 16, host: "orders.db.acme.io", port: 5432, cidrs: ["10.20.0.0/24"]}
		sessions: {kind: "redis", version: 7, host: "sessions.cache.acme.io", port: 6379, cidrs: ["10.20.1.0/24"]}
	}
}
`

// appSpec is a typical app with a dozen decisions in it; %[1]d is its number, %[2]d its team's.
const appSpec = `package shop

apps: "checkout-%[1]d": {
	team: "team-%[2]d"
	tier: "critical"
	image: "registry.acme.io/shop/checkout:1.4.2@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
	scale: {min: 3, max: 10}
	expose: host: "checkout-%[1]d.acme.io"
	needs: {
		orders: postgres: {}
		sessions: redis: {}
		stripe: external: {host: "api.stripe.com", port: 443}
	}
	env: LOG_LEVEL: "info"
	config: "settings.yaml": "currency: EUR\ntimeout: 2s\n"
	secrets: "stripe-key": {key: "shop/stripe", property: "key", file: "stripe"}
	kubernetes: [{resource: "configmaps", verbs: ["get"], names: ["flags"]}]
}
`

// project writes a project of n apps, twenty a team.
func project(dir string, n int) error {
	if err := write(filepath.Join(dir, "platform.cue"), platformSpec); err != nil {
		return err
	}
	for i := range n {
		if err := write(filepath.Join(dir, fmt.Sprintf("app-%04d", i), "app.cue"), fmt.Sprintf(appSpec, i, i/20)); err != nil {
			return err
		}
	}
	return nil
}

// peers returns a job for each peer on the PATH, over the manifests that scantling renders for the project.
func peers(bin, project, dir string) ([]*job, error) {
	c := exec.Command(bin, "generate")
	c.Dir = project
	manifests, err := c.Output()
	if err != nil {
		return nil, fmt.Errorf("scantling generate: %w", err)
	}
	var jobs []*job
	if path, err := exec.LookPath("kustomize"); err == nil {
		base := filepath.Join(dir, "kustomize")
		kustomization := "resources: [all.yaml]\nlabels: [{pairs: {env: prod}}]\n"
		if err := writeAll(base, "all.yaml", string(manifests), "kustomization.yaml", kustomization); err != nil {
			return nil, err
		}
		jobs = append(jobs, &job{name: "kustomize build, same objects", dir: base, args: []string{path, "build", "."}})
	}
	if path, err := exec.LookPath("helm"); err == nil {
		chart := filepath.Join(dir, "helm")
		escaped := bytes.ReplaceAll(manifests, []byte("{{"), []byte("{{ `{{` }}"))
		meta := "apiVersion: v2\nname: web\nversion: 0.1.0\n"
		if err := writeAll(chart, "templates/all.yaml", string(escaped), "Chart.yaml", meta); err != nil {
			return nil, err
		}
		jobs = append(jobs, &job{name: "helm template, same objects", dir: chart, args: []string{path, "template", "web", "."}})
	}
	return jobs, nil
}

// writeAll writes pairs of names and texts below dir.
func writeAll(dir string, pairs ...string) error {
	for i := 0; i < len(pairs); i += 2 {
		if err := write(filepath.Join(dir, pairs[i]), pairs[i+1]); err != nil {
			return err
		}
	}
	return nil
}

func write(path, text string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(text), 0o644)
}
