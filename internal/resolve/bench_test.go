package resolve

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/scantling/scantling/internal/load"
)

// A thousand apps that call each other are to resolve in well under 0.3 s of processor time.
func BenchmarkThousandApps(b *testing.B) {
	var apps strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&apps, `apps: a%d: {team: "t%d", tier: "standard", image: "registry.acme.io/a:1.0", env: LOG: "info", scale: {min: 2, max: 8}`, i, i%20)
		if i > 0 {
			fmt.Fprintf(&apps, `, needs: {a%d: app: {}, stripe: external: {host: "api.stripe.com"}}`, i-1)
		}
		if i < 999 {
			fmt.Fprintf(&apps, `, calledBy: ["a%d"]`, i+1)
		}
		apps.WriteString("}\n")
	}
	dir := b.TempDir()
	for name, content := range map[string]string{"platform.cue": testPlatform, "app.cue": apps.String()} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			b.Fatal(err)
		}
	}
	p, found, err := load.Load(load.Options{Dir: dir})
	if err != nil || len(found) > 0 {
		b.Fatal(err, format(found))
	}
	for b.Loop() {
		if fleets, found := Fleets(p, Options{}); len(fleets[0].Apps) != 1000 {
			b.Fatal(format(found))
		}
	}
}
