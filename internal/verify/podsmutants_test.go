package verify_test

import (
	"testing"

	"github.com/scantling/scantling/internal/verify"
)

// What the slips in pods are made in: one app with a database, backups and drills, one with a volume, and one with rights.
const (
	salesAPI, boutique, withRights = "api/prod", "online-boutique/prod", "recovery_clusters/prod"

	salesOrders, salesNamespace = "Deployment/orders", "Namespace/sales"
	ordersBackup, ordersDrill   = "CronJob/orders-orders-db-backup", "CronJob/orders-orders-db-drill"
	ordersCredentials           = "ExternalSecret/orders-orders-db-credentials"
	drillRole, drillBinding     = "Role/archived-db-drill", "RoleBinding/archived-db-drill"
	redisCart, boutiqueCart     = "StatefulSet/redis-cart", "Deployment/cartservice"
)

var podFacts = map[string]verify.Facts{
	salesAPI: {
		Kubernetes: 34, Registries: []string{"registry.example.com"}, StorageClasses: map[string]string{"ssd-retain": "Retain"},
		Spot: &verify.Spot{Key: "example.com/capacity", Value: "spot", Taint: "example.com/spot"},
		Apps: []verify.Declared{{Namespace: "sales", App: "orders", StartupSeconds: 31, DrainSeconds: 15}},
	},
	withRights: {Apps: []verify.Declared{{Namespace: "shop", App: "archived"}}},
	boutique:   {StorageClasses: map[string]string{"ssd-retain": "Retain", "ssd": "Delete"}, Apps: []verify.Declared{{Namespace: "checkout", App: "redis-cart"}}},
}

// TestPodMutants makes slips in pods, and in what they read and may do.
func TestPodMutants(t *testing.T) { testMutants(t, podFacts, podMutants) }

