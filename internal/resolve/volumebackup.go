package resolve

import (
	"fmt"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/kube"
	"github.com/scantling/scantling/internal/scripts"
)

// volumeBackup makes what keeps a volume restorable: snapshots beside it, or copies that Velero brings to the bucket.
func (s *spec) volumeBackup(r *app.Recovery, d datum) {
	if len(s.w.env.APIServerCIDRs) == 0 && !s.w.env.Has("cilium") {
		s.w.missingFact(d.recovery, s.path(d.path), "the recovery of "+d.name, "apiServerCIDRs", `["10.0.0.1/32"]`)
		return
	}
	switch r.Method {
	case app.BySnapshot:
		s.snapshots(r, d)
	case app.ByVelero:
		s.velero(r, d)
	}
}

// snapshots makes the Job that takes and deletes snapshots of a volume. What a claim of a stateful app is called is known, but not how
// many are left from a time when the app was larger: so the Job asks.
func (s *spec) snapshots(r *app.Recovery, d datum) {
	class := s.w.env.StorageClasses.Snapshot
	if class == "" {
		s.w.errorAtKey(d.recovery, "fact-missing", s.path(d.path), fmt.Sprintf("the recovery of %s needs storageClasses.snapshot, which environment %q does not state", d.name, s.w.env.Name),
			fmt.Sprintf("platform.environments.%s.storageClasses.snapshot (%s)", s.w.env.Name, s.w.facts.node.KeyPos), `add storageClasses: {snapshot: "csi-snap"}`)
		return
	}
	claim, members := kube.ClaimName(s.app, r.Name), "false"
	if s.app.Kind == app.Stateful {
		claim, members = r.Name+"-"+s.name, "true"
	}
	j := s.newJob(r, kube.ComponentBackup)
	path := jobPath(j)
	j.Schedule, j.DeadlineSeconds = r.Schedule, r.DeadlineSeconds
	s.derived(path+".schedule", "the plan of the recovery of %s", r.Name)
	s.derived(path+".deadlineSeconds", "the plan of the recovery of %s", r.Name)
	j.StartDeadlineSeconds = s.startDeadline(path, r.IntervalSeconds)
	j.Retries = int32(s.fromTier(path+".retries", "backupRetries"))
	j.Grants = []app.Grant{{Namespace: s.app.Namespace, Rules: []app.AccessRule{
		{Resource: "persistentvolumeclaims", Verbs: []string{"list"}, Reason: "how many claims the volume has is known to the cluster alone"},
		{Group: snapshotGroup, Resource: "volumesnapshots", Verbs: []string{"create", "delete", "get", "list"}, Reason: "each snapshot has a name of its own, and goes when it is too old"},
	}}}
	j.Rights = &app.Rights{Name: s.rightsName(r.Name), Erase: "volumesnapshotcontents", In: s.app.Namespace}
	s.kubectlJob("volume-snapshot.sh", j,
		app.Variable{Name: "CLAIM_NAME", Value: claim},
		app.Variable{Name: "CLASS", Value: class},
		app.Variable{Name: "KEEP_ALL_SECONDS", Value: decimalOf(max(2*r.RPOSeconds, 24*3600))},
		app.Variable{Name: "KEEP_SECONDS", Value: decimalOf(r.RetentionDays * 24 * 3600)},
		app.Variable{Name: "MEMBERS", Value: members},
	)
}

const snapshotGroup = "snapshot.storage.k8s.io"

// rightsName names what one Job may do in the whole cluster. With a hash: shop and cart-db is not shop-cart and db.
func (s *spec) rightsName(data string) string {
	return shortName(s.app.Namespace+"/"+s.name+"/"+data, maxLabel)
}

// kubectlJob adds a Job whose only task is a script that asks the Kubernetes API.
func (s *spec) kubectlJob(script string, j app.Job, variables ...app.Variable) {
	j.Tasks = []app.Task{{
		Name: "kubectl", Image: s.toolImage("kubectl"), Command: []string{"/bin/sh", app.FilesPath + "/" + script},
		Variables: append(variables,
			app.Variable{Name: "APP", Value: s.name},
			app.Variable{Name: "COMPONENT", Value: kube.Component(s.app.Kind)},
			app.Variable{Name: "HOME", Value: "/tmp"}, // kubectl keeps what the API can do there
			app.Variable{Name: "JOB", Value: j.Name},
			app.Variable{Name: "NAMESPACE", Value: s.app.Namespace},
			app.Variable{Name: "WAIT_SECONDS", Value: decimalOf(j.DeadlineSeconds * 9 / 10)}, // the rest is for tidying up
		),
	}}
	j.Files = map[string]string{script: scripts.Text(script)}
	s.taskResources(&j)
	s.addJob(j)
}
