package access_test

import (
	"testing"

	"github.com/scantling/scantling/generators/access"
	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/golden"
)

func TestMigrationHasAnIdentityOfItsOwn(t *testing.T) {
	a := leader()
	if made := access.MigrationServiceAccount.Run(a); len(made) > 0 {
		t.Errorf("an app without a migration has %v", made)
	}
	a.Migration = &app.Migration{Version: "2.1.0"}
	golden.Objects(t, access.MigrationServiceAccount.Run(a), `
apiVersion: v1
automountServiceAccountToken: false
kind: ServiceAccount
metadata:
  labels:
    app.kubernetes.io/component: migration
    app.kubernetes.io/instance: ledger
    app.kubernetes.io/managed-by: scantling
    app.kubernetes.io/name: ledger-migrate
    app.kubernetes.io/part-of: shop
    app.kubernetes.io/version: 2.1.0
    scantling.dev/owner: payments
    scantling.dev/tier: critical
  name: ledger-migrate
  namespace: shop
`)
}
