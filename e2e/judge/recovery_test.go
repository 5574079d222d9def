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

// TestRecovery puts what keeps data of every kind, by every method, before all judges.
func TestRecovery(t *testing.T) {
	t.Parallel()
	all := judges(t)
	rendered := map[string]int{}
	for _, set := range recoveries(t) {
		for _, d := range set.Docs {
			rendered[d.GetKind()]++
		}
		findings, _, err := judge.Ask(all, set.Docs)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range findings {
			t.Errorf("%s: %s", set.Name, f)
		}
	}
	for _, kind := range []string{"CronJob", "BackupStorageLocation", "Cluster", "ObjectStore", "Pooler", "PrometheusRule", "Schedule", "ScheduledBackup", "StorageClass"} {
		if rendered[kind] == 0 {
			t.Errorf("no %s is rendered, so none was judged", kind)
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
