package compile_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"

	"github.com/scantling/scantling/internal/compile"
	"github.com/scantling/scantling/internal/manifest"
)

// storing is a project with volumes of both sorts, in each tier.
var storing = map[string]string{
	"platform.cue": `platform: environments: prod: {
	kubernetes: "1.34", capabilities: []
	storageClasses: {retain: "ssd-retain", delete: "ssd", provisioner: "ebs.csi.aws.com"}
}
`,
	"app.cue": `
#Image: "registry.acme.io/a:1@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
apps: {
	for tier in ["critical", "standard", "best-effort"] {
		"shared-\(tier)": {team: "shop", "tier": tier, kind: "worker", image: #Image, storage: data: {size: "1Gi", mount: "/data", access: "ReadWriteMany"}}
		"members-\(tier)": {team: "shop", "tier": tier, kind: "stateful", image: #Image, replicas: 3, storage: {data: {size: "1Gi", mount: "/data"}, log: {size: "1Gi", mount: "/log"}}}
	}
}
`,
}

// E41, INV-STO-01: of what is not best-effort nothing that somebody deletes, neither an app nor a claim, takes its data along. Only the
// rendered objects are asked, those of the platform and those of the apps.
func TestE41DataOutlivesWhatHoldsIt(t *testing.T) {
	dir := t.TempDir()
	for name, text := range storing {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	kept := map[string]bool{} // by storage class: whether its volumes outlive their claims
	for _, c := range objectsOf[storagev1.StorageClass](t, compile.Options{Dir: dir, Platform: true}, "StorageClass") {
		kept[c.Name] = *c.ReclaimPolicy == corev1.PersistentVolumeReclaimRetain
		if *c.VolumeBindingMode != storagev1.VolumeBindingWaitForFirstConsumer {
			t.Errorf("class %s makes volumes in any zone: %s", c.Name, *c.VolumeBindingMode)
		}
	}
	if fmt.Sprint(kept) != "map[ssd:false ssd-retain:true]" {
		t.Fatalf("the classes keep data: %v", kept)
	}
	whole := compile.Options{Dir: dir}
	claims, sets := objectsOf[corev1.PersistentVolumeClaim](t, whole, "PersistentVolumeClaim"), objectsOf[appsv1.StatefulSet](t, whole, "StatefulSet")
	if len(claims) != 3 || len(sets) != 3 {
		t.Fatalf("there are %d claims and %d StatefulSets", len(claims), len(sets))
	}
	check := func(id string, spec corev1.PersistentVolumeClaimSpec) {
		if want := !strings.HasSuffix(id, "-best-effort"); spec.StorageClassName == nil || kept[*spec.StorageClassName] != want {
			t.Errorf("%s: the data of a %s claim is kept: %t", id, *spec.StorageClassName, !want)
		}
	}
	for _, c := range claims {
		check(strings.TrimSuffix(c.Name, "-data"), c.Spec)
	}
	for _, s := range sets {
		for _, c := range s.Spec.VolumeClaimTemplates {
			check(s.Name, c.Spec)
		}
		want := appsv1.RetainPersistentVolumeClaimRetentionPolicyType
		if strings.HasSuffix(s.Name, "-best-effort") {
			want = appsv1.DeletePersistentVolumeClaimRetentionPolicyType
		}
		if p := s.Spec.PersistentVolumeClaimRetentionPolicy; p == nil || p.WhenDeleted != want || p.WhenScaled != want {
			t.Errorf("%s: the claims of its pods: %v, want %s", s.Name, p, want)
		}
	}
}

// objectsOf renders a project and returns the objects of one kind.
func objectsOf[T any](t *testing.T, opts compile.Options, kind string) []*T {
	t.Helper()
	m, err := compile.Generate(opts)
	if err != nil || m.Failed {
		t.Fatal(err, text(t, m.Diagnostics))
	}
	var out []*T
	for _, f := range m.Files {
		objects, err := manifest.Parse(f.Path, f.Data)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range objects {
			if o.Kind != kind {
				continue
			}
			doc, err := json.Marshal(o.Fields)
			if err != nil {
				t.Fatal(err)
			}
			decode(t, &out, o.String(), doc)
		}
	}
	return out
}
