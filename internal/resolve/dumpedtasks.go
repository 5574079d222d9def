package resolve

import (
	"strconv"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/kube"
)

// task begins a task of a Job: what all scripts are told.
func (s *spec) task(r *app.Recovery, name, script string) app.Task {
	return app.Task{Name: name, Command: []string{"/bin/sh", app.FilesPath + "/" + script}, Variables: []app.Variable{
		{Name: "FILES", Value: app.FilesPath},
		{Name: "NAME", Value: kube.Name(s.name, r.Name)},
		{Name: "SECRETS", Value: app.SecretsPath},
		{Name: "WORK", Value: app.WorkPath},
	}}
}

// connection tells a dump where the database is.
func (s *spec) connection(r *app.Recovery, d datum) []app.Variable {
	need := d.link.need
	vs := []app.Variable{
		{Name: "HOST", Value: need.Host},
		{Name: "PORT", Value: strconv.Itoa(int(need.Port))},
		{Name: "TLS", Value: d.link.tls()},
	}
	if need.Database != "" {
		vs = append(vs, app.Variable{Name: "DATABASE", Value: need.Database})
	}
	return vs
}

// tls is how a backup connects to the server: as the platform says, else encrypted wherever the way leaves the cluster. Inside it, the
// clients of PostgreSQL and MySQL find out by themselves.
func (l *link) tls() string {
	switch stated := l.statedTLS(); {
	case stated != "":
		return stated
	case l.peer.Namespace == "":
		return "require"
	case l.need.Kind == app.NeedPostgres || l.need.Kind == app.NeedMySQL:
		return "prefer"
	}
	return "disable"
}

// databaseSecret gives a Job the credentials of the database, as a Secret of its own.
func (s *spec) databaseSecret(j *app.Job, d datum) []app.Secret {
	if d.link.store == "" {
		return nil
	}
	var keys []string
	for _, c := range d.link.secretKeys() {
		keys = append(keys, c.key)
	}
	return s.jobSecret(j, "database", d.link.store, keys...)
}

// bucketSecret gives a Job the keys of the bucket, and those that encrypt what goes there.
func (s *spec) bucketSecret(j *app.Job) []app.Secret {
	return s.jobSecret(j, "store", s.w.env.Backups.Keys(s.app.Namespace), "accessKey", "cryptPassword", "cryptSalt", "secretKey")
}

// jobSecret adds a Secret of a Job's own, with keys of one place in the secret store, and returns it as a task mounts it.
func (s *spec) jobSecret(j *app.Job, name, place string, keys ...string) []app.Secret {
	secret := app.Secret{Name: kube.Name(j.Name, name), Path: app.SecretsPath}
	secret.Store = s.storeOf(jobPath(*j) + ".secrets[" + secret.Name + "].store")
	for _, key := range keys {
		secret.Store.Data = append(secret.Store.Data, app.RemoteKey{Key: key, Remote: place, Property: key})
		secret.Items = append(secret.Items, app.SecretItem{Key: key, File: key})
	}
	fetched := secret
	fetched.Path, fetched.Items = "", nil
	j.Secrets = append(j.Secrets, fetched)
	return []app.Secret{secret}
}

// backupBucket is the environment's bucket, with the prefix of one store's backups.
func (s *spec) backupBucket(name string) app.Bucket {
	b := s.w.env.Backups.Bucket
	b.Prefix = s.w.env.Name + "/" + s.app.Namespace + "/" + kube.Name(s.name, name)
	return b
}

// bucketVariables tell rclone where the bucket is. Names of files stay readable there, or nobody would find the newest one.
func (s *spec) bucketVariables(r *app.Recovery) []app.Variable {
	b := s.backupBucket(r.Name)
	provider := "Other"
	if b.Endpoint == "" || isAWS(hostOf(b)) {
		provider = "AWS"
	}
	vs := []app.Variable{
		{Name: "RCLONE_CONFIG_CRYPT_DIRECTORY_NAME_ENCRYPTION", Value: "false"},
		{Name: "RCLONE_CONFIG_CRYPT_FILENAME_ENCRYPTION", Value: "off"},
		{Name: "RCLONE_CONFIG_CRYPT_REMOTE", Value: "store:" + b.Name + "/" + b.Prefix},
		{Name: "RCLONE_CONFIG_CRYPT_TYPE", Value: "crypt"},
		{Name: "RCLONE_CONFIG_STORE_NO_CHECK_BUCKET", Value: "true"},
		{Name: "RCLONE_CONFIG_STORE_PROVIDER", Value: provider},
		{Name: "RCLONE_CONFIG_STORE_TYPE", Value: "s3"},
	}
	if b.Endpoint != "" {
		vs = append(vs, app.Variable{Name: "RCLONE_CONFIG_STORE_ENDPOINT", Value: b.Endpoint})
	}
	if b.Region != "" {
		vs = append(vs, app.Variable{Name: "RCLONE_CONFIG_STORE_REGION", Value: b.Region})
	}
	return vs
}
