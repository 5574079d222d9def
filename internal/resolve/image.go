package resolve

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/load"
)

// reference is an image reference in its parts.
type reference struct {
	host   string // the registry; docker.io where none is written
	repo   string // the path below it
	tag    string // empty: none
	digest string // sha256:...; empty: none
}

// The grammar of a reference, as registries define it (github.com/distribution/reference); named parts are checked one by one
// so that a message can say which one is wrong.
var (
	repoPattern   = regexp.MustCompile(`^[a-z0-9]+(([._]|__|-+)[a-z0-9]+)*(/[a-z0-9]+(([._]|__|-+)[a-z0-9]+)*)*$`)
	hostPattern   = regexp.MustCompile(`^[a-zA-Z0-9]([-a-zA-Z0-9.]*[a-zA-Z0-9])?(:[0-9]{1,5})?$`)
	tagPattern    = regexp.MustCompile(`^[a-zA-Z0-9_][-a-zA-Z0-9_.]{0,127}$`)
	digestPattern = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)
)

// defaultRegistry serves what names no registry.
const defaultRegistry = "docker.io"

// parseReference splits a reference; the problem is empty when it is well-formed.
func parseReference(s string) (ref reference, problem string) {
	rest, digest, hasDigest := strings.Cut(s, "@")
	if i := strings.LastIndexByte(rest, ':'); i > strings.LastIndexByte(rest, '/') {
		rest, ref.tag = rest[:i], rest[i+1:]
		if !tagPattern.MatchString(ref.tag) {
			return ref, fmt.Sprintf("%q is not a tag", ref.tag)
		}
	}
	ref.host, ref.repo = defaultRegistry, rest
	if host, repo, ok := strings.Cut(rest, "/"); ok && (strings.ContainsAny(host, ".:") || host == "localhost") {
		ref.host, ref.repo = host, repo
	}
	hexes, sha256 := strings.CutPrefix(digest, "sha256:")
	switch {
	case !hostPattern.MatchString(ref.host):
		return ref, fmt.Sprintf("%q is not a registry", ref.host)
	case !repoPattern.MatchString(ref.repo):
		return ref, fmt.Sprintf("%q is not the path of an image", ref.repo)
	case hasDigest && !sha256:
		return ref, fmt.Sprintf("%q is not a sha256 digest", digest)
	case hasDigest && len(hexes) != 64:
		return ref, fmt.Sprintf("a sha256 digest has 64 hex characters, this one has %d", len(hexes))
	case hasDigest && !digestPattern.MatchString(digest):
		return ref, "the digest holds other characters than 0-9 and a-f"
	}
	ref.digest = digest
	return ref, ""
}

// image decides the main container's image, and the version that its label shows.
func (s *spec) image() {
	n := s.node.Field("image")
	written, pos := text(n), at(n, s.node)
	if s.override != nil {
		written, pos = s.override.Ref, s.override.Pos
	}
	s.app.Image = written
	s.decided("image", app.BySpec, pos, "")
	ref, problem := parseReference(written)
	switch {
	case problem == "":
		s.checkImage(ref, written, pos, s.path("image"))
	case s.override != nil: // of the spec's own, the loader has reported it
		s.imageFails("bad-format", pos, s.path("image"), fmt.Sprintf("%q is not an image reference: %s", written, problem), `a reference such as "registry.acme.io/shop/web:1.4.2"`, "")
	default:
		return
	}
	s.app.Version = version(ref)
	if s.app.Version != "" {
		s.derived("version", "%s", versionNote(ref))
	}
}

func (s *spec) imageFails(rule string, pos diag.Pos, path, problem, want, help string) {
	s.w.report(diag.Diagnostic{Rule: rule, Pos: pos, Path: path, Problem: problem, Want: want, Help: help})
}

// checkImage checks that a reference always means the same image, and that its registry is one of the platform's. The path is that of
// the field, from the root of the file.
func (s *spec) checkImage(ref reference, written string, pos diag.Pos, path string) {
	pin := fmt.Sprintf("run `crane digest %s` and append the answer: %s@sha256:...", written, written)
	switch {
	case ref.digest != "":
	case ref.tag == "":
		s.imageFails("image-needs-tag", pos, path, fmt.Sprintf("%q has neither a tag nor a digest", written), "one version, for good", fmt.Sprintf("pin it, e.g. %s:1.4.2@sha256:...", written))
	case ref.tag == "latest":
		s.imageFails("image-tag-is-fixed", pos, path, `the tag "latest" means another image every day: no rollback finds the old one`, "a version or a digest", "")
	case s.app.Tier == app.Critical:
		s.imageFails("image-needs-digest", pos, path, fmt.Sprintf("%q has no digest, which tier critical requires: a tag can be moved", written), "a reference with @sha256:", pin)
	}
	if !allowed(s.w.facts.registries, ref) {
		s.imageFails("image-registry-allowed", pos, path, fmt.Sprintf("registry %q is not one of the platform's", ref.place()),
			load.Prose(texts(s.w.facts.registries), "or")+" ("+at(s.w.facts.registries, nil).String()+")", "mirror the image to one of them")
	}
}

// place is the registry with the first part of the path, which is what an allow-list speaks of.
func (r reference) place() string {
	if first, _, ok := strings.Cut(r.repo, "/"); ok {
		return r.host + "/" + first
	}
	return r.host
}

// allowed reports whether a reference is below one of the registries; none listed allows all.
func allowed(registries *load.Node, ref reference) bool {
	if registries == nil {
		return true
	}
	full := ref.host + "/" + ref.repo
	for _, r := range texts(registries) {
		if strings.HasPrefix(full, strings.TrimSuffix(r, "/")+"/") {
			return true
		}
	}
	return false
}

// maxLabel is the most characters that the value of a label may have.
const maxLabel = 63

// version is what the version label shows: the tag, or the first digits of the digest. A tag may end in ways that a label may not.
func version(ref reference) string {
	if tag := ref.tag; tag != "" && tag != "latest" {
		return strings.Trim(tag[:min(len(tag), maxLabel)], "-_.")
	}
	if ref.digest == "" {
		return ""
	}
	return strings.TrimPrefix(ref.digest, "sha256:")[:12]
}

func versionNote(ref reference) string {
	if ref.tag != "" && ref.tag != "latest" {
		return "the image's tag"
	}
	return "the first " + strconv.Itoa(12) + " digits of the image's digest"
}
