package transition

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestChanges(t *testing.T) {
	before := `
apiVersion: v1
kind: Thing
metadata: {name: web, namespace: shop, labels: {app.kubernetes.io/instance: web, a.b/c: one}}
spec:
  same: 1
  scalar: 1
  gone: x
  nothing: ~
  empty: {}
  words: [a, b, c]
  named: [{name: b, v: 1}, {name: a, v: 1}, {name: c}]
  nested: [{port: 80}, {port: 81}]
  long: <0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890>
`
	after := `
apiVersion: v1
kind: Thing
metadata: {name: web, namespace: shop, labels: {app.kubernetes.io/instance: web, a.b/c: two}}
spec:
  same: 1
  scalar: "1"
  added: false
  words: [a, c]
  named: [{name: a, v: 1}, {name: b, v: 2}, {name: d, v: 3}]
  nested: [{port: 80}, {port: 82}, {port: 83}]
  long: short
`
	var got []string
	for _, c := range Changes(parse(t, before, stable), parse(t, after, canary)) {
		if c.App != "web" {
			t.Errorf("%s is of app %q", c.Object, c.App)
		}
		got = append(got, c.String())
	}
	want := []string{
		`Deployment/shop/web goes away`,
		`Deployment/shop/web-canary is new`,
		`Thing/shop/web: metadata.labels["a.b/c"]: "one" -> "two"`,
		`Thing/shop/web: spec.added: false is new`,
		`Thing/shop/web: spec.empty goes away`,
		`Thing/shop/web: spec.gone: "x" goes away`,
		`Thing/shop/web: spec.long: "<01234567890123456789012345678901234567890123456789012345678901234567890123456… -> "short"`,
		`Thing/shop/web: spec.named: ["b","a"] -> ["a","b"]`,
		`Thing/shop/web: spec.named[b].v: 1 -> 2`,
		`Thing/shop/web: spec.named[c] goes away`,
		`Thing/shop/web: spec.named[d] is new`,
		`Thing/shop/web: spec.nested[1].port: 81 -> 82`,
		`Thing/shop/web: spec.nested[2] is new`,
		`Thing/shop/web: spec.scalar: 1 -> "1"`,
		`Thing/shop/web: spec.words: ["a","b","c"] -> ["a","c"]`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
