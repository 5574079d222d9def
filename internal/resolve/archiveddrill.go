package resolve

import (
	"encoding/json"
	"maps"
	"strconv"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/kube"
	"github.com/scantling/scantling/internal/scripts"
)

// Time that a rehearsal has beside the restore: its pod starts, asks the copy, and deletes it. Source: judgement.
const drillReserveSeconds = 120

// archiveDrill rehearses a restore of a database from its archive: one task makes a copy, one asks it, and one deletes it. It is
// not tried again: a second restore would not fit into the deadline.
func (s *spec) archiveDrill(r *app.Recovery, d datum, c *app.Cluster) {
	copied := shortName(c.Name+"-copy", maxCluster) // the operator makes an identity of this name, and the Job has one of its own
	j := s.newJob(r, kube.ComponentDrill)
	path := jobPath(j)
	j.Schedule = r.DrillSchedule
	s.derived(path+".schedule", "the plan of the recovery of %s", r.Name)
	j.StartDeadlineSeconds = s.startDeadline(path, r.DrillDays*24*3600)
	if r.Method == app.ByReplica { // whose rto is that of a standby which takes over, and no restore
		j.DeadlineSeconds = max(r.RTOSeconds, 2*r.RestoreSeconds, s.number("backupSeconds"))
		s.derived(path+".deadlineSeconds", "twice what a restore takes, at least backupSeconds: rto is kept by a standby")
	} else {
		j.DeadlineSeconds = s.drillDeadline(path, r)
	}
	j.WorkBytes = s.number("tmpMiB") * mebibyte
	j.Egress = []app.Edge{{Name: copied, Peer: s.servers(copied), Ports: postgresPort}}
	j.Files = expectationFiles(d.expect)
	j.Files["cluster.json"] = s.copyOf(c, copied)
	for _, script := range []string{"cnpg-drill.sh", "cnpg-assert.sh", "cnpg-clean.sh"} {
		j.Files[script] = scripts.Text(script)
	}
	j.Tasks = s.archiveTasks(r, c, j.DeadlineSeconds, copied)
	j.Grants = []app.Grant{{Namespace: s.app.Namespace, Rules: []app.AccessRule{
		{Group: "postgresql.cnpg.io", Resource: "clusters", Verbs: []string{"create"}, Reason: "a create is checked before the copy has a name"},
		{Group: "postgresql.cnpg.io", Resource: "clusters", Verbs: []string{"delete", "get"}, Names: []string{copied}},
		{Group: "postgresql.cnpg.io", Resource: "clusters", Verbs: []string{"get"}, Names: []string{c.Name}},
		{Group: "barmancloud.cnpg.io", Resource: "objectstores", Verbs: []string{"get"}, Names: []string{c.Archive.Store}},
		{Resource: "persistentvolumeclaims", Verbs: []string{"get"}, Names: []string{copied + "-1"}},
	}}}
	c.Archive.Drill = copied
	c.Archive.DrillIngress = []app.Edge{{Name: j.Name, Peer: app.Peer{Namespace: s.app.Namespace, Labels: kube.JobPeerLabels(s.app, j)}, Ports: postgresPort}}
	s.taskResources(&j)
	s.addJob(j)
}

