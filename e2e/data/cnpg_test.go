package data

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// copied is a cluster as its stand-in kubectl knows it. CloudNativePG itself is not to be had here: these tests show that the scripts
// notice what it reports, and with a real server that a copy is asked.
type copied struct {
	archiving string // condition ContinuousArchiving
	newest    string // time of the newest base backup
	ready     string // condition Ready of the copy
	leftover  bool   // of a drill before
	refused   string // verb that the API server refuses
}

// kubectl keeps in files what there is, and writes down what it is asked to do.
func (c copied) kubectl() string {
	leftover := ""
	if c.leftover {
		leftover = "[ -e STATE/begun ] || touch STATE/begun STATE/copy STATE/volume\n"
	}
	return fmt.Sprintf(`#!/bin/dash
%s[ "$1" != "%s" ] || { echo "forbidden" >&2; exit 1; }
case "$1 $2 $3" in
"get clusters.postgresql.cnpg.io orders") echo '%s' ;;
"get objectstores.barmancloud.cnpg.io orders") echo '%s' ;;
"get persistentvolumeclaims orders-copy-1") [ ! -e STATE/volume ] || { rm STATE/volume; echo volume; } ;;
"get clusters.postgresql.cnpg.io orders-copy")
	[ -e STATE/copy ] || exit 0
	case "$*" in *=name) echo copy ;; *Ready*) echo '%s' ;; *) echo 'Setting up primary: waiting for a volume' ;; esac ;;
"delete clusters.postgresql.cnpg.io orders-copy") echo delete >>STATE/did; rm -f STATE/copy ;;
create*) [ ! -e STATE/copy ] && [ ! -e STATE/volume ] && [ -s "${2#--filename=}" ] || exit 1; echo create >>STATE/did; touch STATE/copy ;;
*) echo "unknown: $*" >&2; exit 1 ;;
esac
`, leftover, c.refused, c.archiving, c.newest, c.ready)
}

// did is what was done to the copy, in order, and whether it is still there.
func did(t *testing.T, o outcome) string {
	t.Helper()
	dir := filepath.Join(filepath.Dir(o.work), "tmp")
	text, _ := os.ReadFile(filepath.Join(dir, "did")) // none if nothing was done
	out := strings.Join(strings.Fields(string(text)), " ")
	if _, err := os.Stat(filepath.Join(dir, "copy")); err == nil {
		out += " left"
	}
	return out
}

// archiveDrill is the rehearsal of a restore from an archive.
func archiveDrill(t *testing.T) job {
	j := job{files: map[string]string{"expect": "", "cluster.json": "{}\n"}}
	for _, task := range []string{"drill", "assert", "clean"} {
		script := "cnpg-" + task + ".sh"
		text, err := os.ReadFile(filepath.Join("..", "..", "internal", "scripts", script))
		if err != nil {
			t.Fatal(err)
		}
		j.files[script] = string(text)
		c := corev1.Container{Name: task, Command: []string{"/bin/sh", "/recovery/" + script}}
		for name, value := range map[string]string{
			"WORK": "/work", "FILES": "/recovery", "NAME": name, "NAMESPACE": "shop", "CLUSTER": "orders", "STORE": "orders", "DRILL": "orders-copy",
			"MAX_AGE_SECONDS": "172800", "WAIT_SECONDS": "2", "POLL_SECONDS": "1",
			"PGHOST": "127.0.0.1", "PGPORT": "", "PGDATABASE": "", "PGUSER": user, "PGPASSWORD": "", "PGSSLMODE": "disable",
		} {
			c.Env = append(c.Env, corev1.EnvVar{Name: name, Value: value})
		}
		if task == "clean" {
			j.pod.Containers = append(j.pod.Containers, c)
		} else {
			j.pod.InitContainers = append(j.pod.InitContainers, c)
		}
	}
	return j
}

