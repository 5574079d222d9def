package resolve

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/load"
)

// upstreamTools are the images of tools that follow no server and no cluster, where the platform names none.
var upstreamTools = map[string]string{
	"rclone": "docker.io/rclone/rclone:1.75.1",
	"cnpg":   "ghcr.io/cloudnative-pg/postgresql:18.1-standard-trixie",
}

// upstreamServers are the repositories of servers' images, and the version that serves where the platform states none: the newest,
// because a newer client dumps an older server and a newer server reads an older dump, not the other way round.
var upstreamServers = map[string]struct{ repo, newest string }{
	"postgres": {"docker.io/library/postgres", "18"},
	"mysql":    {"docker.io/library/mysql", "8.4"},
	"mongodb":  {"docker.io/library/mongo", "8"},
	"redis":    {"docker.io/library/redis", "8"},
}

// upstreamKubectls are images with a shell and kubectl, by the minor version of Kubernetes.
var upstreamKubectls = map[int]string{33: "1.33.4", 34: "1.34.2", 35: "1.35.3", 36: "1.36.0", 37: "1.37.1"}

// toolImage is the image of rclone, kubectl or cnpg: the platform's, else one from upstream.
func (s *spec) toolImage(tool string) string {
	upstream := upstreamTools[tool]
	if tool == "kubectl" {
		upstream = "docker.io/alpine/kubectl:" + kubectlVersion(s.w.env.Minor)
	}
	return s.statedImage(tool, upstream, nil)
}

// serverImage is the image that dumps and restores databases of this kind: the platform's, else one of the server's own version.
func (s *spec) serverImage(kind string, server *load.Node) string {
	up := upstreamServers[kind]
	tag := up.newest
	if v := server.Field("version"); v != nil && (v.Kind == load.Int || v.Kind == load.Float) {
		tag = major(kind, v.Text)
	}
	return s.statedImage(kind, up.repo+":"+tag, server)
}

// kubectlVersion is the version that is nearest to a cluster's.
func kubectlVersion(minor int) string {
	known := slices.Sorted(maps.Keys(upstreamKubectls))
	return upstreamKubectls[min(max(minor, known[0]), known[len(known)-1])]
}

// major is the part of a server's version that an image is tagged with. What follows the first point is a patch in PostgreSQL since
// version 10, and elsewhere a release of its own.
func major(kind, version string) string {
	first, _, _ := strings.Cut(version, ".")
	if n, err := strconv.Atoi(first); kind == "postgres" && err == nil && n >= 10 {
		return first
	}
	return version
}

// statedImage is the platform's image of a tool, checked like any other, or the upstream one, of which the platform is told once.
func (s *spec) statedImage(tool, upstream string, server *load.Node) string {
	n := s.w.facts.images.Field(tool)
	if n == nil {
		s.w.fromUpstream(upstream)
		return upstream
	}
	if ref, problem := parseReference(text(n)); problem == "" { // else the loader has said so
		path := "platform.images." + tool
		s.checkImage(ref, text(n), n.Pos, path)
		s.coversServer(n, ref, path, tool, server)
	}
	return text(n)
}

// coversServer reports an image that is older than a server: its client refuses to dump it, or cannot read what it has dumped.
func (s *spec) coversServer(n *load.Node, ref reference, path, kind string, server *load.Node) {
	stated := server.Field("version")
	number := ref.tag[:len(ref.tag)-len(strings.TrimLeft(ref.tag, "0123456789."))]
	if stated != nil && older(major(kind, number), major(kind, stated.Text)) {
		s.w.errorAt(n, "tool-covers-server", path, fmt.Sprintf("%s %s is older than %q, which has version %s (%s)", kind, number, server.Key, stated.Text, server.KeyPos),
			"at least the version of the newest server", "")
	}
}

// older reports whether a version comes before another one, as far as both are stated: 8 is not older than 8.4.
func older(a, b string) bool {
	as, bs := strings.Split(a, "."), strings.Split(b, ".")
	for i := range min(len(as), len(bs)) {
		x, errX := strconv.Atoi(as[i])
		y, errY := strconv.Atoi(bs[i])
		if errX != nil || errY != nil || x != y {
			return errX == nil && errY == nil && x < y
		}
	}
	return false
}

// fromUpstream remembers an image that the platform does not state.
func (w *world) fromUpstream(image string) {
	if w.upstream == nil {
		w.upstream = map[string]bool{}
	}
	w.upstream[image] = true
}

// warnUpstream warns once an environment of the images that come from elsewhere.
func (w *world) warnUpstream() {
	if len(w.upstream) == 0 || w.facts.local {
		return
	}
	images := slices.Sorted(maps.Keys(w.upstream))
	w.report(diag.Diagnostic{Severity: diag.Warning, Rule: "tools-from-upstream", Pos: at(w.facts.images, w.facts.node), Path: "platform.images",
		Problem: "backups and drills run " + load.Prose(images, "and") + ": tags that somebody else can move, from registries that are not yours",
		Want:    "copies in your own registry, by digest", Help: `e.g. images: {rclone: "registry.acme.io/tools/rclone:1.75.1@sha256:..."}`})
}
