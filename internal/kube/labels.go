// Package kube holds what all generators must agree on: names, labels, selectors, and the third-party kinds as small structs.
package kube

import (
	"maps"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/scantling/scantling/internal/app"
)

// The labels that we set. The first three make a selector, with the role of a version where two may run; what an image is called
// never does, because selectors can't change.
const (
	LabelName      = "app.kubernetes.io/name"
	LabelInstance  = "app.kubernetes.io/instance"
	LabelComponent = "app.kubernetes.io/component"
	LabelPartOf    = "app.kubernetes.io/part-of"
	LabelVersion   = "app.kubernetes.io/version"
	LabelManagedBy = "app.kubernetes.io/managed-by"
	LabelTier      = "scantling.dev/tier"
	LabelOwner     = "scantling.dev/owner"

	// LabelTrack and LabelColor tell versions that run side by side; each is part of its workload's selector.
	LabelTrack = "scantling.dev/track"
	LabelColor = "scantling.dev/color"

	// LabelNamespace is set on every namespace by Kubernetes itself.
	LabelNamespace = "kubernetes.io/metadata.name"
)

// ManagedBy is the value of LabelManagedBy on everything that we make.
const ManagedBy = "scantling"

// The components.
const (
	// ComponentApp is the component of the pods that run all the time.
	ComponentApp = "app"
	// ComponentJob is the component of a cron app's pods. They come and go, so no Service and no budget may count them.
	ComponentJob = "job"
	// ComponentHeadless is the component of a headless Service, never of a pod: who selects an app's Service by its labels, as
	// a ServiceMonitor does, must not find every pod a second time.
	ComponentHeadless = "headless"
	// ComponentExternal is the component of a load balancer's Service, for the same reason.
	ComponentExternal = "external"
	// ComponentPreview is the component of the Service of an idle colour, ComponentCanary that of a canary's own one.
	ComponentPreview = "preview"
	ComponentCanary  = "canary"
	// ComponentMigration is the component of a migration's Job.
	ComponentMigration = "migration"
	// ComponentBackup and ComponentDrill are those of the Jobs that back up an app's data and rehearse a restore.
	ComponentBackup = "backup"
	ComponentDrill  = "drill"
	// ComponentDatabase is the component of a database that is made for the app.
	ComponentDatabase = "database"
)

// Component returns the component of the pods of an app of this kind.
func Component(kind app.Kind) string {
	if kind == app.Cron {
		return ComponentJob
	}
	return ComponentApp
}

// Type returns the TypeMeta of a kind: Type("apps/v1", "Deployment").
func Type(apiVersion, kind string) metav1.TypeMeta {
	return metav1.TypeMeta{APIVersion: apiVersion, Kind: kind}
}

// Meta returns the metadata of an object of an app.
func Meta(a app.App, name string) metav1.ObjectMeta {
	return ComponentMeta(a, name, Component(a.Kind))
}

// VersionMeta returns the metadata of an object that each version of an app has for itself; it is named like its workload.
func VersionMeta(a app.App) metav1.ObjectMeta {
	meta := Meta(a, WorkloadName(a))
	maps.Copy(meta.Labels, RoleLabels(a.Role))
	return meta
}

// ComponentMeta returns the metadata of an object of an app that is not of the component of its pods.
func ComponentMeta(a app.App, name, component string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Name: name, Namespace: a.Namespace, Labels: labels(a, a.Name, component)}
}

// Labels returns the labels of an app's objects.
func Labels(a app.App) map[string]string {
	return labels(a, a.Name, Component(a.Kind))
}

// PodLabels returns the labels of the pods of a version of an app.
func PodLabels(a app.App) map[string]string {
	return Merge(Labels(a), RoleLabels(a.Role))
}

// MigrationMeta returns the metadata of an object that only an app's migration has. Its label of the name is not the app's: Flagger's
// Services select pods by the name alone.
func MigrationMeta(a app.App, name string) metav1.ObjectMeta {
	a.Version = a.Migration.Version
	return metav1.ObjectMeta{Name: name, Namespace: a.Namespace, Labels: labels(a, MigrationName(a), ComponentMigration)}
}

// JobMeta returns the metadata of an object that only one Job beside an app has.
func JobMeta(a app.App, j app.Job, name string) metav1.ObjectMeta {
	a.Version = ""
	return metav1.ObjectMeta{Name: name, Namespace: a.Namespace, Labels: labels(a, j.Name, j.Component)}
}

// JobPeerLabels returns the labels by which policies know the pods of a Job beside an app.
func JobPeerLabels(a app.App, j app.Job) map[string]string {
	return map[string]string{LabelName: j.Name, LabelInstance: a.Name, LabelComponent: j.Component}
}

