package manifest

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// BenchmarkReadTree reads a tree of about 20,000 objects, as 2,900 apps render to.
func BenchmarkReadTree(b *testing.B) {
	app, err := os.ReadFile("../../blueprints/online-boutique/want/prod/checkout/checkoutservice.yaml")
	if err != nil {
		b.Fatal(err)
	}
	one, err := Parse("app.yaml", app)
	if err != nil {
		b.Fatal(err)
	}
	const wanted = 20_000 // objects
	dir := b.TempDir()
	files := wanted / len(one)
	for i := range files {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("app-%d.yaml", i)), app, 0o666); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(int64(len(app) * files))
	b.ReportAllocs()
	for b.Loop() {
		objects, err := ReadTree(dir)
		if err != nil || len(objects) != files*len(one) {
			b.Fatalf("%d objects: %v", len(objects), err)
		}
	}
}
