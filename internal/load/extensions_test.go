package load

import (
	"os"
	"path/filepath"
	"testing"
)

// TestExtensionsAreCutOut holds that the platform is what it would be without its extensions, wherever in its file they stand, and that
// what only they need, such as an import, is no mistake.
func TestExtensionsAreCutOut(t *testing.T) {
	for name, platform := range map[string]string{
		"none":        `platform: environments: prod: kubernetes: "1.34"`,
		"inside":      `platform: {environments: prod: kubernetes: "1.34", extensions: {a: {app: _, objects: []}}}`,
		"chained":     "platform: environments: prod: kubernetes: \"1.34\"\nplatform: extensions: a: {app: _, objects: []}",
		"with import": "package p\nimport \"list\"\nplatform: environments: prod: kubernetes: \"1.34\"\nplatform: extensions: a: {app: _, objects: list.Concat([[], []])}",
		"quoted":      `"platform": {environments: prod: kubernetes: "1.34", "extensions": a: {app: _, objects: []}}`,
		"empty":       `platform: {environments: prod: kubernetes: "1.34", extensions: {}}`,
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for file, text := range map[string]string{"platform.cue": platform, "app.cue": `apps: web: {team: "a", tier: "standard", image: "registry.acme.io/web:1.0"}`} {
				if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			p, found, err := Load(Options{Dir: dir})
			if err != nil || len(found) > 0 {
				t.Fatal(err, found)
			}
			if p.Platform.Field("extensions") != nil || p.Platform.At("environments", "prod", "kubernetes").Text != "1.34" {
				t.Errorf("the platform is %+v", p.Platform)
			}
			if want := name != "none"; (p.Extensions != nil) != want {
				t.Fatalf("extensions: %v", p.Extensions != nil)
			} else if !want {
				return
			}
			x, found := p.Extensions.Extender()
			names := x.Names()
			if len(found) > 0 || len(names) != 1 && name != "empty" {
				t.Fatal(found, names)
			}
			for _, extension := range names {
				n, found := x.Objects(extension, map[string]any{"name": "web"}, map[string]any{"name": "prod"})
				if len(found) > 0 || n == nil || n.Kind != List {
					t.Errorf("%+v %v", n, found)
				}
			}
		})
	}
}

// TestExtensionsInAnAppFile holds that only the platform's package has extensions.
func TestExtensionsInAnAppFile(t *testing.T) {
	dir := t.TempDir()
	text := `apps: web: {team: "a", tier: "standard", image: "registry.acme.io/web:1.0"}
extensions: a: {app: _, objects: []}`
	if err := os.WriteFile(filepath.Join(dir, "app.cue"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	p, found, err := Load(Options{Dir: dir})
	if err != nil || len(found) == 0 || p.Extensions != nil {
		t.Errorf("%v %v %v", p.Extensions, found, err)
	}
}
