package rollout

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/kube"
)

// pinned reports whether a cookie keeps users on the version that answered first. Where the canary has no weight none does: a
// rollback takes everybody back at once.
func pinned(a app.App) bool {
	s := a.Rollout.Split
	return a.CanaryBy(app.ByIstio) && a.Other != nil && s.Weight > 0 && s.Sticky != nil && s.Sticky.Cookie != ""
}

// cookieValue names a version and the release, by the first 8 hex digits of a hash of the canary's image: the cookie of an older
// release pins nobody.
func cookieValue(a app.App, subset string) string {
	sum := sha256.Sum256([]byte(a.Other.Image))
	return subset + "-" + hex.EncodeToString(sum[:4])
}

// cookie matches the header of requests that have the cookie of a version. The expression is of the whole header, and stops at the
// cookie's end on both sides.
func cookie(a app.App, subset string) kube.IstioStringMatch {
	name := regexp.QuoteMeta(a.Rollout.Split.Sticky.Cookie)
	return kube.IstioStringMatch{Regex: `^(.*; ?)?` + name + "=" + cookieValue(a, subset) + `(;.*)?$`}
}

// setCookie pins a user to the version that answers. Both versions pin: if only the canary did, everybody would sooner or later be
// drawn to it and stay, whatever its weight. A new weight therefore counts for those whose cookie has ended, and for new users.
//
// The cookie is not Secure: whether TLS ends at the gateway is not known here, over plain HTTP a browser would drop a Secure one, and
// it tells no more than a version. Lax, because a Strict one is not sent when a link of another site is followed; not for scripts.
func setCookie(a app.App, subset string) *kube.IstioHeaders {
	if !pinned(a) {
		return nil
	}
	path := "/"
	if a.Expose != nil {
		path = prefix(a)
	}
	s := a.Rollout.Split.Sticky
	value := fmt.Sprintf("%s=%s; Max-Age=%d; Path=%s; HttpOnly; SameSite=Lax", s.Cookie, cookieValue(a, subset), s.Seconds, path)
	return &kube.IstioHeaders{Response: kube.IstioHeaderOperations{Add: map[string]string{
		"Set-Cookie": strings.ReplaceAll(value, "%", "%%"), // to Envoy a lone one begins a variable
	}}}
}
