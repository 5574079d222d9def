package resolve

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/kube"
	"github.com/scantling/scantling/internal/load"
)

// maxSealedBytes is the size of the largest file that is read: etcd stores no larger object.
const maxSealedBytes = 1 << 20

// wideScopes are the annotations with which a seal can be opened elsewhere, by whoever may create a SealedSecret there.
var wideScopes = []string{"sealedsecrets.bitnami.com/cluster-wide", "sealedsecrets.bitnami.com/namespace-wide"}

// sealed adds a secret that its owner has sealed for this app: the object is passed through, and only the names of its keys are read.
func (s *spec) sealed(n *load.Node) {
	file, field := n.Field("sealed"), "secrets."+n.Key
	if s.lacks(field, fmt.Sprintf("secret %q", n.Key), "sealedsecrets", "enable it, or use a secret of the platform's store") {
		return
	}
	refuse := func(rule, problem, want, help string) {
		s.w.errorAt(file, rule, s.path(field+".sealed"), problem, want, help)
	}
	text, problem := readSealed(filepath.Join(s.dir, filepath.FromSlash(text(file))))
	if problem != "" {
		refuse("sealed-file-is-there", fmt.Sprintf("%q %s", file.Text, problem), "a sealed secret's file, relative to "+s.file, "")
		return
	}
	name := kube.Name(s.name, n.Key)
	kubeseal := fmt.Sprintf("seal it: kubeseal --format yaml --scope strict --name %s --namespace %s", name, s.app.Namespace)
	object, problem := parseSealed(text)
	kind, _ := object["kind"].(string)
	version, _ := object["apiVersion"].(string)
	switch {
	case problem != "":
		refuse("sealed-file-is-sealed", fmt.Sprintf("%q %s", file.Text, problem), "one SealedSecret of bitnami.com/v1alpha1", "")
		return
	case kind == "Secret":
		refuse("secret-in-plain-text", fmt.Sprintf("%q is a Secret in plain text", file.Text), "a SealedSecret", kubeseal+"; then change what it holds: it was readable here")
		return
	case kind != "SealedSecret" || version != "bitnami.com/v1alpha1":
		refuse("sealed-file-is-sealed", fmt.Sprintf("%q is a %q of %q", file.Text, kind, version), "one SealedSecret of bitnami.com/v1alpha1", "")
		return
	}
	if problem := wrongSeal(object, s.app.Namespace, name); problem != "" {
		refuse("sealed-for-this-app", fmt.Sprintf("%q %s", file.Text, problem), fmt.Sprintf("a seal for %q in namespace %q", name, s.app.Namespace), kubeseal)
		return
	}
	s.deliverSealed(n, app.Secret{Name: name, Sealed: object}, sealedKeys(object))
}

// deliverSealed gives the key that the spec names to the app. One that names none gets the only key, or all of them as files.
func (s *spec) deliverSealed(n *load.Node, secret app.Secret, keys []string) {
	property, file, env := n.Field("property"), n.Field("file"), n.Field("env")
	switch named := text(property); {
	case property != nil && !slices.Contains(keys, named):
		s.w.errorAt(property, "secret-has-key", s.path("secrets."+n.Key+".property"), fmt.Sprintf("%q has no key %q", text(n.Field("sealed")), named), load.Prose(keys, "or"), didYouMean(named, keys))
	case property != nil:
		s.deliver(n, secret, named)
	case len(keys) == 1:
		s.deliver(n, secret, keys[0])
	case file != nil && slices.Contains(keys, text(file)):
		s.deliver(n, secret, text(file))
	case file != nil || env != nil:
		s.w.errorAtKey(n, "secret-has-key", s.path("secrets."+n.Key), fmt.Sprintf("nothing says which key of %q is read", text(n.Field("sealed"))), "property: "+load.Prose(keys, "or"), fmt.Sprintf("add property: %q", keys[0]))
	default:
		secret.Path = secretDirectory(n.Key)
		for _, key := range keys {
			secret.Items = append(secret.Items, app.SecretItem{Key: key, File: key})
		}
		s.addSecret(secret, n)
	}
}

// readSealed reads a file, or says what is wrong with it. Only regular files are opened: a pipe would never end.
func readSealed(name string) (text []byte, problem string) {
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, "does not exist"
	case err != nil:
		return nil, "cannot be read"
	case !info.Mode().IsRegular():
		return nil, "is no file"
	case info.Size() > maxSealedBytes:
		return nil, "is larger than 1 MiB"
	}
	text, err = os.ReadFile(name)
	if err != nil {
		return nil, "cannot be read"
	}
	return text, ""
}

// parseSealed reads one document, without what the API server adds to it. Nothing of its content gets into a message.
func parseSealed(text []byte) (object map[string]any, problem string) {
	documents, inside := 0, false
	for line := range strings.Lines(string(text)) {
		switch line = strings.TrimSpace(line); {
		case line == "---":
			inside = false
		case line != "" && line[0] != '#' && !inside:
			inside = true
			documents++
		}
	}
	if documents > 1 {
		return nil, "holds more than one document"
	}
	if err := yaml.Unmarshal(text, &object); err != nil || object == nil {
		return nil, "holds no YAML object"
	}
	delete(object, "status")
	delete(child(object, "metadata"), "creationTimestamp")
	delete(child(object, "spec", "template", "metadata"), "creationTimestamp")
	return object, ""
}

// wrongSeal says why the sealed-secrets controller would not open a seal for this name and namespace only.
func wrongSeal(object map[string]any, namespace, name string) string {
	meta := child(object, "metadata")
	ownName, _ := meta["name"].(string)
	ownNamespace, _ := meta["namespace"].(string)
	for _, annotations := range []map[string]any{child(meta, "annotations"), child(object, "spec", "template", "metadata", "annotations")} {
		for _, scope := range wideScopes {
			if annotations[scope] == "true" {
				return "can be opened under other names: " + scope
			}
		}
	}
	switch {
	case ownName != name || ownNamespace != namespace:
		return fmt.Sprintf("is sealed for %q in namespace %q", ownName, ownNamespace)
	case child(object, "data") != nil || child(object, "stringData") != nil:
		return "also holds data in plain text"
	case len(sealedKeys(object)) == 0:
		return "has no encryptedData"
	}
	return ""
}

// sealedKeys are the keys of the Secret that a SealedSecret becomes.
func sealedKeys(object map[string]any) []string {
	return slices.Sorted(maps.Keys(child(object, "spec", "encryptedData")))
}

// child returns the object that names lead to, or nil.
func child(object map[string]any, names ...string) map[string]any {
	for _, name := range names {
		object, _ = object[name].(map[string]any)
	}
	return object
}
