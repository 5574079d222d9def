package resolve

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scantling/scantling/internal/app"
)

// TestPlatformLeftOut wants a note for every object of the platform that is not made, and none for what is.
func TestPlatformLeftOut(t *testing.T) {
	env := func() *app.Environment {
		return &app.Environment{
			Name: "prod", Capabilities: []string{"externalsecrets", "snapshots", "velero"},
			StorageClasses:  app.StorageClasses{Retain: "ssd-retain", Delete: "ssd", Snapshot: "snap", Provisioner: "csi.acme.io"},
			PriorityClasses: map[app.Tier]string{app.Critical: "business-critical"},
			SecretStore:     &app.SecretStore{Name: "vault"}, Backups: &app.Backups{},
		}
	}
	const noLocation = "no BackupStorageLocation and no Schedule is made"
	for name, test := range map[string]struct {
		change func(*app.Environment)
		want   []string
	}{
		"nothing": {func(*app.Environment) {}, nil},
		"everything": {func(e *app.Environment) { *e = app.Environment{Name: "prod"} }, []string{
			"no StorageClass is made: nothing names one", "no PriorityClass is made: nothing names one", `without "velero" ` + noLocation,
		}},
		"provisioner": {func(e *app.Environment) { e.StorageClasses.Provisioner = "" },
			[]string{"no StorageClass and no VolumeSnapshotClass is made: nothing says which driver makes the volumes"}},
		"two names": {func(e *app.Environment) { e.StorageClasses.Delete = "ssd-retain" },
			[]string{`one StorageClass "ssd-retain" is made, which keeps the data: retain and delete name the same`}},
		"snapshot": {func(e *app.Environment) { e.StorageClasses.Snapshot = "" },
			[]string{"no VolumeSnapshotClass is made: nothing names one"}},
		"snapshots": {func(e *app.Environment) { e.Capabilities = nil },
			[]string{`without "snapshots" the VolumeSnapshotClass "snap" is not made`, `without "velero" ` + noLocation}},
		"backups": {func(e *app.Environment) { e.Backups = nil }, []string{noLocation + ": nothing says where backups go"}},
		"externalsecrets": {func(e *app.Environment) { e.Capabilities = []string{"velero"} },
			[]string{`without "externalsecrets" ` + noLocation + ": nobody brings the bucket's keys into the cluster"}},
		"secretStore": {func(e *app.Environment) { e.SecretStore = nil },
			[]string{noLocation + ": nothing says where the bucket's keys are fetched from"}},
	} {
		f := &app.Fleet{Env: env(), Namespaces: []app.Namespace{{Name: "shop"}}}
		test.change(f.Env)
		l := leftOut{env: f.Env}
		l.storage()
		l.priorities()
		l.backups(f)
		var got []string
		for _, n := range l.notes {
			got = append(got, n.Problem)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
	l := leftOut{env: env()}
	l.backups(&app.Fleet{Env: l.env})
	if len(l.notes) != 1 || l.notes[0].Problem != "no Schedule is made: there is no namespace of ours to keep" {
		t.Errorf("without a namespace: %v", l.notes)
	}
}

// TestNodePoolsLeftOut wants it said who would make them, and how those of spot capacity would be marked.
func TestNodePoolsLeftOut(t *testing.T) {
	marked := &app.SpotNodes{Label: map[string]string{"capacity": "spot"}, Taint: "spot"}
	for name, test := range map[string]struct {
		env  app.Environment
		want []string
	}{
		"nobody":     {app.Environment{}, []string{"no node pool is made: nothing says who makes nodes"}},
		"no class":   {app.Environment{Capabilities: []string{"karpenter"}}, []string{"no NodePool is made: nothing names the class of its nodes"}},
		"by name":    {app.Environment{Karpenter: &app.Karpenter{}}, []string{`without "karpenter" no NodePool is made`}},
		"Karpenter":  {app.Environment{Karpenter: &app.Karpenter{}, Capabilities: []string{"karpenter"}}, nil},
		"eksctl":     {app.Environment{Eksctl: &app.Eksctl{}}, nil},
		"marked":     {app.Environment{Eksctl: &app.Eksctl{}, Spot: marked, NodePools: []app.NodePool{{Name: "spot", Spot: true}}}, nil},
		"unmarked":   {app.Environment{Eksctl: &app.Eksctl{}, NodePools: []app.NodePool{{Name: "spot", Spot: true}, {Name: "base"}}}, []string{`the node pool "spot" is not made: nothing says how nodes of spot capacity are marked, and every pod would be put on them`}},
		"half of it": {app.Environment{Eksctl: &app.Eksctl{}, Spot: &app.SpotNodes{Label: marked.Label}, NodePools: []app.NodePool{{Name: "a", Spot: true}}}, []string{`the node pool "a" is not made: nothing says how nodes of spot capacity are marked, and every pod would be put on them`}},
	} {
		l := leftOut{env: &test.env}
		l.nodePools()
		var got []string
		for _, n := range l.notes {
			got = append(got, n.Problem)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}
