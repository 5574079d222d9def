package kube

import "github.com/scantling/scantling/internal/app"

// MainContainer returns the name of an app's first container: the app's own, which is what metrics, logs and autoscalers show.
func MainContainer(a app.App) string { return a.Name }

// HeadlessName returns the name of the headless Service that gives each pod of a stateful app a DNS name of its own.
func HeadlessName(a app.App) string { return a.Name + "-headless" }

// ClaimName returns the name of the claim of a volume that all pods of an app share.
func ClaimName(a app.App, volume string) string { return Name(a.Name, volume) }

// MigrationName returns the name of an app's migration: of its identity, its policy and its pods; its Jobs' names begin with it.
func MigrationName(a app.App) string { return a.Name + "-migrate" }

// PreviewName is the name of the Service that leads to the idle colour.
func PreviewName(a app.App) string { return a.Name + "-preview" }

// CanaryName is the name of the Service that leads to the canary alone, for routes that weigh Services.
func CanaryName(a app.App) string { return a.Name + "-canary" }

// PrimaryName is the name of the Deployment that Flagger makes: it serves, while the app's own one is only scaled up for a new version.
func PrimaryName(a app.App) string { return a.Name + "-primary" }

// BaseName is the name of the workload whose pods never run on capacity that the cloud may take back.
func BaseName(a app.App) string { return a.Name + "-" + string(app.RoleBase) }

// ExternalName is the name of the Service with an address of its own outside the cluster.
func ExternalName(a app.App) string { return a.Name + "-external" }
