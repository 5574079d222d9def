package verify

import (
	"fmt"
	"strings"

	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/inventory"
)

// podImages are about which program runs.
var podImages = []Guarantee{
	{
		Name:    "image-is-pinned",
		Promise: "every image has a tag that says which it is, and for critical apps the digest that proves it",
		Why:     "what latest means changes between two pods of one rollout; nobody can tell what ran, nor go back to it",
		Source:  "https://kubernetes.io/docs/concepts/containers/images/#image-names",
		Foreign: diag.Warning,
		check:   imageIsPinned,
	},
	{
		Name:    "image-comes-from-registry",
		Promise: "every image comes from a registry that the platform trusts",
		Why:     "an image of somebody else's registry is a program that nobody scanned, and pods do not start while that registry is away",
		Source:  "https://kubernetes.io/docs/concepts/security/supply-chain-security/",
		Foreign: diag.Warning,
		check:   imageComesFromRegistry,
	},
}

// Labels of our objects, as far as they say what is wanted of images.
const (
	podTierLabel      = "scantling.dev/tier"
	podComponentLabel = "app.kubernetes.io/component"
)

// podTool reports whether pods of ours run tools that no team chose, as those of backups and drills.
func podTool(w *inventory.Workload) bool {
	component := w.Template.Labels[podComponentLabel]
	return w.Ours() && (component == "backup" || component == "drill")
}

// podInjected is what stands for an image that an admission webhook fills in, as Istio's gateways have it.
const podInjected = "auto"

func imageIsPinned(c *checker) {
	for w := range podsWritten(c) {
		digests, tags, ok := 0, 0, true
		critical := w.Ours() && w.Labels[podTierLabel] == "critical" && !podTool(w)
		for b := range podBoxes(w) {
			_, tag, digest := podImage(b.Image)
			problem := podImageProblem(b.Name, tag, digest, critical)
			switch {
			case b.Image == "" || b.Image == podInjected:
				continue
			case problem != "":
				ok = false
				c.violated(w.Object, b.path("image"), "%s (%s)", problem, b.Image)
			case digest != "":
				digests++
			default:
				tags++
			}
		}
		if ok && digests+tags > 0 {
			c.proved(w.Object, "%s with a digest, %d with a tag", podCount{digests, "image"}, tags)
		}
	}
}

// podIsDigest reports whether a text is a digest, https://github.com/opencontainers/image-spec/blob/main/descriptor.md#digests.
func podIsDigest(text string) bool {
	algorithm, digits, _ := strings.Cut(text, ":")
	length := map[string]int{"sha256": 64, "sha512": 128}[algorithm]
	return length > 0 && len(digits) == length && strings.Trim(digits, "0123456789abcdef") == ""
}

// podImageProblem returns what happens to a container whose image is not pinned; empty: it is.
func podImageProblem(container, tag, digest string, critical bool) string {
	switch {
	case digest != "" && !podIsDigest(digest):
		return fmt.Sprintf("start container %s: its image has no valid name, because a digest is sha256: and 64 hexadecimal digits", container)
	case digest != "":
		return ""
	case tag == "":
		return fmt.Sprintf("start container %s on a new node: an image without a tag is whatever latest is by then", container)
	case tag == "latest":
		return fmt.Sprintf("start container %s on a new node: it runs whatever latest is by then", container)
	case critical:
		return fmt.Sprintf("push tag %s again: new pods of container %s run another program than the old ones, because a critical app's image has no digest", tag, container)
	}
	return ""
}

// podImage takes a reference apart. A colon before the last slash belongs to the port of a registry.
func podImage(ref string) (name, tag, digest string) {
	name, digest, _ = strings.Cut(ref, "@")
	if i := strings.LastIndexByte(name, ':'); i > strings.LastIndexByte(name, '/') {
		name, tag = name[:i], name[i+1:]
	}
	return name, tag, digest
}

// podRepository returns the whole name of an image's repository: one without a registry is Docker Hub's.
func podRepository(name string) string {
	host, _, found := strings.Cut(name, "/")
	switch {
	case !found:
		return "docker.io/library/" + name
	case strings.ContainsAny(host, ".:") || host == "localhost":
		return name
	}
	return "docker.io/" + name
}

func imageComesFromRegistry(c *checker) {
	if len(c.Facts.Registries) == 0 {
		return // all are trusted
	}
	for w := range podsWritten(c) {
		images, ok := 0, true
		for b := range podBoxes(w) {
			if b.Image == "" || b.Image == podInjected || podTool(w) {
				continue
			}
			images++
			name, _, _ := podImage(b.Image)
			if repository := podRepository(name); !podTrusted(c.Facts.Registries, repository) {
				ok = false
				c.violated(w.Object, b.path("image"), "container %s runs %s, and the platform trusts %s alone", b.Name, repository, podNames(c.Facts.Registries))
			}
		}
		if ok && images > 0 {
			c.proved(w.Object, "%s, all from %s", podCount{images, "image"}, podNames(c.Facts.Registries))
		}
	}
}

// podTrusted reports whether a repository is below one of the registries.
func podTrusted(registries []string, repository string) bool {
	for _, r := range registries {
		if r = strings.TrimSuffix(r, "/"); repository == r || strings.HasPrefix(repository, r+"/") {
			return true
		}
	}
	return false
}
