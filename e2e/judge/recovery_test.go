package judge_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/scantling/scantling/e2e/judge"
	"github.com/scantling/scantling/e2e/judge/manifest"
)

// What keeps volumes restorable: one of the two.
const (
	byVelero    = "what keeps data, with velero"
	bySnapshots = "what keeps data, with snapshots"
)

// recoveries renders testdata/recovery.yaml for either, with the objects of the platform.
func recoveries(t *testing.T) []judge.Set {
	t.Helper()
	scantling := buildScantling(t)
	text, err := os.ReadFile(filepath.Join("testdata", "recovery.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var sets []judge.Set
	for name, volumes := range map[string]string{byVelero: "velero", bySnapshots: "snapshots"} {
		var project map[string]any
		if err := yaml.UnmarshalStrict(bytes.ReplaceAll(text, []byte("VOLUMES"), []byte(volumes)), &project); err != nil {
			t.Fatal(err)
		}
		docs, said := compile(t, scantling, project)
		if docs == nil {
			t.Fatalf("%s: %s", name, said)
		}
		platform, said := compile(t, scantling, project, "--platform")
		if platform == nil {
			t.Fatalf("%s: %s", name, said)
		}
		sets = append(sets, judge.Set{Name: name, Docs: append(docs, platform...)})
	}
	return sets
}

// TestRecovery wants every kind of object that keeps data to be rendered for TestCorpus.
func TestRecovery(t *testing.T) {
	rendered := map[string]bool{}
	for _, set := range recoveries(t) {
		for _, d := range set.Docs {
			rendered[d.GetKind()] = true
		}
	}
	for _, kind := range []string{"BackupStorageLocation", "Cluster", "CronJob", "ObjectStore", "Pooler", "PrometheusRule", "Schedule", "ScheduledBackup", "StorageClass"} {
		if !rendered[kind] {
			t.Errorf("no %s is rendered, so none is judged", kind)
		}
	}
}

// of returns the documents of a set by its name.
func of(t *testing.T, sets []judge.Set, name string) []manifest.Document {
	t.Helper()
	for _, s := range sets {
		if s.Name == name {
			return s.Docs
		}
	}
	t.Fatalf("there is no set %s", name)
	return nil
}
