package delivery

import (
	"strconv"

	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

// helm makes hooks of a migration and of what only it needs, because a hook runs before anything of the release is there. Hooks are
// no part of the release, so they go when all of them have succeeded. That is safe only for objects that nobody else uses: with an
// ExternalSecret goes its Secret. After a failure they stay to be looked at, and the next attempt replaces them.
func helm(o generator.Object) marks {
	if !migrates(o) {
		return marks{}
	}
	return marks{annotations: map[string]string{
		"helm.sh/hook":               "pre-install,pre-upgrade",
		"helm.sh/hook-weight":        strconv.Itoa(waveIn(nil, kube.Kind(o))),
		"helm.sh/hook-delete-policy": "before-hook-creation,hook-succeeded",
	}}
}
