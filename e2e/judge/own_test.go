package judge_test

import (
	"context"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/scantling/scantling/e2e/judge"
	"github.com/scantling/scantling/e2e/judge/manifest"
	"github.com/scantling/scantling/e2e/render"
)

// rendered are what render.Own render, with the objects of the platform.
var rendered = sync.OnceValues(func() (sets []judge.Set, err error) {
	temp, err := os.MkdirTemp("", "scantling-judge-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(temp)
	scantling, err := render.Build(context.Background(), temp)
	if err != nil {
		return nil, err
	}
	for _, p := range render.Own() {
		dir, err := p.Dir(temp)
		if err != nil {
			return nil, err
		}
		set := judge.Set{Name: p.Name}
		for _, args := range [][]string{{"generate"}, {"generate", "--platform"}} {
			out, err := scantling.Command(context.Background(), dir, args...)
			if err != nil {
				return nil, err
			}
			docs, err := manifest.Parse(p.Name, []byte(out))
			if err != nil {
				return nil, err
			}
			set.Docs = append(set.Docs, docs...)
		}
		sets = append(sets, set)
	}
	return sets, nil
})

func own(t *testing.T) []judge.Set {
	t.Helper()
	sets, err := rendered()
	if err != nil {
		t.Fatal(err)
	}
	return slices.Clone(sets)
}

// TestOwn wants every kind of object to be rendered for TestCorpus that keeps data, or that promises and capacity bring.
func TestOwn(t *testing.T) {
	kinds := map[string]bool{}
	for _, set := range own(t) {
		for _, d := range set.Docs {
			kinds[d.GetKind()] = true
			if d.GetLabels()["grafana_dashboard"] != "" {
				kinds["dashboard"] = true
			}
			if d.GetKind() == "Deployment" && strings.HasSuffix(d.GetName(), "-base") {
				kinds["base"] = true
			}
		}
	}
	for _, kind := range []string{
		"BackupStorageLocation", "Cluster", "CronJob", "ObjectStore", "Pooler", "PriorityClass", "PrometheusRule", "Schedule", "ScheduledBackup", "StorageClass",
		"ValidatingAdmissionPolicy", "VolumeSnapshotClass",
		"base", "dashboard", "NodePool", "Probe",
	} {
		if !kinds[kind] {
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
