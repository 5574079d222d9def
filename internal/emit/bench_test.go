package emit

import (
	"fmt"
	"testing"

	"sigs.k8s.io/yaml"
)

// BenchmarkDeployment writes one hardened Deployment, with sigs.k8s.io/yaml beside it.
func BenchmarkDeployment(b *testing.B) {
	d := deployment()
	b.Run("emit", func(b *testing.B) {
		var buf []byte
		b.ReportAllocs()
		for b.Loop() {
			var err error
			if buf, err = AppendYAML(buf[:0], d); err != nil {
				b.Fatal(err)
			}
		}
		b.SetBytes(int64(len(buf)))
	})
	b.Run("sigs", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := yaml.Marshal(d); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkTree writes a fleet of a thousand apps with twenty objects each: new, and when nothing has changed.
func BenchmarkTree(b *testing.B) {
	var fleet []File
	for app := range 1000 {
		var docs []Document
		for range 20 {
			docs = append(docs, Document{Env: "prod", Namespace: fmt.Sprint("team-", app%50), App: fmt.Sprint("app-", app), Object: objects()[4]})
		}
		files, err := Layout(docs, false)
		if err != nil {
			b.Fatal(err)
		}
		fleet = append(fleet, files...)
	}
	write := func(b *testing.B, dir string) {
		if _, err := Write(dir, fleet, nil); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("new", func(b *testing.B) {
		for b.Loop() {
			write(b, b.TempDir())
		}
	})
	b.Run("same", func(b *testing.B) {
		dir := b.TempDir()
		write(b, dir)
		b.ReportAllocs()
		for b.Loop() {
			write(b, dir)
		}
	})
}