// archiveTasks are the steps of a drill. The operator makes the copy's credentials, which the second step gets when it starts.
func (s *spec) archiveTasks(r *app.Recovery, c *app.Cluster, deadline int64, copied string) []app.Task {
	wait := max(deadline-drillReserveSeconds, deadline/2)
	task := func(name, image string, more ...app.Variable) app.Task {
		t := s.task(r, name, "cnpg-"+name+".sh")
		t.Image = image
		t.Variables = append(t.Variables, more...)
		t.Variables = append(t.Variables,
			app.Variable{Name: "DRILL", Value: copied},
			app.Variable{Name: "HOME", Value: "/tmp"}, // kubectl keeps what the API can do there
			app.Variable{Name: "NAMESPACE", Value: s.app.Namespace})
		return t
	}
	return []app.Task{
		task("drill", s.toolImage("kubectl"),
			app.Variable{Name: "CLUSTER", Value: c.Name},
			app.Variable{Name: "STORE", Value: c.Archive.Store},
			app.Variable{Name: "MAX_AGE_SECONDS", Value: decimalOf(2 * r.IntervalSeconds)}, // of the base backup: one may be missed
			app.Variable{Name: "WAIT_SECONDS", Value: decimalOf(wait)}),
		task("assert", c.Image,
			app.Variable{Name: "PGHOST", Value: serviceName(copied+"-rw", s.app.Namespace)},
			app.Variable{Name: "PGPORT", Value: strconv.Itoa(int(postgresPort[0].Number))},
			app.Variable{Name: "PGDATABASE", Value: c.Database},
			app.Variable{Name: "PGSSLMODE", Value: "require"},
			app.Variable{Name: "PGUSER", Secret: copied + "-app", Key: "username"},
			app.Variable{Name: "PGPASSWORD", Secret: copied + "-app", Key: "password"}),
		task("clean", s.toolImage("kubectl")),
	}
}

// copyOf is the Cluster that a drill makes: one server of the same size and version, which neither archives nor outlives the drill.
func (s *spec) copyOf(c *app.Cluster, name string) string {
	storage := map[string]any{"size": kube.Bytes(c.SizeBytes)}
	if class := s.w.env.StorageClasses.Delete; class != "" { // else a volume would stay behind each time
		storage["storageClass"] = class
	}
	spec := map[string]any{
		"instances": 1,
		"imageName": c.Image,
		"bootstrap": map[string]any{
			"recovery": map[string]any{"source": "origin", "database": c.Database, "owner": c.Database},
		},
		"externalClusters": []any{map[string]any{
			"name": "origin",
			"plugin": map[string]any{
				"name":       "barman-cloud.cloudnative-pg.io",
				"parameters": map[string]any{"barmanObjectName": c.Archive.Store, "serverName": c.Name},
			},
		}},
		"storage":    storage,
		"postgresql": map[string]any{"parameters": map[string]any{"max_connections": strconv.Itoa(int(c.MaxConnections))}},
		"resources":  kube.Requirements(c.Resources),
		"affinity":   s.whereAppsRun(),
		"enablePDB":  false,
	}
	if s.app.PullSecret != "" {
		spec["imagePullSecrets"] = []any{map[string]any{"name": s.app.PullSecret}}
	}
	text, err := json.MarshalIndent(map[string]any{
		"apiVersion": "postgresql.cnpg.io/v1",
		"kind":       "Cluster",
		"metadata":   map[string]any{"name": name, "namespace": s.app.Namespace, "labels": kube.DatabaseMeta(s.app, name, name).Labels},
		"spec":       spec,
	}, "", "  ")
	if err != nil {
		panic(err) // texts and numbers alone
	}
	return string(text) + "\n"
}

// whereAppsRun is the platform's choice of nodes, as a Cluster states it. One server has no others of its kind to keep away from.
func (s *spec) whereAppsRun() map[string]any {
	affinity := map[string]any{"enablePodAntiAffinity": false}
	if len(s.app.Placement.NodeSelector) > 0 {
		affinity["nodeSelector"] = s.app.Placement.NodeSelector
	}
	if all := s.tolerations(); len(all) > 0 {
		affinity["tolerations"] = all
	}
	if s.w.env.Spot != nil { // half a restore would look like a broken backup
		affinity["nodeAffinity"] = kube.SpotRule(s.app, "NotIn")
	}
	return affinity
}

// tolerations are the taints that the app bears, as fields of a pod's spec.
func (s *spec) tolerations() []map[string]string {
	all := []map[string]string{}
	for _, t := range s.app.Placement.Tolerations {
		fields := map[string]string{"key": t.Key, "operator": t.Operator, "value": t.Value, "effect": t.Effect}
		maps.DeleteFunc(fields, func(_, value string) bool { return value == "" })
		all = append(all, fields)
	}
	return all
}
