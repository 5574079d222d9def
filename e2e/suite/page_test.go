package suite

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/scantling/scantling/e2e/cluster"
)

var update = flag.Bool("update", false, "rewrite docs/control-plane.md from what was seen")

// results are the page that the suite writes: what was seen on the cluster, nothing that differs from run to run.
type results struct {
	kinds      []string // that were judged, sorted
	unserved   []string // third-party kinds that no module defines, sorted
	behaviours []string
	promises   []string // of releases
	faults     []string // that were planted and found
}

// page is filled by the tests.
var page results

func (r *results) row(question, textbook, ours string) {
	r.behaviours = append(r.behaviours, fmt.Sprintf("| %s | %s | %s |", question, textbook, ours))
}

func (r *results) promise(question, seen string) {
	r.promises = append(r.promises, fmt.Sprintf("| %s | %s |", question, seen))
}

const head = `# What a real Kubernetes says

Written by ` + "`make e2e`" + `, which starts etcd, the API server, the controller manager and the scheduler of Kubernetes %s on this machine,
with simulated nodes in three zones, and puts before them what Scantling renders. Do not edit: ` + "`make e2e ARGS=-update`" + ` rewrites it.

## Behaviour

Each question is asked twice: of the manifests of a widely used textbook module on production practice, completed with no more than
what they need to be accepted, and of an app of one's own in Scantling.

| question | textbook | Scantling |
|---|---|---|
%s

## Releases

Apps are released and taken back by ` + "`scantling set`, `promote` and `rollback`" + `. After each command everything is applied and what is
no longer written is removed, as a delivery tool does, and the next command waits until the pods are ready. Meanwhile every write to
what is behind the Service, its EndpointSlices, is recorded, and each state between two writes is judged.

| question | seen |
|---|---|
%s

A Service moves from one colour to the other in one write while all its endpoints fit into one EndpointSlice: a hundred pods, those
that a rollout adds and those that are ending included. With more the controller needs several writes, milliseconds apart: both colours
are there at once, and, when the new colour alone has more than a hundred pods, fewer of them than either colour has. Nothing in the
manifests stops a cut-over to pods that are not ready: the Service then leads to nobody until it is taken back. So wait for them first,
with the command that ` + "`promote`" + ` prints: it is the one used here. Each node follows a write by itself, and connections that are open stay
where they are.

## Admission

Every blueprint and every golden case, each environment, and projects with data and promises of every kind are applied twice by
server-side apply with strict validation, into the namespaces that they bring, where the restricted pod security standard is enforced.
For all of them: nothing is refused and nothing
warned about; the server keeps every field as written; the second apply writes nothing; every pod is admitted, placed and ready, also
at full size with a rollout of everything and a run of every CronJob on top; every Service leads to ready pods on each port; each run
of a CronJob completes; of every disruption budget a pod may be evicted; every key that a pod reads is made, and every route leads to a
port that is there; service accounts may do what is declared and nothing else. What ` + "`generate --platform`" + ` renders is applied so, too.

Kinds judged so: %s.

Third-party kinds whose definition no Go module holds, so not judged: %s.

## Volumes kept

The rendered programs that take snapshots of volumes, and that rehearse how Velero restores them, are run with kubectl and a token of
their Job's own account, in dash, bash and busybox. They fail, and say why, when a snapshot is not ready in time, a backup is stale,
partial, empty or somebody else's, a restore fails, hangs or lacks a volume, or a right is taken away; what is too old is removed, the
last that can be restored never is, and a drill leaves nothing behind. Volumes, snapshots and restores of others are out of their reach:
an admission policy refuses what RBAC cannot tell apart.

## Runbooks

Whoever is woken follows the alert, and its heading in [slo.md](slo.md#when-an-alert-fires) or [recovery.md](recovery.md#when-an-alert-fires). So every command
in the alerts of every case is run here with kubectl, through a shell, and every one below a heading, with the names filled in, once for apps of each make. Each ends
with 0, and finds something. What would change something but a Job that is started is only tried (` + "`--dry-run=server`" + `). A stand-in answers for the nodes as kubelets do,
with trouble in it: of several pods one is still starting, and only one container of a pod has ever ended.

Not run: what comes through a forwarded port (the pod's node is asked for it), ` + "`kubectl top`" + ` (its flags are read, and there are no metrics), ` + "`velero`, `argocd`, `flux`" + ` and
` + "`kubectl argo rollouts`" + `. Nothing is found of what operators make: AnalysisRuns, CertificateRequests, Backups, the autoscalers of KEDA and Flagger.

## Faults planted

Each of these is put into what Scantling renders, and found by what is looked at above:

%s

## Predictions

What ` + "`verify`" + ` says of rollouts, drains and losses is what a simulator makes of them. ` + "`make e2e`" + ` plays some hundred situations, made from a
seed, both there and here: placements (spreads with each of their fields, affinity and anti-affinity between pods, node selectors,
taints, cordons, host ports, nodes that are full), rollouts of Deployments and StatefulSets that work or do not, budgets and evictions,
drains, and the loss of zones and of spot capacity. The same must come of it: how many pods run and how many wait, and why; whether a
rollout or a drain ends; how few pods are ready and how many wanted at any moment; the four numbers of each budget; what each eviction
is answered. Wherever the scheduler has put a pod, the simulator must allow it, and where it finds no place for one, there must be none.

Three things are not predicted. Which of several nodes gets a pod depends on scores: the simulator takes the emptiest zone. Pods of nodes
that are deleted are collected one by one within a minute, so that more may be ready meanwhile than the simulator says, which takes them
away at once. And where two budgets are about one pod, the controller writes only one of them when the pod changes, so that the other may
be stale; the eviction API refuses that pod anyway.

## Not seen here

Nothing routes packets and no container runs: network policies are accepted but not enforced, probes, signals, mounts and file
systems are not tried. The operators of third-party kinds are absent: the pods of an Argo Rollout, the clone that Flagger makes of a
Deployment, snapshots and Velero's restores are made by stand-ins, and the pods of CloudNativePG's databases as its own code says; no NodePool makes
a node, and nobody reads metrics. What backups and drills of databases do is tried by ` + "`make data`" + `, what rules and dashboards say
by ` + "`make rules`" + `, and whether there are the series that they ask for by ` + "`make exporters`" + `.
`

