package access_test

import (
	"slices"
	"testing"

	"github.com/scantling/scantling/generators/access"
	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/golden"
)

// rehearsed is an app with a backup that needs no rights, and a drill that has some in two namespaces.
func rehearsed() app.App {
	a := leader()
	a.Jobs = []app.Job{
		{Name: "ledger-data-backup", Component: "backup"},
		{Name: "ledger-data-drill", Component: "drill", Grants: []app.Grant{
			{Namespace: "shop", Rules: []app.AccessRule{{Resource: "persistentvolumeclaims", Verbs: []string{"get"}, Names: []string{"data-ledger-0"}}}},
			{Namespace: "velero", Rules: []app.AccessRule{{Group: "velero.io", Resource: "restores", Verbs: []string{"create", "get"}}}},
		}},
	}
	return a
}

func TestJobsHaveIdentitiesOfTheirOwn(t *testing.T) {
	golden.Objects(t, access.JobServiceAccount.Run(rehearsed()), `
apiVersion: v1
automountServiceAccountToken: false
kind: ServiceAccount
metadata:
  labels:
    app.kubernetes.io/component: backup
    app.kubernetes.io/instance: ledger
    app.kubernetes.io/managed-by: scantling
    app.kubernetes.io/name: ledger-data-backup
    app.kubernetes.io/part-of: shop
    scantling.dev/owner: payments
    scantling.dev/tier: critical
  name: ledger-data-backup
  namespace: shop
---
apiVersion: v1
automountServiceAccountToken: false
kind: ServiceAccount
metadata:
  labels:
    app.kubernetes.io/component: drill
    app.kubernetes.io/instance: ledger
    app.kubernetes.io/managed-by: scantling
    app.kubernetes.io/name: ledger-data-drill
    app.kubernetes.io/part-of: shop
    scantling.dev/owner: payments
    scantling.dev/tier: critical
  name: ledger-data-drill
  namespace: shop
`)
}

// TestJobsHaveTheirRightsOnly wants a Role in each namespace of a grant, and the name to say whose it is where others have theirs.
func TestJobsHaveTheirRightsOnly(t *testing.T) {
	golden.Objects(t, slices.Concat(access.JobRole.Run(rehearsed()), access.JobRoleBinding.Run(rehearsed())), `
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  labels:
    app.kubernetes.io/component: drill
    app.kubernetes.io/instance: ledger
    app.kubernetes.io/managed-by: scantling
    app.kubernetes.io/name: ledger-data-drill
    app.kubernetes.io/part-of: shop
    scantling.dev/owner: payments
    scantling.dev/tier: critical
  name: ledger-data-drill
  namespace: shop
rules:
- apiGroups:
  - ""
  resourceNames:
  - data-ledger-0
  resources:
  - persistentvolumeclaims
  verbs:
  - get
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  labels:
    app.kubernetes.io/component: drill
    app.kubernetes.io/instance: ledger
    app.kubernetes.io/managed-by: scantling
    app.kubernetes.io/name: ledger-data-drill
    app.kubernetes.io/part-of: shop
    scantling.dev/owner: payments
    scantling.dev/tier: critical
  name: shop.ledger-data-drill
  namespace: velero
rules:
- apiGroups:
  - velero.io
  resources:
  - restores
  verbs:
  - create
  - get
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  labels:
    app.kubernetes.io/component: drill
    app.kubernetes.io/instance: ledger
    app.kubernetes.io/managed-by: scantling
    app.kubernetes.io/name: ledger-data-drill
    app.kubernetes.io/part-of: shop
    scantling.dev/owner: payments
    scantling.dev/tier: critical
  name: ledger-data-drill
  namespace: shop
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: ledger-data-drill
subjects:
- kind: ServiceAccount
  name: ledger-data-drill
  namespace: shop
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  labels:
    app.kubernetes.io/component: drill
    app.kubernetes.io/instance: ledger
    app.kubernetes.io/managed-by: scantling
    app.kubernetes.io/name: ledger-data-drill
    app.kubernetes.io/part-of: shop
    scantling.dev/owner: payments
    scantling.dev/tier: critical
  name: shop.ledger-data-drill
  namespace: velero
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: shop.ledger-data-drill
subjects:
- kind: ServiceAccount
  name: ledger-data-drill
  namespace: shop
`)
}

func TestNoJobsNoRights(t *testing.T) {
	a := leader() // has rights of its own
	if made := slices.Concat(access.JobServiceAccount.Run(a), access.JobRole.Run(a), access.JobRoleBinding.Run(a)); len(made) > 0 {
		t.Errorf("an app without Jobs has %v", made)
	}
}
