package resolve

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/kube"
	"github.com/scantling/scantling/internal/scripts"
)

// daySeconds is how long every backup is kept at least.
const daySeconds = 24 * 60 * 60

// volumeBackup makes what keeps a volume restorable: snapshots beside it, or copies that Velero brings to the bucket.
func (s *spec) volumeBackup(r *app.Recovery, d datum) {
	if len(s.w.env.APIServerCIDRs) == 0 && !s.w.env.Has("cilium") {
		s.w.missingFact(d.recovery, s.path(d.path), "the recovery of "+d.name, "apiServerCIDRs", `["10.0.0.1/32"]`)
	}
	switch r.Method {
	case app.BySnapshot:
		s.snapshots(r, d)
	case app.ByVelero:
		s.velero(r)
	}
}

// snapshots makes the Job that takes and deletes snapshots of a volume. A name that a claim of a stateful app may have is known, but
// not how many of them are left from a time when the app was larger: so the Job asks.
func (s *spec) snapshots(r *app.Recovery, d datum) {
	class := s.w.env.StorageClasses.Snapshot
	if class == "" {
		s.w.missingFact(d.recovery, s.path(d.path), "the recovery of "+d.name, "storageClasses.snapshot", `"csi-snap"`)
		return
	}
	claim, members := kube.ClaimName(s.app, r.Name), "false"
	if s.app.Kind == app.Stateful {
		claim, members = r.Name+"-"+s.name, "true"
	}
	r.DrillSchedule, r.DrillDays = "", 0
	s.kubectlJob("volume-snapshot.sh", app.Job{
		Name: kube.Name(s.name, r.Name, "backup"), Component: kube.ComponentBackup, For: r.Name,
		Schedule: r.Schedule, StartDeadlineSeconds: r.DeadlineSeconds, DeadlineSeconds: r.DeadlineSeconds, Retries: int32(s.number("backupRetries")),
		Grants: []app.Grant{{Namespace: s.app.Namespace, Rules: []app.AccessRule{
			{Resource: "persistentvolumeclaims", Verbs: []string{"list"}, Reason: "how many claims the volume has is known to the cluster alone"},
			{Group: "snapshot.storage.k8s.io", Resource: "volumesnapshots", Verbs: []string{"create", "delete", "get", "list"}, Reason: "each snapshot has a name of its own, and goes when it is too old"},
		}}},
		Rights: &app.Rights{Name: s.rightsName(r.Name), Erase: "volumesnapshotcontents", In: s.app.Namespace},
	}, []app.Variable{
		{Name: "CLAIM_NAME", Value: claim},
		{Name: "CLASS", Value: class},
		{Name: "KEEP_ALL_SECONDS", Value: strconv.FormatInt(max(2*r.RPOSeconds, daySeconds), 10)},
		{Name: "KEEP_SECONDS", Value: strconv.FormatInt(r.RetentionDays*daySeconds, 10)},
		{Name: "MEMBERS", Value: members},
	})
}

// rightsName names what one Job may do in the whole cluster. With a hash: shop and cart-db is not shop-cart and db.
func (s *spec) rightsName(data string) string {
	return shortName(s.app.Namespace+"/"+s.name+"/"+data, maxLabel)
}

// kubectlJob adds a Job whose only task is a script that speaks to the Kubernetes API.
func (s *spec) kubectlJob(script string, j app.Job, variables []app.Variable) {
	task := app.Task{
		Name: "kubectl", Image: s.toolImage("kubectl"), Command: []string{"/bin/sh", app.FilesPath + "/" + script},
		Resources: app.Resources{CPUMilli: s.number("backupCPUMilli"), MemoryBytes: s.number("backupMemoryMiB") * mebibyte, MemoryLimitBytes: s.number("backupMemoryMiB") * mebibyte},
		Variables: append(variables,
			app.Variable{Name: "APP", Value: s.name},
			app.Variable{Name: "COMPONENT", Value: kube.Component(s.app.Kind)},
			app.Variable{Name: "HOME", Value: "/tmp"}, // kubectl keeps what the API can do there
			app.Variable{Name: "JOB", Value: j.Name},
			app.Variable{Name: "NAMESPACE", Value: s.app.Namespace},
			app.Variable{Name: "WAIT_SECONDS", Value: strconv.FormatInt(j.DeadlineSeconds*9/10, 10)}, // the rest is for tidying up
		),
	}
	slices.SortFunc(task.Variables, func(a, b app.Variable) int { return cmp.Compare(a.Name, b.Name) })
	j.Tasks = []app.Task{task}
	j.Files = map[string]string{script: scripts.Text(script)}
	j.Config = kube.Name(j.Name, contentHash(j.Files))
	s.app.Jobs = append(s.app.Jobs, j)
	slices.SortFunc(s.app.Jobs, func(a, b app.Job) int { return cmp.Compare(a.Name, b.Name) })
}
