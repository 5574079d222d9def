package resolve

import (
	"fmt"
	"slices"
	"strings"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/kube"
	"github.com/scantling/scantling/internal/load"
)

// secretDirectory is where a secret or the credentials of a need are mounted.
func secretDirectory(name string) string { return "/var/run/secrets/" + name }

// credentials decides where a need's credentials come from: one Secret with the keys that its kind has, as the platform's store
// keeps them at NAMESPACE/NEED or at the place that the platform states.
func (s *spec) credentials(l *link) {
	field := "needs." + l.need.Name
	switch place := l.server.Field("secret"); {
	case s.cluster(l.need.Name) != nil:
		s.clusterCredentials(l)
		return
	case isFalse(place), len(l.credentialKeys()) == 0:
		return
	default:
		l.store = textOr(place, s.app.Namespace+"/"+l.need.Name)
	}
	if !s.fetches(l.key, field, fmt.Sprintf("need %q", l.need.Name), "enable it; a server that takes no credentials: secret: false in the platform") {
		l.store = ""
		return
	}
	l.need.Secret = kube.Name(s.name, l.need.Name, "credentials")
	secret := app.Secret{Name: l.need.Secret, Store: s.store(l.need.Secret), Path: secretDirectory(l.need.Name)}
	for _, d := range l.secretKeys() {
		secret.Store.Data = append(secret.Store.Data, app.RemoteKey{Key: d.key, Remote: l.store, Property: d.key})
		if d.file {
			secret.Items = append(secret.Items, app.SecretItem{Key: d.key, File: d.key})
		}
	}
	slices.SortFunc(secret.Store.Data, func(a, b app.RemoteKey) int { return strings.Compare(a.Key, b.Key) })
	if url := l.node.Field("url"); url != nil {
		secret.Store.Template = map[string]string{urlKey: l.url()}
		s.manualRotation(field + "." + l.node.Key + ".url")
	}
	s.addSecret(secret, l.key)
}

// fetches reports whether external-secrets can fetch for this app, and if not what is missing.
func (s *spec) fetches(n *load.Node, field, what, help string) bool {
	if s.lacks(field, what, "externalsecrets", help) {
		return false
	}
	if s.w.env.SecretStore == nil {
		s.w.missingFact(n, s.path(field), what, "secretStore", `{name: "vault", kind: "ClusterSecretStore"}`)
		return false
	}
	return true
}

// store returns the environment's secret store, as the app's Secret of this name uses it.
func (s *spec) store(secret string) *app.StoreSecret {
	return s.storeOf("secrets[" + secret + "].store")
}

// storeOf returns the environment's secret store, and records it for a StoreSecret at path.
func (s *spec) storeOf(path string) *app.StoreSecret {
	st := s.w.env.SecretStore
	stated := s.w.facts.node.Field("secretStore")
	refresh := st.RefreshSeconds
	if refresh == 0 {
		refresh = s.fromTier(path+".refreshSeconds", "refreshSeconds")
	} else {
		s.decided(path+".refreshSeconds", app.ByPlatform, at(stated.Field("refresh"), stated), "")
	}
	s.decided(path, app.ByPlatform, at(stated, nil), "")
	return &app.StoreSecret{StoreName: st.Name, StoreKind: st.Kind, RefreshSeconds: refresh}
}

// addSecret adds a Secret, unless another one has its name or its directory.
func (s *spec) addSecret(secret app.Secret, n *load.Node) {
	for _, other := range s.app.Secrets {
		var problem string
		switch {
		case other.Name == secret.Name && !(other.Existing && secret.Existing):
			problem = fmt.Sprintf("Secret %q is made already, %s", secret.Name, s.origin("secrets["+other.Name+"]"))
		case other.Path == secret.Path && secret.Path != "":
			problem = fmt.Sprintf("files lie in %s already, %s", secret.Path, s.origin("secrets["+other.Name+"]"))
		default:
			continue
		}
		s.w.errorAtKey(n, "secrets-differ", s.path("secrets."+n.Key), problem, "a name that no need with credentials has", "rename it")
		return
	}
	s.app.Secrets = append(s.app.Secrets, secret)
	s.decided("secrets["+secret.Name+"]", app.BySpec, n.KeyPos, "")
}

// secrets decides the app's own secrets; those of its needs stand already.
func (s *spec) secrets() {
	for _, n := range byKey(fields(s.node.Field("secrets"))) {
		switch {
		case n.Field("key") != nil:
			s.fetched(n)
		case n.Field("sealed") != nil:
			s.sealed(n)
		case n.Field("existing") != nil:
			s.existing(n)
		}
	}
	slices.SortStableFunc(s.app.Secrets, func(a, b app.Secret) int {
		if c := strings.Compare(a.Name, b.Name); c != 0 {
			return c
		}
		return strings.Compare(a.Path, b.Path)
	})
}

