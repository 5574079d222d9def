package resolve

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/golden"
	"github.com/scantling/scantling/internal/load"
)

// Each case is a project, and the plans and Jobs that its data gets.
func TestJobs(t *testing.T) {
	golden.Run(t, "testdata/jobs_*.txtar", func(t *testing.T, dir string) golden.Output {
		p, found, err := load.Load(load.Options{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		fleets, more := Fleets(p, Options{Reported: found})
		var b strings.Builder
		for _, f := range fleets {
			for _, a := range f.Apps {
				for _, r := range a.Recovery {
					velero := r.Velero
					r.Velero = nil // an address
					fmt.Fprintf(&b, "%s/%s %+v\n", a.Namespace, a.Name, r)
					if velero != nil {
						fmt.Fprintf(&b, "\tvelero %+v\n", *velero)
					}
				}
				for _, j := range a.Jobs {
					jobText(&b, j)
				}
			}
			for _, ns := range f.Namespaces {
				fmt.Fprintf(&b, "quota of %s %+v\n", ns.Name, ns.Quota)
				if ns.Drill != nil {
					fmt.Fprintf(&b, "beside it %s %+v\n", ns.Drill.Name, ns.Drill.Quota)
				}
			}
		}
		return golden.Output{"want": format(diag.Sort(append(found, more...))), "want/jobs": b.String()}
	})
}

func jobText(b *strings.Builder, j app.Job) {
	fmt.Fprintf(b, "job %s, %s of %s, at %q, late %ds, for %ds, %d retries\n", j.Name, j.Component, j.For, j.Schedule, j.StartDeadlineSeconds, j.DeadlineSeconds, j.Retries)
	fmt.Fprintf(b, "\tfiles %v, work %s %q\n", slices.Sorted(maps.Keys(j.Files)), mebibytes(j.WorkBytes), j.WorkClass)
	if expect := j.Files["expect"]; expect != "" {
		fmt.Fprintf(b, "\texpects %q\n", expect)
	}
	for _, s := range j.Secrets {
		fmt.Fprintf(b, "\tsecret %s from %s: %v\n", s.Name, s.Store.StoreName, s.Store.Data)
	}
	for _, e := range j.Egress {
		fmt.Fprintf(b, "\tto %s: %s on %s\n", e.Name, peerText(e.Peer), portsText(e.Ports))
	}
	for _, g := range j.Grants {
		for _, rule := range g.Rules {
			fmt.Fprintf(b, "\tmay in %s: %v %s %v\n", g.Namespace, rule.Verbs, rule.Resource, rule.Names)
		}
	}
	if j.Rights != nil {
		fmt.Fprintf(b, "\t%s may erase %s of %s\n", j.Rights.Name, j.Rights.Erase, j.Rights.In)
		if j.Rights.Restore != nil {
			fmt.Fprintf(b, "\tmay restore %+v\n", *j.Rights.Restore)
		}
	}
	for _, t := range j.Tasks {
		fmt.Fprintf(b, "\ttask %s %s %v beside %t %+v\n", t.Name, t.Image, t.Command, t.Beside, t.Resources)
		for _, v := range t.Variables {
			fmt.Fprintf(b, "\t\t%s=%s\n", v.Name, v.Value)
		}
		for _, s := range t.Secrets {
			fmt.Fprintf(b, "\t\t%s at %s: %v\n", s.Name, s.Path, s.Items)
		}
	}
}

// INV-DR-01 to 03, on what is decided: whatever the kind of database, the objectives hold, each task has the keys that it needs and no
// others, and a rehearsal has no way to the database.
func TestDumpsAndDrillsKeepTheObjectives(t *testing.T) {
	for kind, need := range map[string]string{"postgres": "{}", "mysql": "{}", "mongodb": "{}", "redis": `{purpose: "store"}`} {
		for _, tier := range tierNames {
			platform := strings.Replace(testPlatform, "platform: {", fmt.Sprintf("platform: {\n\tdatabases: orders: {kind: %q, host: \"10.8.0.1\", sizeGiB: 30}", kind), 1)
			a, found := resolveApp(t, platform, fmt.Sprintf("tier: %q\nneeds: orders: %s: %s\nrecovery: {rpo: \"24h\", rto: \"1h\"}", tier, kind, need))
			if diag.HasErrors(found) {
				t.Fatalf("%s: %s", kind, format(found))
			}
			r := a.Recovery[0]
			backup, drill := a.Jobs[0], a.Jobs[1]
			if r.Method != app.ByDump || 2*r.IntervalSeconds+backup.DeadlineSeconds > r.RPOSeconds || r.RestoreSeconds > r.RTOSeconds {
				t.Errorf("%s %s: %+v", kind, tier, r)
			}
			if drill.DeadlineSeconds > r.RTOSeconds || r.RetentionDays*24*3600 < 2*r.RPOSeconds {
				t.Errorf("%s %s: %+v", kind, tier, r)
			}
			if want := map[bool]int64{true: 7, false: 31}[tier == "critical"]; r.DrillDays != want {
				t.Errorf("%s %s: a drill every %d days", kind, tier, r.DrillDays)
			}
			for _, e := range drill.Egress {
				if slices.Contains(e.Peer.CIDRs, "10.8.0.1/32") {
					t.Errorf("%s: a drill may call %v", kind, e)
				}
			}
			if backup.Egress[0].Peer.CIDRs[0] != "10.8.0.1/32" || len(backup.Egress) != 2 {
				t.Errorf("%s: a backup may call %v", kind, backup.Egress)
			}
			database := map[string]string{"redis": "password"}[kind]
			if database == "" {
				database = "password username"
			}
			const store = "accessKey cryptPassword cryptSalt secretKey"
			for task, want := range map[string]string{"dump": database, "upload": store, "fetch": store, "server": "", "restore": ""} {
				for _, j := range a.Jobs {
					for _, x := range j.Tasks {
						if got := keysOf(x); x.Name == task && got != want {
							t.Errorf("%s: task %s has the keys %q, want %q", kind, task, got, want)
						}
					}
				}
			}
		}
	}
}

func keysOf(t app.Task) string {
	var keys []string
	for _, s := range t.Secrets {
		for _, i := range s.Items {
			keys = append(keys, i.File)
		}
	}
	slices.Sort(keys)
	return strings.Join(keys, " ")
}

// A changed script or question is another ConfigMap, so that a run that has begun keeps its own.
func TestConfigsAreNamedByContent(t *testing.T) {
	platform := strings.Replace(testPlatform, "platform: {", "platform: {\n\tdatabases: orders: {kind: \"postgres\", host: \"10.8.0.1\"}", 1)
	names := map[string]bool{}
	for _, expect := range []string{"", `, expect: [{query: "SELECT 1"}]`, `, expect: [{query: "SELECT 1", min: 2}]`, `, expect: [{query: "SELECT 2"}]`} {
		a, found := resolveApp(t, platform, "needs: orders: postgres: {}\nrecovery: {rpo: \"24h\", rto: \"1h\""+expect+"}")
		if diag.HasErrors(found) {
			t.Fatal(format(found))
		}
		names[a.Jobs[1].Config] = true
	}
	if len(names) != 4 {
		t.Errorf("4 drills share the names %v", names)
	}
}
