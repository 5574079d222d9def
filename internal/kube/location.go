package kube

import "github.com/scantling/scantling/internal/app"

// HasLocation reports whether an environment has what a place for Velero's backups takes: Velero, a bucket, and its keys from the store
// of secrets.
func HasLocation(env *app.Environment) bool {
	return env.Has("velero") && env.Backups != nil && env.Has("externalsecrets") && env.SecretStore != nil
}

// LocationName is the name of the BackupStorageLocation of an environment.
func LocationName(env *app.Environment) string { return env.Name }

// LocationSecret is the name of the Secret that opens its bucket, in the namespace of Velero.
func LocationSecret(env *app.Environment) string { return "backups-" + env.Name }

// LocationSecretKey is the only key of that Secret: a file of credentials, as the tools of the store's provider read it.
const LocationSecretKey = "cloud"