func (r *results) text() string {
	unserved := cmp.Or(strings.Join(r.unserved, ", "), "none")
	return fmt.Sprintf(head, cluster.Version, strings.Join(r.behaviours, "\n"), strings.Join(r.promises, "\n"), strings.Join(r.kinds, ", "), unserved, "- "+strings.Join(r.faults, "\n- "))
}

// list notes every kind of the cases as judged or, where the cluster does not know it, as not.
func (r *results) list(cases []rendered) {
	for _, c := range cases {
		for _, o := range c.objects {
			list := &r.kinds
			if !world.client.Knows(o) {
				list = &r.unserved
			}
			if kind := o.GetKind(); !slices.Contains(*list, kind) {
				*list = append(*list, kind)
			}
		}
	}
	slices.Sort(r.kinds)
	slices.Sort(r.unserved)
}

// check compares the page with what was seen, or rewrites it. A run of some tests alone has not seen everything.
func (r *results) check(root string) error {
	if name := flag.Lookup("test.run"); name != nil && name.Value.String() != "" {
		return nil
	}
	path := filepath.Join(root, "docs", "control-plane.md")
	if *update {
		return os.WriteFile(path, []byte(r.text()), 0o666)
	}
	was, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if string(was) != r.text() {
		return fmt.Errorf("docs/control-plane.md is not what was seen; make e2e ARGS=-update rewrites it")
	}
	return nil
}