var podMutants = []textMutant{
	{"pod-security-admits", salesAPI, salesOrders, "an escalation", "allowPrivilegeEscalation: false", "allowPrivilegeEscalation: true"},
	{"pod-security-admits", salesAPI, salesOrders, "capabilities that stay", "            drop:\n            - ALL", "            drop:\n            - NET_RAW"},
	{"pod-security-admits", salesAPI, salesOrders, "a capability more", "            drop:", "            add: [NET_ADMIN]\n            drop:"},
	{"pod-security-admits", salesAPI, salesOrders, "root", "runAsNonRoot: true", "runAsNonRoot: false"},
	{"pod-security-admits", salesAPI, salesOrders, "uid 0", "runAsUser: 10001", "runAsUser: 0"},
	{"pod-security-admits", salesAPI, salesOrders, "no seccomp", "type: RuntimeDefault", "type: Unconfined"},
	{"pod-security-admits", salesAPI, salesOrders, "the host's network", "      enableServiceLinks: false", "      hostNetwork: true"},
	{"pod-security-admits", salesAPI, salesOrders, "a port of the host", "- containerPort: 8080", "- hostPort: 8080\n          containerPort: 8080"},
	{"pod-security-admits", salesAPI, salesOrders, "a path of the host", "      - emptyDir:\n          sizeLimit: 64Mi\n        name: tmp", "      - hostPath: {path: /tmp}\n        name: tmp"},
	{"pod-security-admits", salesAPI, ordersBackup, "root in a backup", "runAsNonRoot: true", "runAsNonRoot: false"},
	{"pod-security-admits", salesAPI, ordersDrill, "privileges in a drill", "privileged: false", "privileged: true"},
	{"pod-security-is-pinned", salesAPI, salesNamespace, "no version", "pod-security.kubernetes.io/enforce-version: v1.34", "other: v1.34"},
	{"pod-security-is-pinned", salesAPI, salesNamespace, "the latest version", "enforce-version: v1.34", "enforce-version: latest"},
	{"pod-security-is-pinned", salesAPI, salesNamespace, "a version that is none", "enforce-version: v1.34", `enforce-version: "1.34"`},
	{"pod-security-is-pinned", salesAPI, salesNamespace, "no level", "pod-security.kubernetes.io/enforce: restricted", "other: restricted"},
	{"pod-is-accepted", salesAPI, salesOrders, "no image", "image: registry", "other: registry"},
	{"pod-is-accepted", salesAPI, salesOrders, "pods that end", "enableServiceLinks: false", "restartPolicy: Never"},
	{"pod-is-accepted", salesAPI, ordersBackup, "a Job whose pods never end", "restartPolicy: Never", "restartPolicy: Always"},
	{"variables-are-unique", salesAPI, salesOrders, "a variable twice", "name: DB_HOST", "name: DB_ADDR"},
	{"root-is-read-only", salesAPI, salesOrders, "a root that is open", "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false"},
	{"root-is-read-only", salesAPI, ordersDrill, "a root of which nothing is said", "readOnlyRootFilesystem: true", "other: true"},
	{"writable-paths-are-volumes", salesAPI, salesOrders, "no /tmp", "mountPath: /tmp\n", "mountPath: /cache\n"},
	{"writable-paths-are-volumes", salesAPI, salesOrders, "a /tmp to read", "mountPath: /tmp\n", "mountPath: /tmp\n          readOnly: true\n"},
	{"mounts-have-volumes", salesAPI, salesOrders, "a volume of another name", "        name: tmp\n      - name", "        name: temp\n      - name"},
	{"mounts-have-volumes", salesAPI, salesOrders, "one path twice", "mountPath: /var/run/secrets/cache", "mountPath: /tmp"},
	{"mounts-have-volumes", boutique, redisCart, "a claim of another name", "      name: data\n    spec:", "      name: date\n    spec:"},
	{"token-only-where-used", salesAPI, salesOrders, "a token", "automountServiceAccountToken: false", "automountServiceAccountToken: true"},
	{"image-is-pinned", salesAPI, salesOrders, "latest", ":1.4.2@sha256:f5fc251c12f228fe99329ba2492fd26fccac792180398b330746a4e436cfc72a", ":latest"},
	{"image-is-pinned", salesAPI, salesOrders, "no tag", ":1.4.2@sha256:f5fc251c12f228fe99329ba2492fd26fccac792180398b330746a4e436cfc72a", ""},
	{"image-is-pinned", salesAPI, salesOrders, "no digest where it is critical", "@sha256:f5fc251c12f228fe99329ba2492fd26fccac792180398b330746a4e436cfc72a", ""},
	{"image-is-pinned", salesAPI, salesOrders, "half a digest", "f5fc251c12f228fe99329ba2492fd26f", ""},
	{"image-comes-from-registry", salesAPI, salesOrders, "another registry", "registry.example.com/", "registry.example.org/"},
	{"image-comes-from-registry", salesAPI, salesOrders, "Docker Hub", "registry.example.com/", ""},
	{"no-literal-credential", salesAPI, salesOrders, "a password", "name: DB_PASSWORD_FILE\n          value: /var/run/secrets/orders-db/password", "name: DB_PASSWORD\n          value: hunter2"},
	{"no-literal-credential", salesAPI, salesOrders, "an address with a password", "value: orders.db.example.com:5432", "value: postgres://orders:hunter2@orders.db.example.com:5432"},
	{"no-literal-credential", boutique, redisCart, "a password behind a flag", `- "yes"`, "- --requirepass-password=hunter2"},
	{"liveness-is-not-readiness", salesAPI, salesOrders, "one address for both", "path: /readyz", "path: /healthz"},
	{"probe-port-exists", salesAPI, salesOrders, "a port of another name", "name: http\n          protocol", "name: web\n          protocol"},
	{"probe-port-exists", boutique, boutiqueCart, "a port that nobody declares", "- containerPort: 7070", "- containerPort: 7071"},
	{"serving-pods-have-readiness", salesAPI, salesOrders, "no readiness", "readinessProbe:", "other:"},
	{"shutdown-fits-grace", salesAPI, salesOrders, "a longer sleep", "seconds: 15", "seconds: 16"},
	{"shutdown-fits-grace", salesAPI, salesOrders, "a shorter grace", "terminationGracePeriodSeconds: 35", "terminationGracePeriodSeconds: 34"},
	{"shutdown-fits-grace", salesAPI, salesOrders, "no grace", "terminationGracePeriodSeconds: 35", "other: 35"},
	{"spot-leaves-in-time", salesAPI, salesOrders, "a long grace on spot capacity", "terminationGracePeriodSeconds: 35", "terminationGracePeriodSeconds: 121\n      tolerations: [{key: example.com/spot, operator: Exists}]"},
	{"startup-fits", salesAPI, salesOrders, "too few tries", "failureThreshold: 12", "failureThreshold: 5"},
	{"startup-fits", salesAPI, salesOrders, "no startup probe, and an impatient liveness", "startupProbe:", "other:"},
	{"startup-fits", salesAPI, salesOrders, "a rollout that is given up", "progressDeadlineSeconds: 600", "progressDeadlineSeconds: 75"},
	{"no-secret-in-manifests", salesAPI, ordersCredentials, "a Secret in its place", "apiVersion: external-secrets.io/v1\nkind: ExternalSecret", "apiVersion: v1\nstringData: {password: hunter2}\nkind: Secret"},
	{"secret-is-produced", salesAPI, salesOrders, "a key that is not fetched", "key: username", "key: user"},
	{"secret-is-produced", salesAPI, salesOrders, "a Secret of another name", "name: orders-orders-db-credentials\n        - name: GOMEMLIMIT", "name: orders-db-credentials\n        - name: GOMEMLIMIT"},
	{"secret-is-produced", salesAPI, ordersCredentials, "no Secret", "", ""},
	{"secret-is-produced", salesAPI, ordersCredentials, "a key less", "secretKey: username", "secretKey: user"},
	{"rotating-secret-is-seen", salesAPI, salesOrders, "one file of it", "mountPath: /var/run/secrets/cache\n", "mountPath: /var/run/secrets/cache\n          subPath: password\n"},
	{"secret-store-resolves", salesAPI, ordersCredentials, "no kind", "    kind: ClusterSecretStore\n", ""},
	{"config-is-produced", salesAPI, "ConfigMap/orders-orders-db-backup-9972072b", "no ConfigMap", "", ""},
	{"config-is-produced", salesAPI, "ConfigMap/orders-orders-db-backup-9972072b", "other content, and its other name", "name: orders-orders-db-backup-9972072b", "name: orders-orders-db-backup-0a1b2c3d"},
	{"config-change-restarts", salesAPI, "ConfigMap/orders-orders-db-backup-9972072b", "one that changes", "immutable: true", "immutable: false"},
	{"data-outlives-its-app", boutique, redisCart, "a class that deletes", "storageClassName: ssd-retain", "storageClassName: ssd"},
	{"data-outlives-its-app", boutique, redisCart, "claims that go with it", "whenDeleted: Retain", "whenDeleted: Delete"},
	{"data-outlives-its-app", boutique, redisCart, "claims that go when it shrinks", "whenScaled: Retain", "whenScaled: Delete"},
	{"token-only-where-used", withRights, "CronJob/archived-db-drill", "no token where there are rights", "automountServiceAccountToken: true", "automountServiceAccountToken: false"},
	{"token-only-where-used", withRights, drillBinding, "a token without rights", "", ""},
	{"binding-resolves", withRights, drillRole, "no role", "", ""},
	{"binding-resolves", withRights, drillBinding, "another account", "- kind: ServiceAccount\n  name: archived-db-drill", "- kind: ServiceAccount\n  name: archived-drill"},
	{"binding-resolves", withRights, "ServiceAccount/archived-db-drill", "no account", "", ""},
	{"identity-is-own", withRights, drillBinding, "everybody's account", "- kind: ServiceAccount\n  name: archived-db-drill", "- kind: ServiceAccount\n  name: default"},
	{"identity-is-own", withRights, drillBinding, "everybody", "- kind: ServiceAccount\n  name: archived-db-drill", "- kind: Group\n  name: system:authenticated"},
	{"identity-is-own", withRights, drillBinding, "the role that may do everything", "kind: Role\n  name: archived-db-drill", "kind: ClusterRole\n  name: cluster-admin"},
	{"identity-is-own", withRights, "Deployment/hot", "another app with its account", "serviceAccountName: hot", "serviceAccountName: archived-db-drill"},
	{"rights-are-narrow", withRights, drillRole, "all verbs", "  - create\n", "  - '*'\n"},
	{"rights-are-narrow", withRights, drillRole, "all kinds", "  - clusters\n", "  - '*'\n"},
	{"rights-are-narrow", withRights, drillRole, "all Secrets", "- apiGroups:\n  - postgresql.cnpg.io\n  resources:\n  - clusters\n  verbs:\n  - create", "- apiGroups: ['']\n  resources: [secrets]\n  verbs: [list]"},
	{"rights-are-narrow", withRights, drillRole, "pods", "- apiGroups:\n  - postgresql.cnpg.io\n  resources:\n  - clusters\n  verbs:\n  - create", "- apiGroups: ['']\n  resources: [pods]\n  verbs: [create]"},
	{"rights-have-a-use", withRights, drillRole, "names beside create", "  resources:\n  - clusters\n  verbs:\n  - create", "  resourceNames: [archived-db-copy]\n  resources:\n  - clusters\n  verbs:\n  - create"},
	{"rights-have-a-use", withRights, drillRole, "all ConfigMaps", "- apiGroups:\n  - postgresql.cnpg.io\n  resources:\n  - clusters\n  verbs:\n  - create", "- apiGroups: ['']\n  resources: [configmaps]\n  verbs: [get, list]"},
	{"claim-exists", "claims/prod", "PersistentVolumeClaim/wiki-data", "no claim", "", ""},
}

