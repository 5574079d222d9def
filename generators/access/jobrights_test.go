package access_test

import (
	"slices"
	"testing"

	"github.com/scantling/scantling/generators/access"
	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/golden"
)

// restored is an app with a Job that needs more than Roles can say, beside others that don't.
func restored() app.App {
	a := rehearsed()
	a.Jobs[1].Rights = &app.Rights{Name: "shop-ledger-volumes-0a1b2c3d", Erase: "persistentvolumes", In: "shop-drill",
		Restore: &app.Restore{Name: "shop-ledger-4d3c2b1a", Namespace: "velero", Schedule: "shop-ledger-4d3c2b1a", Into: "shop-drill"}}
	return a
}

func rights(a app.App) []generator.Object {
	return slices.Concat(access.JobAdmission.Run(a), access.JobAdmissionBinding.Run(a), access.JobClusterRole.Run(a), access.JobClusterRoleBinding.Run(a))
}

// TestRightsObjects wants rights in the whole cluster, and admission policies that hold them to what is a Job's own.
func TestRightsObjects(t *testing.T) {
	a := restored()
	golden.ObjectsFile(t, rights(a), "testdata/rights_restore.yaml")
	a.Jobs[1].Rights = &app.Rights{Name: "shop-ledger-data-0a1b2c3d", Erase: "volumesnapshotcontents", In: "shop"}
	golden.ObjectsFile(t, rights(a), "testdata/rights_snapshots.yaml")
}

func TestNoRightsNoClusterRole(t *testing.T) {
	a := rehearsed()
	if made := rights(a); len(made) > 0 {
		t.Errorf("Jobs that stay in their namespaces have %v", made)
	}
}