// DatabaseMeta returns the metadata of an object that only a database made for an app has; of is the name of its Cluster or Pooler.
// It bears no version: a database lives on when the app's image changes.
func DatabaseMeta(a app.App, of, name string) metav1.ObjectMeta {
	a.Version = ""
	return metav1.ObjectMeta{Name: name, Namespace: a.Namespace, Labels: labels(a, of, ComponentDatabase)}
}

// InstanceLabels returns the labels by which policies and monitors know the servers of a Cluster and the Jobs that make them.
func InstanceLabels(cluster string) map[string]string {
	return map[string]string{LabelCluster: cluster}
}

// PoolerLabels returns the labels by which policies, budgets and monitors know the pods of a Pooler.
func PoolerLabels(pooler string) map[string]string {
	return map[string]string{LabelPooler: pooler}
}

// PlatformMeta returns the metadata of an object of the platform; an empty namespace is none.
func PlatformMeta(namespace, name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Name: name, Namespace: namespace, Labels: map[string]string{LabelManagedBy: ManagedBy}}
}

func labels(a app.App, name, component string) map[string]string {
	ls := map[string]string{
		LabelName:      name,
		LabelInstance:  a.Name,
		LabelComponent: component,
		LabelPartOf:    a.Namespace,
		LabelManagedBy: ManagedBy,
		LabelTier:      string(a.Tier),
		LabelOwner:     a.Team,
	}
	if a.Version != "" {
		ls[LabelVersion] = a.Version
	}
	return ls
}

// RoleLabels returns the label that tells the pods of one version from those of the other; none for an app that has no roles.
func RoleLabels(r app.Role) map[string]string {
	switch r {
	case app.RoleStable, app.RoleBase, app.RoleCanary:
		return map[string]string{LabelTrack: string(r)}
	case app.RoleBlue, app.RoleGreen:
		return map[string]string{LabelColor: string(r)}
	}
	return nil
}

// AppSelector returns the labels that select the pods of all versions of an app; they never change in its life.
func AppSelector(a app.App) map[string]string {
	return map[string]string{LabelName: a.Name, LabelInstance: a.Name, LabelComponent: Component(a.Kind)}
}

// Selector returns the selector of the pods of one workload of an app.
func Selector(a app.App) *metav1.LabelSelector {
	return &metav1.LabelSelector{MatchLabels: Merge(AppSelector(a), RoleLabels(a.Role))}
}

// VersionSelector returns the selector of the pods of one version of an app: those of its base are of the same. An app with a base has
// no other version.
func VersionSelector(a app.App) *metav1.LabelSelector {
	if a.Base != nil {
		return &metav1.LabelSelector{MatchLabels: AppSelector(a)}
	}
	return Selector(a)
}

// PrimarySelector returns the selector of the pods of PrimaryName: Flagger makes them from the app's, under its own name.
func PrimarySelector(a app.App) *metav1.LabelSelector {
	return &metav1.LabelSelector{MatchLabels: Merge(AppSelector(a), map[string]string{LabelName: PrimaryName(a)})}
}

// PeerLabels returns the labels by which policies know the pods of the app with this name and kind, whatever version they are of.
// They leave the name out: Flagger gives it another value in the pods that it clones.
func PeerLabels(name string, kind app.Kind) map[string]string {
	return map[string]string{LabelInstance: name, LabelComponent: Component(kind)}
}

// PeerSelector is PeerLabels of an app as a selector.
func PeerSelector(a app.App) *metav1.LabelSelector {
	return &metav1.LabelSelector{MatchLabels: PeerLabels(a.Name, a.Kind)}
}

// MigrationPeerLabels returns the labels by which policies know the pods of an app's migration.
func MigrationPeerLabels(a app.App) map[string]string {
	return map[string]string{LabelInstance: a.Name, LabelComponent: ComponentMigration}
}

// NamespaceMeta returns the metadata of an object that belongs to a namespace as a whole.
func NamespaceMeta(ns app.Namespace, name string) metav1.ObjectMeta {
	ls := map[string]string{LabelManagedBy: ManagedBy}
	if ns.Team != "" {
		ls[LabelOwner] = ns.Team
	}
	return metav1.ObjectMeta{Name: name, Namespace: ns.Name, Labels: ls}
}

// Merge returns the union of label sets; a later one wins.
func Merge(sets ...map[string]string) map[string]string {
	out := map[string]string{}
	for _, s := range sets {
		maps.Copy(out, s)
	}
	return out
}
