package verify

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/scantling/scantling/internal/inventory"
)

// keysUse is one place where a pod reads a Secret or a ConfigMap.
type keysUse struct {
	path     string // in the manifest
	who      string // container web, volume config
	name     string
	key      string // empty: all of them
	optional bool   // the pod starts without
	pull     bool   // it is shown to the registry, not to the pod
}

// keysUses are the Secrets and ConfigMaps that the pods of a workload read.
type keysUses struct{ secrets, configs []keysUse }

// keysUsed collects what the pods of a workload read.
func keysUsed(w *inventory.Workload) keysUses {
	var u keysUses
	for b := range podBoxes(w) {
		who := "container " + b.Name
		for i, e := range b.Env {
			if e.ValueFrom == nil {
				continue
			}
			path := b.path(fmt.Sprintf("env[%d]", i))
			if r := e.ValueFrom.SecretKeyRef; r != nil {
				u.secrets = append(u.secrets, keysUse{path: path, who: who, name: r.Name, key: r.Key, optional: keysOptional(r.Optional)})
			}
			if r := e.ValueFrom.ConfigMapKeyRef; r != nil {
				u.configs = append(u.configs, keysUse{path: path, who: who, name: r.Name, key: r.Key, optional: keysOptional(r.Optional)})
			}
		}
		for i, e := range b.EnvFrom {
			path := b.path(fmt.Sprintf("envFrom[%d]", i))
			if r := e.SecretRef; r != nil {
				u.secrets = append(u.secrets, keysUse{path: path, who: who, name: r.Name, optional: keysOptional(r.Optional)})
			}
			if r := e.ConfigMapRef; r != nil {
				u.configs = append(u.configs, keysUse{path: path, who: who, name: r.Name, optional: keysOptional(r.Optional)})
			}
		}
	}
	for i, v := range w.Template.Spec.Volumes {
		u.volume(podVolume(w, i), v)
	}
	for _, r := range w.Template.Spec.ImagePullSecrets {
		u.secrets = append(u.secrets, keysPull(podPath(w)+".imagePullSecrets", r.Name))
	}
	return u
}

// keysPull is the use of a Secret to pull images.
func keysPull(path, name string) keysUse { return keysUse{path: path, name: name, pull: true} }

// volume adds what one volume is filled with.
func (u *keysUses) volume(path string, v corev1.Volume) {
	who := "volume " + v.Name
	if s := v.Secret; s != nil {
		u.secrets = append(u.secrets, keysOfItems(path, who, s.SecretName, s.Items, s.Optional)...)
	}
	if m := v.ConfigMap; m != nil {
		u.configs = append(u.configs, keysOfItems(path, who, m.Name, m.Items, m.Optional)...)
	}
	if s := v.CSI; s != nil && s.NodePublishSecretRef != nil {
		u.secrets = append(u.secrets, keysUse{path: path, who: who, name: s.NodePublishSecretRef.Name})
	}
	if v.Projected == nil {
		return
	}
	for _, s := range v.Projected.Sources {
		if s.Secret != nil {
			u.secrets = append(u.secrets, keysOfItems(path, who, s.Secret.Name, s.Secret.Items, s.Secret.Optional)...)
		}
		if s.ConfigMap != nil {
			u.configs = append(u.configs, keysOfItems(path, who, s.ConfigMap.Name, s.ConfigMap.Items, s.ConfigMap.Optional)...)
		}
	}
}

// keysOfItems returns what a volume reads: the keys that it names, or all.
func keysOfItems(path, who, name string, items []corev1.KeyToPath, optional *bool) []keysUse {
	if len(items) == 0 {
		return []keysUse{{path: path, who: who, name: name, optional: keysOptional(optional)}}
	}
	var uses []keysUse
	for _, i := range items {
		uses = append(uses, keysUse{path: path, who: who, name: name, key: i.Key, optional: keysOptional(optional)})
	}
	return uses
}

func keysOptional(optional *bool) bool { return optional != nil && *optional }

// keysShown is how many keys a message lists at the most.
const keysShown = 8

// keysMissing returns what a use asks for in vain, for a counter-example; empty: it is there, or may be.
func keysMissing(kind string, u keysUse, found *inventory.Keys) string {
	if u.key == "" || found.Open || slices.Contains(found.Keys, u.key) {
		return ""
	}
	has := "holds nothing"
	switch n := len(found.Keys); {
	case n > keysShown:
		has = fmt.Sprintf("has only %s and %d others", podNames(found.Keys[:keysShown]), n-keysShown)
	case n > 0:
		has = "has only " + podNames(found.Keys)
	}
	if like := nearestWord(u.key, found.Keys); like != "" {
		has += ": is it " + like + "?"
	}
	return fmt.Sprintf("start a pod: its containers do not start, because %s reads key %s of %s %s, which %s", u.who, u.key, kind, u.name, has)
}

// nearestWord returns the one of some words that a wrong one may have meant; empty: none is near.
func nearestWord(wrong string, words []string) string {
	best, least := "", len(wrong)/2+1 // half of the letters may differ, no more
	for _, w := range words {
		if strings.HasSuffix(w, wrong) || strings.HasSuffix(wrong, w) {
			return w
		}
		if d := editDistance(wrong, w); d < least {
			best, least = w, d
		}
	}
	return best
}

// editDistance counts the letters to put in, take out or replace until one word is the other. Words of manifests are short.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
