package emit

import (
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
