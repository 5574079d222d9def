// Package crds reads the definitions of third-party kinds out of the Go modules that publish them, so that none is checked in here.
package crds

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"
)

// A source is a module, required in modules/go.mod, and the files in it that hold definitions.
type source struct{ module, files string }

// sources is who publishes the kinds of an API group. Not there, because no module serves them: the Secrets Store CSI driver,
// OpenTelemetry, Grafana.
var sources = map[string]source{
	"acme.cert-manager.io":      {"github.com/cert-manager/cert-manager", "deploy/crds/acme.cert-manager.io_*.yaml"},
	"argoproj.io":               {"github.com/argoproj/argo-rollouts", "manifests/crds/*-crd.yaml"},
	"autoscaling.k8s.io":        {"k8s.io/autoscaler/vertical-pod-autoscaler", "deploy/vpa-v1-crd-gen.yaml"},
	"barmancloud.cnpg.io":       {"github.com/cloudnative-pg/plugin-barman-cloud", "config/crd/bases/*.yaml"},
	"bitnami.com":               {"github.com/bitnami-labs/sealed-secrets", "helm/sealed-secrets/crds/*.yaml"},
	"cert-manager.io":           {"github.com/cert-manager/cert-manager", "deploy/crds/cert-manager.io_*.yaml"},
	"cilium.io":                 {"github.com/cilium/cilium", "pkg/k8s/apis/cilium.io/client/crds/v2/*.yaml"},
	"external-secrets.io":       {"github.com/external-secrets/external-secrets", "config/crds/bases/external-secrets.io_*.yaml"},
	"flagger.app":               {"github.com/fluxcd/flagger", "artifacts/flagger/crd.yaml"},
	"gateway.networking.k8s.io": {"sigs.k8s.io/gateway-api", "config/crd/standard/gateway.networking.k8s.io_*s.yaml"},
	"karpenter.sh":              {"sigs.k8s.io/karpenter", "pkg/apis/crds/karpenter.sh_*.yaml"},
	"keda.sh":                   {"github.com/kedacore/keda/v2", "config/crd/bases/keda.sh_*.yaml"},
	"monitoring.coreos.com":     {"github.com/prometheus-operator/prometheus-operator", "example/prometheus-operator-crd/*.yaml"},
	"networking.istio.io":       {"istio.io/api", "kubernetes/customresourcedefinitions.gen.yaml"},
	"postgresql.cnpg.io":        {"github.com/cloudnative-pg/cloudnative-pg", "config/crd/bases/*.yaml"},
	"security.istio.io":         {"istio.io/api", "kubernetes/customresourcedefinitions.gen.yaml"},
	"snapshot.storage.k8s.io":   {"github.com/kubernetes-csi/external-snapshotter/client/v8", "config/crd/snapshot.storage.k8s.io_*.yaml"},
	"velero.io":                 {"github.com/vmware-tanzu/velero", "config/crd/v1/bases/*.yaml"},
}

// Groups lists the API groups that Read knows.
func Groups() []string { return slices.Sorted(maps.Keys(sources)) }

// Read returns the definition of each given kind of a group, or of all its kinds where none is given. A group or kind that
// nobody defines yields nothing.
func Read(group string, kinds ...string) ([]*apiextensionsv1.CustomResourceDefinition, error) {
	from, ok := sources[group]
	if !ok {
		return nil, nil
	}
	dir, err := directory(from.module)
	if err != nil {
		return nil, err
	}
	files, err := filepath.Glob(filepath.Join(dir, filepath.FromSlash(from.files)))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("%s: no file is called %s (%v)", from.module, from.files, err)
	}
	var found []*apiextensionsv1.CustomResourceDefinition
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		for _, text := range bytes.Split(data, []byte("\n---\n")) {
			if !mayDefine(text, group, kinds) {
				continue
			}
			crd := &apiextensionsv1.CustomResourceDefinition{}
			if err := yaml.Unmarshal(text, crd); err != nil {
				return nil, fmt.Errorf("%s: %w", file, err)
			}
			if crd.Spec.Group == group && (len(kinds) == 0 || slices.Contains(kinds, crd.Spec.Names.Kind)) {
				found = append(found, crd)
			}
		}
	}
	return found, nil
}

// mayDefine looks for the few bytes that a definition must hold: decoding all of them takes seconds.
func mayDefine(text []byte, group string, kinds []string) bool {
	return bytes.Contains(text, []byte("group: "+group)) &&
		(len(kinds) == 0 || slices.ContainsFunc(kinds, func(kind string) bool { return bytes.Contains(text, []byte("    kind: "+kind+"\n")) }))
}

// directory is where the go command keeps the module at the version that modules/go.mod requires, downloaded if it wasn't.
func directory(module string) (string, error) {
	gomod, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("go env GOMOD: %w", err)
	}
	cmd := exec.Command("go", "mod", "download", "-json", module)
	cmd.Dir = filepath.Join(filepath.Dir(strings.TrimSpace(string(gomod))), "judge", "crds", "modules")
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off")
	output, failed := cmd.Output()
	var downloaded struct{ Dir, Error string }
	if err := json.Unmarshal(output, &downloaded); err != nil && !errors.Is(err, io.ErrUnexpectedEOF) || downloaded.Dir == "" {
		return "", fmt.Errorf("go mod download %s: %v %s", module, failed, downloaded.Error)
	}
	return downloaded.Dir, nil
}
