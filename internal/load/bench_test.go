package load

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// BenchmarkLoad1000 loads a thousand apps, each in its own directory, a quarter of them templated.
func BenchmarkLoad1000(b *testing.B) {
	dir := b.TempDir()
	for i := range 1000 {
		sub := filepath.Join(dir, fmt.Sprintf("a%04d", i))
		if err := os.Mkdir(sub, 0o777); err != nil {
			b.Fatal(err)
		}
		text := fmt.Sprintf(typical, i)
		if i%4 == 0 {
			text = fmt.Sprintf(templated, i)
		}
		if err := os.WriteFile(filepath.Join(sub, "app.cue"), []byte(text), 0o666); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		p, found, err := Load(Options{Dir: dir})
		if err != nil || len(found) > 0 || len(p.Apps) != 1000 {
			b.Fatal(err, len(found), len(p.Apps))
		}
	}
}

// BenchmarkRules reads the schema, which each process does once.
func BenchmarkRules(b *testing.B) {
	for b.Loop() {
		if _, err := readRules(); err != nil {
			b.Fatal(err)
		}
	}
}

const typical = `package checkout

apps: "checkout-%d": {
	team:    "payments"
	tier:    "critical"
	image:   "registry.acme.io/shop/checkout:1.4.2@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
	slo:     {availability: 99.9, latency: {percent: 95, under: "250ms"}}
	scale:   {min: 3, max: 10}
	rollout: canary: {}
	expose:  host: "checkout.acme.io"
	needs: {
		orders:   postgres: {pool: 8, recovery: {rpo: "4h", rto: "1h"}}
		sessions: redis: {}
		pricing:  app: {}
		stripe:   external: {host: "api.stripe.com", port: 443}
	}
	calledBy: ["gateway"]
}
`

const templated = `package checkout

_version: "1.4.2"
apps: [string]: {team: "payments", tier: *"standard" | _, scale: {min: 3, max: *10 | _}}
apps: "checkout-%d": {
	image:   "registry.acme.io/shop/checkout:\(_version)"
	slo:     {availability: 99.9, latency: {percent: 95, under: "250ms"}}
	expose:  host: "checkout.acme.io"
	needs: {
		orders:   postgres: {pool: 8, recovery: {rpo: "4h", rto: "1h"}}
		sessions: redis: {}
	}
	calledBy: ["gateway"]
}
`
