package resolve

import (
	"fmt"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/load"
)

// PlatformLeftOut says which of the platform's own objects are not made, because a fact or a capability is missing. A run that renders
// them asks for it: no app needs them.
func PlatformLeftOut(p *load.Project, fleets []*app.Fleet) []diag.Diagnostic {
	var out []diag.Diagnostic
	for _, f := range fleets {
		l := leftOut{env: f.Env, node: p.Platform.At("environments", f.Env.Name)}
		l.storage()
		l.priorities()
		l.backups(f)
		if len(fields(p.Platform.Field("nodePools"))) > 0 {
			l.nodePools()
		}
		out = append(out, l.notes...)
	}
	return out
}

// leftOut collects the notes about one environment.
type leftOut struct {
	env   *app.Environment
	node  *load.Node // nil: the built-in platform's
	notes []diag.Diagnostic
}

// note reports at a field of the environment, or at the environment where the field is missing.
func (l *leftOut) note(rule, field, problem, help string) {
	var pos diag.Pos
	if n := l.node.Field(field); n != nil {
		pos = n.KeyPos
	} else if l.node != nil {
		pos = l.node.KeyPos
	}
	l.notes = append(l.notes, diag.Diagnostic{
		Severity: diag.Note, Rule: rule, Pos: pos, Path: "platform.environments." + l.env.Name + "." + field, Problem: problem, Help: help,
	})
}

func (l *leftOut) storage() {
	classes := l.env.StorageClasses
	switch {
	case classes.Retain == "" && classes.Delete == "" && classes.Snapshot == "":
		l.note("fact-missing", "storageClasses", "no StorageClass is made: nothing names one", `add storageClasses: {retain: "ssd-retain", delete: "ssd", provisioner: "DRIVER"}`)
		return
	case classes.Provisioner == "":
		l.note("fact-missing", "storageClasses", "no StorageClass and no VolumeSnapshotClass is made: nothing says which driver makes the volumes", `add provisioner: "DRIVER", or leave the classes to whoever made them`)
		return
	case classes.Retain == classes.Delete:
		l.note("fact-missing", "storageClasses", fmt.Sprintf("one StorageClass %q is made, which keeps the data: retain and delete name the same", classes.Retain), "name two")
	}
	snapshots := l.env.Has("snapshots") || l.env.Has("velero")
	switch {
	case classes.Snapshot == "" && snapshots:
		l.note("fact-missing", "storageClasses", "no VolumeSnapshotClass is made: nothing names one", `add snapshot: "NAME"`)
	case classes.Snapshot != "" && !snapshots:
		l.note("capability-missing", "capabilities", fmt.Sprintf(`without "snapshots" the VolumeSnapshotClass %q is not made`, classes.Snapshot), `add "snapshots" when the snapshot controller is installed`)
	}
}

func (l *leftOut) priorities() {
	if len(l.env.PriorityClasses) == 0 {
		l.note("fact-missing", "priorityClasses", "no PriorityClass is made: nothing names one", `add priorityClasses: {critical: "business-critical"}`)
	}
}

// backups are kept by Velero in a bucket whose keys come from the store of secrets.
func (l *leftOut) backups(f *app.Fleet) {
	const what = "no BackupStorageLocation and no Schedule is made"
	switch {
	case !l.env.Has("velero"):
		l.note("capability-missing", "capabilities", `without "velero" `+what, `add "velero" when it is installed`)
	case l.env.Backups == nil:
		l.note("fact-missing", "backups", what+": nothing says where backups go", `add backups: {bucket: "BUCKET", secret: "PLACE"}`)
	case !l.env.Has("externalsecrets"):
		l.note("capability-missing", "capabilities", `without "externalsecrets" `+what+": nobody brings the bucket's keys into the cluster", `add "externalsecrets" when it is installed`)
	case l.env.SecretStore == nil:
		l.note("fact-missing", "secretStore", what+": nothing says where the bucket's keys are fetched from", `add secretStore: {name: "STORE"}`)
	case len(f.Namespaces) == 0:
		l.note("fact-missing", "backups", "no Schedule is made: there is no namespace of ours to keep", "")
	}
}

// nodePools are made by whoever makes nodes, and those of spot capacity only where pods can tell them from others.
func (l *leftOut) nodePools() {
	makes := l.env.Has("karpenter")
	switch {
	case l.env.Karpenter == nil && l.env.Eksctl == nil && makes:
		l.note("fact-missing", "karpenter", "no NodePool is made: nothing names the class of its nodes", `add karpenter: {nodeClass: "default"}`)
	case l.env.Karpenter == nil && l.env.Eksctl == nil:
		l.note("fact-missing", "karpenter", "no node pool is made: nothing says who makes nodes", `add karpenter: {nodeClass: "default"} and the capability "karpenter", or eksctl: {cluster: "CLUSTER"}`)
	case l.env.Karpenter != nil && !makes:
		l.note("capability-missing", "capabilities", `without "karpenter" no NodePool is made`, `add "karpenter" when it is installed`)
	}
	for _, p := range l.env.NodePools {
		if s := l.env.Spot; p.Spot && (s == nil || len(s.Label) == 0 || s.Taint == "") {
			l.note("fact-missing", "spot", fmt.Sprintf("the node pool %q is not made: nothing says how nodes of spot capacity are marked, and every pod would be put on them", p.Name),
				`add spot: {label: {"node.acme.io/capacity": "spot"}, taint: "node.acme.io/spot"}`)
		}
	}
}