// A rehearsal that finds anything wrong is red, says what to do, and leaves no copy behind.
func TestArchiveDrills(t *testing.T) {
	ago := func(d time.Duration) string { return time.Now().Add(-d).UTC().Format(time.RFC3339) }
	good := copied{archiving: "True", newest: ago(20 * time.Hour), ready: "True"}
	with := func(change func(*copied)) copied {
		c := good
		change(&c)
		return c
	}
	for _, shell := range shells {
		s := newSetting(t, "postgres")
		for _, c := range []struct {
			name    string
			cluster copied
			expect  []string
			change  map[string]string
			log     string // of a failure; empty: the drill is green
			did     string
		}{
			{name: "green", cluster: good, did: "delete create delete"},
			{name: "expectations hold", cluster: good, expect: []string{"2000 SELECT count(*) FROM customers", "0 SELECT 0;"}, did: "delete create delete"},
			{name: "after one that broke off", cluster: with(func(c *copied) { c.leftover = true }), did: "delete create delete"},
			{name: "too few rows", cluster: good, expect: []string{"2001 SELECT count(*) FROM customers"}, did: "delete create delete",
				log: `the answer to "SELECT count(*) FROM customers" is 2000, and at least 2001 is right`},
			{name: "no number", cluster: good, expect: []string{"1 SELECT 'many'"}, did: "delete create delete", log: "is not one whole number: correct the query"},
			{name: "a program", cluster: good, expect: []string{`1 \! echo 1`}, did: "delete create delete", log: `syntax error at or near "\"`},
			{name: "two numbers", cluster: good, expect: []string{"1 SELECT generate_series(1, 2)"}, did: "delete create delete", log: "not one whole number"},
			{name: "no such table", cluster: good, expect: []string{"1 SELECT count(*) FROM customer"}, did: "delete create delete", log: `relation "customer" does not exist`},
			{name: "empty", cluster: good, change: map[string]string{"PGDATABASE": "postgres"}, did: "delete create delete", log: "the answer to the number of tables is 0, and at least 1 is right"},
			{name: "another password", cluster: good, change: map[string]string{"PGPASSWORD": "no"}, did: "delete create delete", log: "the copy does not answer"},
			{name: "never ready", cluster: with(func(c *copied) { c.ready = "False" }), did: "delete create delete",
				log: "after 2 s the copy is not there: Setting up primary: waiting for a volume; ask the log of job orders-copy-1-full-recovery"},
			{name: "stale", cluster: with(func(c *copied) { c.newest = ago(49 * time.Hour) }), log: "s old, more than 172800 s; ask kubectl get backups"},
			{name: "no base backup", cluster: with(func(c *copied) { c.newest = "" }), log: "there is no base backup of cluster orders in store orders"},
			{name: "no time", cluster: with(func(c *copied) { c.newest = "yesterday" }), log: `no time of its newest base backup, but "yesterday"`},
			{name: "not archiving", cluster: with(func(c *copied) { c.archiving = "False" }), log: "cluster orders does not archive its log (ContinuousArchiving is False)"},
			{name: "no condition", cluster: with(func(c *copied) { c.archiving = "" }), log: "ContinuousArchiving is not reported"},
			{name: "may not read", cluster: with(func(c *copied) { c.refused = "get" }), log: "clusters.postgresql.cnpg.io orders cannot be read in namespace shop"},
			{name: "may not create", cluster: with(func(c *copied) { c.refused = "create" }), did: "delete delete", log: "the copy cannot be made: kubectl says why above"},
			{name: "may not delete", cluster: with(func(c *copied) { c.refused, c.leftover = "delete", true }), did: " left", log: "what an earlier drill left cannot be removed"},
		} {
			t.Run(shell+"/"+c.name, func(t *testing.T) {
				s.shell = shell
				k := s.kubelet()
				k.tools = map[string]string{"kubectl": c.cluster.kubectl()}
				k.replace = map[string]string{"PGPORT": s.server.port, "PGDATABASE": s.database, "PGPASSWORD": password}
				if c.name == "another password" {
					k.replace["POLL_SECONDS"] = "0"
				}
				for name, value := range c.change {
					k.replace[name] = value
				}
				o := k.run(t, expecting(archiveDrill(t), c.expect...))
				if got := did(t, o); got != c.did {
					t.Errorf("did %q, want %q", got, c.did)
				}
				if (o.code == 0) != (c.log == "") || !strings.Contains(o.log, c.log) {
					t.Errorf("exit code %d, want in the log %q:\n%s", o.code, c.log, o.log)
				}
				if c.log != "" && !strings.Contains("\n"+o.log, "\n"+name+": ") {
					t.Errorf("the log does not say whose drill failed:\n%s", o.log)
				}
			})
		}
	}
}
