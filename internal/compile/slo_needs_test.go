package compile_test

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/scantling/scantling/internal/diag"
)

// needing is an app that cannot work without others, and what they promise.
type needing struct {
	own   string
	apps  []string // availabilities of apps that it needs; "soft:" before what it can do without
	store string   // of its database; empty: the platform does not say
	twice bool     // it has two needs on the database
	far   string   // of an app in another repository
}

// project is one with the app front.
func (n needing) project() map[string]string {
	var needs, callees, databases, stated strings.Builder
	for i, percent := range n.apps {
		promised, soft := strings.CutPrefix(percent, "soft:")
		fmt.Fprintf(&needs, "\t\tcallee%d: app: soft: %v\n", i, soft)
		fmt.Fprintf(&callees, "\tcallee%d: {team: \"shop\", tier: \"critical\", image: pinned, port: 8080, calledBy: [\"front\"], slo: availability: %s}\n", i, promised)
	}
	if n.store != "" {
		needs.WriteString("\t\torders: postgres: database: \"orders\"\n")
		if n.twice {
			needs.WriteString("\t\tstock: postgres: {instance: \"orders\", database: \"stock\"}\n")
		}
		fmt.Fprintf(&databases, "\tdatabases: orders: {kind: \"postgres\", version: 17, host: \"db.acme.io\", cidrs: [\"10.20.1.0/24\"], slo: %s}\n", n.store)
	}
	if n.far != "" {
		needs.WriteString("\t\tfar: app: {}\n")
		fmt.Fprintf(&stated, "\tapps: far: {namespace: \"far\", team: \"far\", port: 8080, slo: %s}\n", n.far)
	}
	return map[string]string{"platform.cue": `package platform
platform: {
	environments: prod: {kubernetes: "1.34", zones: ["a", "b", "c"], capabilities: ["externalsecrets", "prometheus"], secretStore: name: "vault", scrape: {namespace: "monitoring", labels: app: "prometheus"}}
` + databases.String() + stated.String() + `}
`, "app.cue": `package shop
let pinned = "registry.acme.io/app:1.4.2@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
apps: {
	front: {team: "shop", tier: "critical", image: pinned, port: 8080, slo: availability: ` + n.own + `, needs: {
` + needs.String() + `	}}
` + callees.String() + `}
`}
}

// lost is what the hard needs may fail, all together, in percent.
func (n needing) lost() *big.Rat {
	sum := new(big.Rat)
	for _, percent := range append(slices.Clone(n.apps), n.store, n.far) {
		if p := rat(percent); p != nil { // a soft one is no number
			sum.Add(sum, new(big.Rat).Sub(big.NewRat(100, 1), p))
		}
	}
	return sum
}

// one is never written to.
var one = big.NewRat(1, 1)

