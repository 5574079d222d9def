package resolve

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/golden"
	"github.com/scantling/scantling/internal/load"
)

// TestGraph resolves whole projects: want is everything that is said, want/fleet what an app without errors gets by its
// connections.
func TestGraph(t *testing.T) {
	golden.Run(t, "testdata/graph_*.txtar", func(t *testing.T, dir string) golden.Output {
		p, found, err := load.Load(load.Options{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		fleets, more := Fleets(p, Options{})
		found = diag.Sort(append(found, more...))
		out := golden.Output{"want": format(withoutDefaults(found))}
		if !diag.HasErrors(found) {
			out["want/fleet"] = connections(fleets)
		}
		return out
	})
}

// withoutDefaults leaves out what is said about every app or platform, whatever its connections are.
func withoutDefaults(found []diag.Diagnostic) []diag.Diagnostic {
	return slices.DeleteFunc(slices.Clone(found), func(d diag.Diagnostic) bool {
		return d.Severity != diag.Error && slices.Contains([]string{"capability-missing", "not-yet-rendered", "recoverable-data", "metrics-left-out"}, d.Rule)
	})
}

// connections writes what apps get by their connections.
func connections(fleets []*app.Fleet) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	for _, f := range fleets {
		line("environment %s", f.Env.Name)
		for _, ns := range f.Namespaces {
			line("namespace %s of team %q: %s; %+v", ns.Name, ns.Team, strings.Join(ns.Apps, " "), ns.Quota)
		}
		for _, a := range f.Apps {
			line("app %s/%s", a.Namespace, a.Name)
			for _, v := range a.Variables {
				if v.Secret != "" {
					line("\t%s from %s[%s]", v.Name, v.Secret, v.Key)
				} else {
					line("\t%s=%s", v.Name, v.Value)
				}
			}
			for _, s := range a.Secrets {
				line("\tsecret %s at %q: %+v", s.Name, s.Path, s.Items)
				if s.Store != nil {
					line("\t\tfrom %s %s every %d s: %+v %v", s.Store.StoreKind, s.Store.StoreName, s.Store.RefreshSeconds, s.Store.Data, s.Store.Template)
				}
				if s.Sealed != nil {
					text, _ := json.Marshal(s.Sealed)
					line("\t\tsealed %s", text)
				}
			}
			for _, e := range a.Egress {
				line("\tto %s: %s on %s", e.Name, peerText(e.Peer), portsText(e.Ports))
			}
			for _, e := range a.Ingress {
				line("\tfrom %s: %s on %s", e.Name, peerText(e.Peer), portsText(e.Ports))
			}
			for _, r := range a.Access {
				line("\tmay %v %q %s %v: %s", r.Verbs, r.Group, r.Resource, r.Names, r.Reason)
			}
			for _, c := range a.Clusters {
				clusterText(line, c)
			}
			if a.Expose != nil {
				line("\texposed %+v", *a.Expose)
			}
			if a.Scaling != nil && a.Scaling.Queue != nil {
				line("\tqueue %+v", *a.Scaling.Queue)
			}
		}
	}
	return b.String()
}

// clusterText writes a database that is made for an app, and who is let in.
func clusterText(line func(string, ...any), c app.Cluster) {
	doors := func(who string, edges []app.Edge) {
		for _, e := range edges {
			line("\t\t%s %s: %s on %s", who, e.Name, peerText(e.Peer), portsText(e.Ports))
		}
	}
	line("\tcluster %s: database %s, %d × %d MiB of class %s, %+v, %d connections, synchronous %v", c.Name, c.Database, c.Instances, c.SizeBytes/mebibyte, c.Class, c.Resources, c.MaxConnections, c.Synchronous)
	doors("from", c.Ingress)
	if p := c.Pooler; p != nil {
		line("\t\tpooler %s: %d × %d connections for at most %d clients each, %+v", p.Name, p.Instances, p.PoolSize, p.MaxClients, p.Resources)
		doors("pooler from", p.Ingress)
	}
	if a := c.Archive; a != nil {
		line("\t\tarchive %s: %+v, every %d s, base backups %s, for %d days, keys %+v", a.Store, a.Bucket, a.TimeoutSeconds, a.Schedule, a.RetentionDays, a.Secret.Store.Data)
		doors("archive to", a.Egress)
		doors("drill "+a.Drill+" from", a.DrillIngress)
	}
}

func peerText(p app.Peer) string {
	switch {
	case p.Host != "":
		return p.Host
	case p.Namespace != "":
		return podsText(p)
	}
	return strings.Join(p.CIDRs, ",")
}