// harmlessPodChanges are changes after which each of these guarantees still holds.
var harmlessPodChanges = []textMutant{
	{"pod-security-admits", salesAPI, salesOrders, "another user", "runAsUser: 10001", "runAsUser: 20002"},
	{"pod-security-admits", salesAPI, salesOrders, "a capability of its own", "            drop:", "            add: [NET_BIND_SERVICE]\n            drop:"},
	{"pod-security-admits", salesAPI, salesNamespace, "an older version", "enforce-version: v1.34", "enforce-version: v1.31"},
	{"pod-security-is-pinned", salesAPI, salesNamespace, "another level", "enforce: restricted", "enforce: baseline"},
	{"writable-paths-are-volumes", salesAPI, salesOrders, "a whole volume below", "mountPath: /tmp\n", "mountPath: /tmp/\n"},
	{"mounts-have-volumes", salesAPI, salesOrders, "another path", "mountPath: /tmp\n", "mountPath: /scratch\n"},
	{"image-is-pinned", salesAPI, salesOrders, "another tag beside the digest", ":1.4.2@", ":1.4.3@"},
	{"no-literal-credential", salesAPI, salesOrders, "another place", "/var/run/secrets/cache/password", "/var/run/secrets/other/password"},
	{"liveness-is-not-readiness", salesAPI, salesOrders, "another address", "path: /readyz", "path: /health/ready"},
	{"probe-port-exists", salesAPI, salesOrders, "the number of the port", "port: http\n", "port: 8080\n"},
	{"shutdown-fits-grace", salesAPI, salesOrders, "a longer grace", "terminationGracePeriodSeconds: 35", "terminationGracePeriodSeconds: 60"},
	{"startup-fits", salesAPI, salesOrders, "more patience", "failureThreshold: 12", "failureThreshold: 20"},
	{"secret-is-produced", salesAPI, ordersCredentials, "a key more", "secretKey: username", "secretKey: username\n  - remoteRef: {key: a}\n    secretKey: another"},
	{"secret-store-resolves", salesAPI, ordersCredentials, "another store", "name: vault", "name: other"},
	{"data-outlives-its-app", boutique, redisCart, "more room", "storage: 1Gi", "storage: 2Gi"},
	{"rights-are-narrow", withRights, drillRole, "a verb less", "  - delete\n  - get\n", "  - get\n"},
}

// TestHarmlessPodChanges wants nothing to be found where nothing is wrong.
func TestHarmlessPodChanges(t *testing.T) {
	for _, m := range harmlessPodChanges {
		if found := m.broken(t, render(t, m.project)).violations(t, m.guarantee, podFacts[m.project]); len(found) > 0 {
			t.Errorf("%s finds %s in %s: %q", m.guarantee, m.name, m.project, found)
		}
	}
}
