package data

import (
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
)

// name is the NAME of all jobs: app and need.
const name = "checkout-orders"

// setting is a database of a server, and the bucket that its backups go to.
type setting struct {
	kind     string
	server   *server
	database string
	bucket   bucket
	shell    string
}

func (s setting) backup() job { return world.jobs[s.kind+"/backup"] }
func (s setting) drill() job  { return world.jobs[s.kind+"/drill"] }

// kubelet knows where the servers of the setting are, and the credentials.
func (s setting) kubelet() kubelet {
	return kubelet{
		shell: s.shell,
		secrets: map[string]string{
			"username": user, "password": password, "ca": s.server.ca, "accessKey": accessKey, "secretKey": secretKey,
			"cryptPassword": cryptPassword, "cryptSalt": cryptSalt,
		},
		replace: map[string]string{
			"HOST": "127.0.0.1", "PORT": s.server.port, "DATABASE": s.database, "TLS": "disable",
			"RCLONE_CONFIG_STORE_ENDPOINT": world.store.endpoint, "RCLONE_CONFIG_CRYPT_REMOTE": "store:" + s.bucket.name + "/" + prefix,
		},
	}
}

// with is the setting's kubelet after a change.
func (s setting) with(change func(*kubelet)) kubelet {
	k := s.kubelet()
	change(&k)
	return k
}

// set changes variables.
func (s setting) set(pairs ...string) kubelet {
	return s.with(func(k *kubelet) {
		for i := 0; i < len(pairs); i += 2 {
			k.replace[pairs[i]] = pairs[i+1]
		}
	})
}

// databases counts those that tests have made.
var databases atomic.Int32

// newSetting is a database with real data, and a bucket of its own. A Redis has one database, which all tests share.
func newSetting(t *testing.T, kind string) setting {
	t.Helper()
	return newSettingOn(t, world.server[kind])
}

func newSettingOn(t *testing.T, on *server) setting {
	t.Helper()
	kind := on.kind
	s := setting{kind: kind, server: on, bucket: newBucket(t), shell: "dash", database: fmt.Sprintf("shop%d", databases.Add(1))}
	switch kind {
	case "postgres":
		s.server.do(t, "", "CREATE DATABASE "+s.database+" OWNER app")
	case "mysql":
		s.server.do(t, "", "CREATE DATABASE "+s.database+" CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci; GRANT ALL PRIVILEGES ON "+s.database+".* TO app@'127.0.0.1'")
	}
	seed, err := os.ReadFile(filepath.Join("testdata", kind+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	if kind != "redis" {
		s.server.do(t, s.database, string(seed))
		return s
	}
	on.seeded.Do(func() { // not again under the hands of another test
		s.server.do(t, "", string(seed))
	})
	if found := s.server.do(t, "", "SELECT 3\nHLEN bighash"); found != "OK\n600" { // the last that it was given
		t.Fatalf("the server does not hold what it was given: %q", found)
	}
	return s
}
