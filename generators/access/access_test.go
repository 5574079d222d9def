package access_test

import (
	"testing"

	"github.com/scantling/scantling/generators/access"
	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/golden"
)

func leader() app.App {
	return app.App{
		Name: "ledger", Namespace: "shop", Team: "payments", Tier: app.Critical, Kind: app.Stateful, Version: "2.0.0",
		Access: []app.AccessRule{
			{Group: "coordination.k8s.io", Resource: "leases", Verbs: []string{"get", "update", "patch"}, Names: []string{"ledger"}},
			{Resource: "configmaps", Verbs: []string{"list"}, Reason: "reads the currencies of all regions"},
		},
	}
}

func TestE16ServiceAccountMountsNoToken(t *testing.T) {
	golden.Objects(t, access.ServiceAccount.Run(leader()), `
apiVersion: v1
automountServiceAccountToken: false
kind: ServiceAccount
metadata:
  labels:
    app.kubernetes.io/component: app
    app.kubernetes.io/instance: ledger
    app.kubernetes.io/managed-by: scantling
    app.kubernetes.io/name: ledger
    app.kubernetes.io/part-of: shop
    app.kubernetes.io/version: 2.0.0
    scantling.dev/owner: payments
    scantling.dev/tier: critical
  name: ledger
  namespace: shop
`)
}

func TestE16RoleGrantsEachPermissionAlone(t *testing.T) {
	objects := append(access.Role.Run(leader()), access.RoleBinding.Run(leader())...)
	golden.Objects(t, objects, `
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  labels:
    app.kubernetes.io/component: app
    app.kubernetes.io/instance: ledger
    app.kubernetes.io/managed-by: scantling
    app.kubernetes.io/name: ledger
    app.kubernetes.io/part-of: shop
    app.kubernetes.io/version: 2.0.0
    scantling.dev/owner: payments
    scantling.dev/tier: critical
  name: ledger
  namespace: shop
rules:
- apiGroups:
  - coordination.k8s.io
  resourceNames:
  - ledger
  resources:
  - leases
  verbs:
  - get
  - update
  - patch
- apiGroups:
  - ""
  resources:
  - configmaps
  verbs:
  - list
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  labels:
    app.kubernetes.io/component: app
    app.kubernetes.io/instance: ledger
    app.kubernetes.io/managed-by: scantling
    app.kubernetes.io/name: ledger
    app.kubernetes.io/part-of: shop
    app.kubernetes.io/version: 2.0.0
    scantling.dev/owner: payments
    scantling.dev/tier: critical
  name: ledger
  namespace: shop
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: ledger
subjects:
- kind: ServiceAccount
  name: ledger
  namespace: shop
`)
}

func TestE16NoRoleUnlessAsked(t *testing.T) {
	a := leader()
	a.Access = nil
	if objects := append(access.Role.Run(a), access.RoleBinding.Run(a)...); len(objects) > 0 {
		t.Errorf("an app that asked for nothing got %d objects", len(objects))
	}
}