// TestNeedsMayFailLess holds INV-SLO-04 on both sides of its limits: what an app cannot work without fails less often than the app may, all
// together; and beyond half of that, somebody hears of it.
func TestNeedsMayFailLess(t *testing.T) {
	for _, n := range []needing{
		{own: "99.9", apps: []string{"99.9"}},
		{own: "99.9", apps: []string{"99.901"}},
		{own: "99.9", apps: []string{"99.95"}},
		{own: "99.9", apps: []string{"99.949"}},
		{own: "99.9", apps: []string{"99.95", "99.95"}},
		{own: "99.9", apps: []string{"99.95", "99.951"}},
		{own: "99.9", apps: []string{"99.99", "99.99", "99.99", "99.98"}},
		{own: "99.9", apps: []string{"99.99", "99.99", "99.99", "99.98", "99.99"}},
		{own: "99.9", apps: []string{"soft:99", "soft:95"}},
		{own: "99.9", apps: []string{"soft:99", "99.9"}},
		{own: "99.5", apps: []string{"99.9"}, store: "99.7"},
		{own: "99.5", apps: []string{"99.9"}, store: "99.6"},
		{own: "99.5", apps: []string{"99.9"}, store: "99.601"},
		{own: "99.5", store: "99.75", twice: true},
		{own: "99.5", store: "99.7", twice: true},
		{own: "99.5", far: "99.5"},
		{own: "99.5", far: "99.501"},
		{own: "99", apps: []string{"99.7", "99.8"}, store: "99.75", far: "99.75"},
		{own: "99", apps: []string{"99.7", "99.801"}, store: "99.75", far: "99.75"},
		{own: "70", apps: []string{"80", "90"}},
		{own: "70", apps: []string{"80", "90.001"}},
	} {
		made := generate(t, onDisk(t, n.project()))
		i := slices.IndexFunc(made.Diagnostics, func(d diag.Diagnostic) bool { return d.Rule == "objective-fits-needs" })
		budget := new(big.Rat).Sub(big.NewRat(100, 1), rat(n.own))
		share := new(big.Rat).Quo(n.lost(), budget)
		want, got := "nothing", "nothing"
		switch {
		case share.Cmp(one) >= 0:
			want = diag.Error.String()
		case share.Cmp(big.NewRat(1, 2)) > 0:
			want = diag.Warning.String()
		}
		if i >= 0 {
			got = made.Diagnostics[i].Severity.String()
		}
		if got != want || made.Failed != (want == diag.Error.String()) {
			t.Errorf("%+v lose %s of the budget: %s is said, want %s:\n%s", n, share.RatString(), got, want, text(t, made.Diagnostics))
		}
	}
}

// TestLargestHonestPromise wants the objective that the message proposes to be one that holds, and none above it.
func TestLargestHonestPromise(t *testing.T) {
	for _, n := range []needing{
		{own: "99.9", apps: []string{"99.9"}},
		{own: "99.95", apps: []string{"99.9", "99.95"}},
		{own: "99.5", apps: []string{"99.9"}, store: "99.5"},
		{own: "99.99", apps: []string{"99.95"}},
	} {
		var help string
		for _, d := range generate(t, onDisk(t, n.project())).Diagnostics {
			if d.Rule == "objective-fits-needs" {
				help = d.Help
			}
		}
		_, proposed, _ := strings.Cut(help, "lower it to ")
		proposed, _, _ = strings.Cut(proposed, ",")
		most := rat(proposed)
		if most == nil {
			t.Errorf("%+v: nothing is proposed: %q", n, help)
			continue
		}
		_, decimals, _ := strings.Cut(n.own, ".")
		step := new(big.Rat).SetFrac(big.NewInt(1), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(len(decimals))), nil))
		for _, tt := range []struct {
			own  *big.Rat
			fits bool
		}{{most, true}, {new(big.Rat).Add(most, step), false}} {
			again := n
			again.own = tt.own.FloatString(len(decimals))
			if made := generate(t, onDisk(t, again.project())); made.Failed == tt.fits {
				t.Errorf("%+v: %s is proposed, and %s fits: %v", n, proposed, again.own, !made.Failed)
			}
		}
	}
}

// TestHardNeedsHaveNoCircle wants two apps that each cannot work without the other to be refused: then neither ever starts.
func TestHardNeedsHaveNoCircle(t *testing.T) {
	for soft, want := range map[bool]bool{false: true, true: false} {
		made := generate(t, onDisk(t, map[string]string{"app.cue": fmt.Sprintf(`package shop
apps: [string]: {team: "shop", tier: "standard", image: "registry.acme.io/app:1.0", port: 8080}
apps: {
	a: {slo: availability: 99, needs: b: app: {}, calledBy: ["b"]}
	b: {slo: availability: 99.9, needs: a: app: soft: %v, calledBy: ["a"]}
}
`, soft)}))
		if made.Failed != want {
			t.Errorf("soft %v: refused %v\n%s", soft, made.Failed, text(t, made.Diagnostics))
		}
	}
}