// fetched adds a secret from the platform's store: a Secret with one key, named like the file or the variable that it becomes.
func (s *spec) fetched(n *load.Node) {
	field := "secrets." + n.Key
	if !s.fetches(n, field, fmt.Sprintf("secret %q", n.Key), "enable it, or use a sealed or an existing secret") {
		return
	}
	name := kube.Name(s.name, n.Key)
	key := textOr(n.Field("env"), textOr(n.Field("file"), n.Key))
	secret := app.Secret{Name: name, Store: s.store(name)}
	secret.Store.Data = []app.RemoteKey{{Key: key, Remote: text(n.Field("key")), Property: text(n.Field("property"))}}
	s.deliver(n, secret, key)
}

// existing adds a secret that somebody else makes: nobody can look into it, so the spec must say which key is read.
func (s *spec) existing(n *load.Node) {
	name := text(n.Field("existing"))
	key := textOr(n.Field("property"), text(n.Field("file")))
	if key == "" {
		s.w.errorAtKey(n, "secret-has-key", s.path("secrets."+n.Key), fmt.Sprintf("nothing says which key of Secret %q is read", name), "property: the key", `add property: "password"`)
		return
	}
	s.deliver(n, app.Secret{Name: name, Existing: true}, key)
}

// deliver gives one key of a Secret to the app: as the variable that the spec names, else as a file.
func (s *spec) deliver(n *load.Node, secret app.Secret, key string) {
	env := text(n.Field("env"))
	if env == "" {
		secret.Path = secretDirectory(n.Key)
		secret.Items = []app.SecretItem{{Key: key, File: textOr(n.Field("file"), n.Key)}}
		s.addSecret(secret, n)
		return
	}
	s.addSecret(secret, n)
	v := app.Variable{Name: env, Secret: secret.Name, Key: key}
	if s.free(v.Name, n.Field("env").Pos, s.path("secrets."+n.Key+".env")) {
		s.derive(v, app.BySpec, n.Field("env").Pos, "the secret "+n.Key)
	}
	s.manualRotation("secrets." + n.Key + ".env")
}

// manualRotation notes that a variable keeps its value until the pod ends, where nothing restarts pods for a new one.
func (s *spec) manualRotation(field string) {
	if !s.w.env.Has("reloader") {
		s.note(field, "secret-rotation-is-manual", "a rotated secret reaches a variable only at the next restart", "", `use a file, or add "reloader" to the platform's capabilities when it is installed`)
	}
}

// tell adds the variables of every need. Two needs whose prefixes meet are reported once, not for every variable.
func (s *spec) tell(links []*link) {
	for _, l := range links {
		if strings.IndexAny(l.need.Prefix, "0123456789") == 0 {
			s.w.errorAtKey(l.key, "variable-has-name", l.path, fmt.Sprintf("variable %q would begin with a digit", l.need.Prefix+"_HOST"), "a name of letters, digits and _ that begins with a letter", `add env: "PREFIX"`)
			continue
		}
		pos, path := l.key.KeyPos, l.path
		if prefix := l.node.Field("env"); prefix != nil {
			pos, path = prefix.Pos, l.path+"."+l.node.Key+".env"
		}
		for _, v := range l.variables() {
			if !s.free(v.Name, pos, path) {
				break
			}
			s.derive(v, app.BySpec, pos, l.note())
		}
		if v, url := l.urlVariable(); url != nil && s.free(v.Name, url.Pos, l.path+"."+l.node.Key+".url") {
			s.derive(v, app.BySpec, url.Pos, l.note())
		}
	}
}

// free reports whether a variable's name is not taken yet, and says so if it is.
func (s *spec) free(name string, pos diag.Pos, path string) bool {
	taken := func(rule, problem, help string) bool {
		s.w.report(diag.Diagnostic{Rule: rule, Pos: pos, Path: path, Problem: name + problem, Want: "a name that nothing else sets", Help: help})
		return false
	}
	switch {
	case slices.Contains(reservedNames, name):
		return taken("variable-reserved", " is set from the pod's own state", "choose another name")
	case slices.ContainsFunc(s.app.Variables, func(v app.Variable) bool { return v.Name == name }):
		return taken("variable-twice", " is set already, "+s.origin("variables["+name+"]"), `choose another name; a need's variables begin with env: "PREFIX"`)
	}
	return true
}
