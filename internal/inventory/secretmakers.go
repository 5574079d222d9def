package inventory

import (
	"cmp"
	"maps"
	"slices"

	"github.com/scantling/scantling/internal/manifest"
)

// secretMakers are the kinds of which operators make Secrets.
var secretMakers = []struct {
	groupKind
	secrets func(s *Set, o *Object)
}{
	{groupKind{"external-secrets.io", "ExternalSecret"}, func(s *Set, o *Object) { s.external(o, o.Name, manifest.Map(o.Fields, "spec")) }},
	{groupKind{"external-secrets.io", "ClusterExternalSecret"}, (*Set).clusterExternal},
	{groupKind{"bitnami.com", "SealedSecret"}, (*Set).sealed},
	{groupKind{"cert-manager.io", "Certificate"}, (*Set).certificate},
	{groupKind{"secrets-store.csi.x-k8s.io", "SecretProviderClass"}, (*Set).provided},
	{groupKind{"secrets.hashicorp.com", "VaultStaticSecret"}, openAt("spec", "destination", "name")},
	{groupKind{"secrets.hashicorp.com", "VaultDynamicSecret"}, openAt("spec", "destination", "name")},
	{groupKind{"secrets.hashicorp.com", "VaultPKISecret"}, openAt("spec", "destination", "name")},
	{groupKind{"onepassword.com", "OnePasswordItem"}, openAt()},
	{groupKind{"objectbucket.io", "ObjectBucketClaim"}, openAt()},
	{groupKind{"infisical.com", "InfisicalSecret"}, openAt("spec", "managedSecretReference", "secretName")},
}

// openAt is of kinds that make one Secret, whose keys are known to the store alone: of the name at a path, or of their own name.
func openAt(path ...string) func(s *Set, o *Object) {
	return func(s *Set, o *Object) {
		name := o.Name
		if len(path) > 0 {
			name = cmp.Or(manifest.String(o.Fields, path...), name)
		}
		s.addSecret(&Keys{Object: s.made(o, "v1", "Secret", name), Open: true})
	}
}

// external adds the Secret of an ExternalSecret. https://external-secrets.io/latest/api/externalsecret/
func (s *Set) external(o *Object, name string, spec map[string]any) {
	target := manifest.Map(spec, "target")
	if manifest.String(target, "creationPolicy") == "None" {
		return
	}
	k := &Keys{Object: s.made(o, "v1", "Secret", cmp.Or(manifest.String(target, "name"), name)), Fixed: target["immutable"] == true}
	k.read(target, spec)
	s.addSecret(k)
}

// read finds out the keys. A template that states keys has all there are, unless it is merged with what is fetched.
func (k *Keys) read(target, spec map[string]any) {
	template := manifest.Map(target, "template")
	k.Type = manifest.String(template, "type")
	stated := slices.Sorted(maps.Keys(manifest.Map(template, "data")))
	open := len(manifest.List(template, "templateFrom")) > 0
	if merged := manifest.String(template, "mergePolicy") == "Merge"; merged || len(stated) == 0 && !open {
		open = open || len(manifest.List(spec, "dataFrom")) > 0
		for _, d := range manifest.Maps(spec, "data") {
			stated = append(stated, manifest.String(d, "secretKey"))
		}
	}
	k.Open = open || manifest.String(target, "creationPolicy") == "Merge" // there is a Secret already, of somebody's
	slices.Sort(stated)
	k.Keys = slices.Compact(stated)
}

// clusterExternal makes a Secret known in every namespace: which ones have it depends on their labels in the cluster.
func (s *Set) clusterExternal(o *Object) {
	spec := manifest.Map(o.Fields, "spec", "externalSecretSpec")
	target := manifest.Map(spec, "target")
	name := cmp.Or(manifest.String(target, "name"), manifest.String(o.Fields, "spec", "externalSecretName"), o.Name)
	k := &Keys{Object: s.made(o, "v1", "Secret", name)}
	k.read(target, spec)
	s.everywhere[name] = k
}

// sealed adds the Secret that is in a SealedSecret. https://github.com/bitnami-labs/sealed-secrets
func (s *Set) sealed(o *Object) {
	template := manifest.Map(o.Fields, "spec", "template")
	keys := slices.Collect(maps.Keys(manifest.Map(o.Fields, "spec", "encryptedData")))
	keys = slices.AppendSeq(keys, maps.Keys(manifest.Map(template, "data")))
	slices.Sort(keys)
	s.addSecret(&Keys{
		Object: s.made(o, "v1", "Secret", cmp.Or(manifest.String(template, "metadata", "name"), o.Name)), Keys: slices.Compact(keys),
		Fixed: template["immutable"] == true, Type: manifest.String(template, "type"),
		Open: manifest.String(o.Fields, "spec", "data") != "", // all of it sealed as one, as in the first version
	})
}

// tlsKeys are the keys of a certificate, https://cert-manager.io/docs/usage/certificate/.
var tlsKeys = []string{"ca.crt", "tls.crt", "tls.key"}

func (s *Set) certificate(o *Object) {
	spec := manifest.Map(o.Fields, "spec")
	s.addSecret(&Keys{
		Object: s.made(o, "v1", "Secret", cmp.Or(manifest.String(spec, "secretName"), o.Name)), Keys: tlsKeys, Type: "kubernetes.io/tls",
		Open: spec["keystores"] != nil || spec["additionalOutputFormats"] != nil,
	})
}

// certificates adds the Secrets of an Ingress for which cert-manager makes certificates, https://cert-manager.io/docs/usage/ingress/.
func (s *Set) certificates(v *Ingress) {
	if v.Annotations["cert-manager.io/issuer"] == "" && v.Annotations["cert-manager.io/cluster-issuer"] == "" && v.Annotations["kubernetes.io/tls-acme"] != "true" {
		return
	}
	for _, tls := range v.Spec.TLS {
		if tls.SecretName != "" && s.Secret(v.Namespace, tls.SecretName) == nil {
			s.addSecret(&Keys{Object: s.made(v.Object, "v1", "Secret", tls.SecretName), Keys: tlsKeys, Type: "kubernetes.io/tls"})
		}
	}
}

// provided adds what the Secrets Store CSI driver copies into Secrets while a pod mounts the class.
// https://secrets-store-csi-driver.sigs.k8s.io/topics/sync-as-kubernetes-secret
func (s *Set) provided(o *Object) {
	for _, copied := range manifest.Maps(o.Fields, "spec", "secretObjects") {
		k := &Keys{Object: s.made(o, "v1", "Secret", manifest.String(copied, "secretName")), Type: manifest.String(copied, "type")}
		for _, d := range manifest.Maps(copied, "data") {
			k.Keys = append(k.Keys, manifest.String(d, "key"))
		}
		slices.Sort(k.Keys)
		s.addSecret(k)
	}
}

// merge adds the keys of another one to those of the same name.
func (k *Keys) merge(other *Keys) {
	keys := slices.Concat(k.Keys, other.Keys)
	slices.Sort(keys)
	k.Keys, k.Open, k.Literal = slices.Compact(keys), k.Open || other.Open, k.Literal || other.Literal
}

// with returns labels with others added.
func with(labels, others map[string]string) map[string]string {
	all := make(map[string]string, len(labels)+len(others))
	maps.Copy(all, labels)
	maps.Copy(all, others)
	return all
}
