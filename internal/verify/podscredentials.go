package verify

import (
	"fmt"
	"slices"
	"strings"

	"github.com/scantling/scantling/internal/diag"
)

// podCredentials are about secrets that stand where everybody can read them.
var podCredentials = []Guarantee{{
	Name:    "no-literal-credential",
	Promise: "no environment variable, argument, ConfigMap or annotation holds a password, a token or a private key",
	Why:     "whoever may read the manifests, in the repository or with kubectl, has it; and it cannot be replaced without a rollout",
	Source:  "https://kubernetes.io/docs/concepts/security/secrets-good-practices/",
	Foreign: diag.Warning,
	check:   noLiteralCredential,
}}

func noLiteralCredential(c *checker) {
	for w := range podsWritten(c) {
		looked, ok := 0, true
		for b := range podBoxes(w) {
			for i, e := range b.Env {
				looked++
				if what := credentialIn(e.Name, e.Value); what != "" {
					ok = false
					c.violated(w.Object, b.path(fmt.Sprintf("env[%d]", i)), "read the manifest: variable %s of container %s %s", e.Name, b.Name, what)
				}
			}
			words := slices.Concat(b.Command, b.Args)
			looked += len(words)
			if what := credentialInArguments(words); what != "" {
				ok = false
				c.violated(w.Object, b.path("args"), "read the manifest: in container %s, %s", b.Name, what)
			}
		}
		if what := credentialInAnnotations(w.Template.Annotations); what != "" {
			ok = false
			c.violated(w.Object, strings.TrimSuffix(podPath(w), "spec")+"metadata.annotations", "read the manifest: %s", what)
		}
		if ok && looked > 0 {
			c.proved(w.Object, "%d variables and arguments, no credential", looked)
		}
	}
	for _, k := range c.Configs {
		ok := true
		for _, key := range k.Keys {
			if what := credentialIn(key, k.Values[key]); what != "" {
				ok = false
				c.violated(k.Object, "data."+key, "read the ConfigMap: %s %s", key, what)
			}
		}
		if ok && len(k.Keys) > 0 {
			c.proved(k.Object, "%s, no credential", podCount{len(k.Keys), "value"})
		}
	}
	for _, o := range c.Objects {
		if what := credentialInAnnotations(o.Annotations); what != "" {
			c.violated(o, "metadata.annotations", "read the manifest: %s", what)
		}
	}
}

// credentialInArguments returns what stands open in a command line: behind a flag, or anywhere in it.
func credentialInArguments(words []string) string {
	for i, word := range words {
		if what := credentialByLook(word); what != "" {
			return "an argument " + what
		}
		if !strings.HasPrefix(word, "-") || strings.ContainsAny(word, " \n") {
			continue
		}
		name, value, found := strings.Cut(word, "=")
		if !found && i+1 < len(words) && strings.HasPrefix(word, "--") && !strings.HasPrefix(words[i+1], "-") {
			value = words[i+1]
		}
		if what := credentialByName(name, value); what != "" {
			return "argument " + name + " " + what
		}
	}
	return ""
}

func credentialInAnnotations(annotations map[string]string) string {
	var found []string
	for name, value := range annotations {
		if what := credentialByLook(value); what != "" {
			found = append(found, "annotation "+name+" "+what)
		}
	}
	if len(found) == 0 {
		return ""
	}
	return slices.Min(found)
}

// credentialIn returns what a named value gives away, never the value itself; empty: nothing.
func credentialIn(name, value string) string {
	if what := credentialByLook(value); what != "" {
		return what
	}
	return credentialByName(name, value)
}
