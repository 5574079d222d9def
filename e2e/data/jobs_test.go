package data

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	corev1 "k8s.io/api/core/v1"
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

func (s setting) backup() job { return handMade(s.kind, "dump", "upload") }
func (s setting) drill() job  { return handMade(s.kind, "fetch", "server", "restore") }

// kubelet knows where the servers of the setting are, and the credentials.
func (s setting) kubelet() kubelet {
	return kubelet{
		shell: s.shell,
		secrets: map[string]string{
			"username": user, "password": password, "accessKey": accessKey, "secretKey": secretKey,
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

// handMade is a job as the compiler renders it, down to what a kubelet needs.
func handMade(kind string, tasks ...string) job {
	script := map[string]string{
		"dump": kind + "-dump.sh", "upload": "upload.sh", "fetch": "fetch.sh", "server": kind + "-server.sh", "restore": kind + "-restore.sh",
	}
	j := job{files: map[string]string{"expect": ""}}
	for i, task := range tasks {
		text, err := os.ReadFile(filepath.Join("..", "..", "internal", "scripts", script[task]))
		if err != nil {
			panic(err) // the repository is not whole
		}
		j.files[script[task]] = string(text)
		c := corev1.Container{Name: task, Command: []string{"/bin/sh", "/recovery/" + script[task]}, Env: variables(task)}
		if keys := taskSecrets(kind, task); keys != nil {
			v := corev1.Volume{Name: "secret-" + task, VolumeSource: corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{}}}
			for _, key := range keys {
				v.Secret.Items = append(v.Secret.Items, corev1.KeyToPath{Key: key, Path: key})
			}
			j.pod.Volumes = append(j.pod.Volumes, v)
			c.VolumeMounts = append(c.VolumeMounts, corev1.VolumeMount{Name: v.Name, MountPath: "/var/run/secrets/recovery"})
		}
		if task == "server" {
			c.RestartPolicy = new(corev1.ContainerRestartPolicyAlways)
		}
		if i < len(tasks)-1 {
			j.pod.InitContainers = append(j.pod.InitContainers, c)
		} else {
			j.pod.Containers = append(j.pod.Containers, c)
		}
	}
	return j
}

func taskSecrets(kind, task string) []string {
	switch {
	case task == "upload" || task == "fetch":
		return []string{"accessKey", "secretKey", "cryptPassword", "cryptSalt"}
	case task == "dump" && kind == "redis":
		return []string{"password"}
	case task == "dump":
		return []string{"username", "password"}
	}
	return nil
}

func variables(task string) []corev1.EnvVar {
	values := map[string]string{"WORK": "/work", "FILES": "/recovery", "SECRETS": "/var/run/secrets/recovery", "NAME": name, "DATABASE": ""}
	maps.Copy(values, map[string]map[string]string{
		"dump":   {"HOST": "", "PORT": "", "TLS": "", "MIN_BYTES": "512"},
		"upload": {"KEEP_ALL_SECONDS": "86400", "KEEP_SECONDS": "1209600"},
		"fetch":  {"MAX_AGE_SECONDS": "14400"},
	}[task])
	if task == "upload" || task == "fetch" {
		maps.Copy(values, map[string]string{
			"RCLONE_CONFIG_STORE_TYPE": "s3", "RCLONE_CONFIG_STORE_PROVIDER": "Rclone", "RCLONE_CONFIG_STORE_ENDPOINT": "", "RCLONE_CONFIG_STORE_REGION": "eu-1",
			"RCLONE_CONFIG_STORE_NO_CHECK_BUCKET": "true", "RCLONE_CONFIG_CRYPT_TYPE": "crypt", "RCLONE_CONFIG_CRYPT_REMOTE": "",
			"RCLONE_CONFIG_CRYPT_FILENAME_ENCRYPTION": "off", "RCLONE_CONFIG_CRYPT_DIRECTORY_NAME_ENCRYPTION": "false",
		})
	}
	var all []corev1.EnvVar
	for name, value := range values {
		all = append(all, corev1.EnvVar{Name: name, Value: value})
	}
	return all
}

// expecting is a drill with expectations: queries, each with the smallest right answer before it.
func expecting(drill job, lines ...string) job {
	files := maps.Clone(drill.files)
	for i, line := range lines {
		min, query, _ := strings.Cut(line, " ")
		file := "expect-" + string(rune('1'+i))
		files[file] = query + "\n"
		files["expect"] += min + " " + file + "\n"
	}
	return job{pod: drill.pod, files: files}
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
	s.server.do(t, s.database, string(seed))
	return s
}
