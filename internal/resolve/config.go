package resolve

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/load"
)

// configPath is the directory that config files are mounted at.
const configPath = "/etc/config"

// maxConfigBytes is the most that a ConfigMap may hold: the API server refuses more.
const maxConfigBytes = 1 << 20

// config decides the app's config files and the name of their ConfigMap: a hash of the content is part of it, so that a changed
// file makes new pods, and a rollback finds the old file.
func (s *spec) config() {
	n := s.node.Field("config")
	files := textMap(n)
	if len(files) == 0 {
		return
	}
	size := 0
	for _, f := range n.Fields {
		size += len(f.Text)
		if kind := secretInFile(f); kind != "" {
			s.w.errorAt(f, "secret-in-plain-text", s.path("config."+f.Key), "holds "+kind+" (not shown)", "secrets from the platform's store", secretHelp)
		}
	}
	if size > maxConfigBytes {
		s.fail("config", "config-fits", fmt.Sprintf("the files hold %d bytes together", size), fmt.Sprintf("at most %d, which is all that a ConfigMap may hold", maxConfigBytes), "put large files into the image or into storage")
	}
	s.mountable(n, "config", configPath, "config")
	s.app.Config = &app.Config{Name: s.name + "-config-" + contentHash(files), Path: configPath, Files: files}
	s.fromSpec("config.files", n)
	s.derived("config.name", "a hash of the files' names and content")
	s.derived("config.path", "where config files are always mounted")
}

// secretInFile says what sort of secret a file holds; random-looking words are common in files, so only known forms count.
func secretInFile(n *load.Node) string {
	for _, k := range knownSecrets {
		if k.pattern.MatchString(n.Text) {
			return k.kind
		}
	}
	return ""
}

// contentHash returns eight hex digits that change when a file's name or content does.
func contentHash(files map[string]string) string {
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintf(h, "%d %s %d %s\n", len(name), name, len(files[name]), files[name])
	}
	return hex.EncodeToString(h.Sum(nil))[:8]
}
