package inventory_test

import (
	"strings"
	"testing"
)

func TestSecretsThatWillBe(t *testing.T) {
	const eso = "apiVersion: external-secrets.io/v1, kind: ExternalSecret, metadata: {name: db, namespace: shop}"
	for _, c := range []struct {
		name, text, secret, keys string
		open                     bool
	}{
		{"by its own name", `{` + eso + `, spec: {data: [{secretKey: user}, {secretKey: password}]}}`, "db", "password user", false},
		{"by another name", `{` + eso + `, spec: {target: {name: creds}, data: [{secretKey: a}]}}`, "creds", "a", false},
		{"all that is there", `{` + eso + `, spec: {dataFrom: [{extract: {key: x}}], data: [{secretKey: a}]}}`, "db", "a", true},
		{"a template replaces", `{` + eso + `, spec: {target: {template: {data: {url: x}}}, dataFrom: [{extract: {key: x}}], data: [{secretKey: a}]}}`, "db", "url", false},
		{"a template is merged", `{` + eso + `, spec: {target: {template: {mergePolicy: Merge, data: {url: x}}}, data: [{secretKey: a}]}}`, "db", "a url", false},
		{"a template that only types it", `{` + eso + `, spec: {target: {template: {type: kubernetes.io/tls}}, data: [{secretKey: a}]}}`, "db", "a", false},
		{"a template from elsewhere", `{` + eso + `, spec: {target: {template: {templateFrom: [{configMap: {name: t}}]}}, data: [{secretKey: a}]}}`, "db", "", true},
		{"merged into one that is there", `{` + eso + `, spec: {target: {creationPolicy: Merge}, data: [{secretKey: a}]}}`, "db", "a", true},
		{"sealed", `{apiVersion: bitnami.com/v1alpha1, kind: SealedSecret, metadata: {name: db, namespace: shop}, spec: {encryptedData: {b: x}, template: {data: {a: y}}}}`, "db", "a b", false},
		{"a certificate", `{apiVersion: cert-manager.io/v1, kind: Certificate, metadata: {name: web, namespace: shop}, spec: {secretName: web-tls}}`, "web-tls", "ca.crt tls.crt tls.key", false},
		{"of an Ingress", `{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: web, namespace: shop, annotations: {cert-manager.io/cluster-issuer: x}}, spec: {tls: [{secretName: web-tls}]}}`, "web-tls", "ca.crt tls.crt tls.key", false},
		{"synced", `{apiVersion: secrets-store.csi.x-k8s.io/v1, kind: SecretProviderClass, metadata: {name: v, namespace: shop}, spec: {secretObjects: [{secretName: db, data: [{key: b}, {key: a}]}]}}`, "db", "a b", false},
		{"of Vault", `{apiVersion: secrets.hashicorp.com/v1beta1, kind: VaultStaticSecret, metadata: {name: v, namespace: shop}, spec: {destination: {name: db, create: true}}}`, "db", "", true},
		{"wherever it is wanted", `{apiVersion: external-secrets.io/v1, kind: ClusterExternalSecret, metadata: {name: pull}, spec: {externalSecretSpec: {data: [{secretKey: a}]}}}`, "pull", "a", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := set(t, c.text).Secret("shop", c.secret)
			if k == nil || strings.Join(k.Keys, " ") != c.keys || k.Open != c.open || k.Literal || k.MadeBy == nil {
				t.Errorf("%+v", k)
			}
		})
	}
}

func TestNobodyMakesIt(t *testing.T) {
	for _, text := range []string{
		`{apiVersion: external-secrets.io/v1, kind: ExternalSecret, metadata: {name: db}, spec: {target: {creationPolicy: None}, data: [{secretKey: a}]}}`,
		`{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: web}, spec: {tls: [{secretName: db}]}}`,
	} {
		if k := set(t, text).Secret("", "db"); k != nil {
			t.Errorf("%s makes %+v", text, k)
		}
	}
}

func TestTwoMakeOne(t *testing.T) {
	s := set(t, `
{apiVersion: v1, kind: Secret, metadata: {name: db}, stringData: {a: x}}
---
{apiVersion: external-secrets.io/v1, kind: ExternalSecret, metadata: {name: db}, spec: {target: {creationPolicy: Merge}, data: [{secretKey: b}]}}
`)
	if k := s.Secret("", "db"); len(s.Secrets) != 1 || strings.Join(k.Keys, " ") != "a b" || !k.Open || !k.Literal {
		t.Errorf("%+v", k)
	}
}
