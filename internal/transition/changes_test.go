package transition

import (
	"fmt"
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
		if c.Path == "" {
			c.Before, c.After = c.Before != nil, c.After != nil // whole objects
		}
		got = append(got, fmt.Sprintf("%s: %s: %s -> %s", c.Object, c.Path, text(c.Before), text(c.After)))
	}
	want := []string{
		`Deployment/shop/web: : true -> false`,
		`Deployment/shop/web-canary: : false -> true`,
		`Thing/shop/web: metadata.labels["a.b/c"]: "one" -> "two"`,
		`Thing/shop/web: spec.added: null -> false`,
		`Thing/shop/web: spec.empty: {} -> null`,
		`Thing/shop/web: spec.gone: "x" -> null`,
		`Thing/shop/web: spec.long: "<01234567890123456789012345678901234567890123456789012345678901234567890123456… -> "short"`,
		`Thing/shop/web: spec.named: ["b","a"] -> ["a","b"]`,
		`Thing/shop/web: spec.named[b].v: 1 -> 2`,
		`Thing/shop/web: spec.named[c]: {"name":"c"} -> null`,
		`Thing/shop/web: spec.named[d]: null -> {"name":"d","v":3}`,
		`Thing/shop/web: spec.nested[1].port: 81 -> 82`,
		`Thing/shop/web: spec.nested[2]: null -> {"port":83}`,
		`Thing/shop/web: spec.scalar: 1 -> "1"`,
		`Thing/shop/web: spec.words: ["a","b","c"] -> ["a","c"]`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
