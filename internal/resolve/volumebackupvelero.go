package resolve

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/kube"
)

// velero gives a volume to the app's Schedule and its drill. There is one of each for all volumes of an app, because Velero selects
// claims by their labels, and those of a stateful app's volumes don't differ: the strictest objectives hold for all of them.
func (s *spec) velero(r *app.Recovery, d datum) {
	name := shortName(s.app.Namespace+"/"+s.name, maxVelero) // with a hash: shop and cart-db is not shop-cart and db
	r.Velero = &app.VeleroBackup{Schedule: name, Namespace: s.w.env.Velero}
	s.derived("recovery["+r.Name+"].velero", "one Schedule for all volumes of the app, with the strictest of their objectives")
	if r.DrillSchedule != "" {
		r.Velero.Drill = drillNamespace(s.app.Namespace)
	}
	strictest := s.together(r)
	if strictest.LossSeconds > strictest.RPOSeconds {
		s.fail(d.path, "rpo-can-be-met", fmt.Sprintf("the volumes of an app are backed up together, every %s, and the largest may take %s: up to %s of %s would be lost, more than %s",
			span(strictest.IntervalSeconds), span(strictest.DeadlineSeconds), span(strictest.LossSeconds), s.name, span(strictest.RPOSeconds)), "one rpo for all of them, which the largest can keep", "or an app for each")
	}
	if r.Velero.Drill != "" {
		s.veleroDrill(r, strictest)
	}
}

// maxVelero leaves room for what Velero appends: a time to the name of a backup, and random characters to what belongs to it, in
// labels of 63 characters.
const maxVelero = 42

// together gives all volumes that Velero backs up the strictest objectives of any of them, and returns those.
func (s *spec) together(r *app.Recovery) app.Recovery {
	all := []*app.Recovery{r}
	strictest := *r
	for i := range s.app.Recovery {
		o := &s.app.Recovery[i]
		if o == r || o.Name == r.Name || o.Velero == nil {
			continue
		}
		all = append(all, o)
		if o.IntervalSeconds <= strictest.IntervalSeconds { // the first one's of equals, so that the last one changes nothing
			strictest.Schedule, strictest.IntervalSeconds = o.Schedule, o.IntervalSeconds
		}
		strictest.DeadlineSeconds = max(strictest.DeadlineSeconds, o.DeadlineSeconds) // of the largest: a backup ends with its last volume
		if o.DrillDays <= strictest.DrillDays {
			strictest.DrillSchedule, strictest.DrillDays = o.DrillSchedule, o.DrillDays
		}
		strictest.RPOSeconds = min(strictest.RPOSeconds, o.RPOSeconds)
		strictest.RTOSeconds = min(strictest.RTOSeconds, o.RTOSeconds)
		strictest.RetentionDays = max(strictest.RetentionDays, o.RetentionDays)
	}
	strictest.LossSeconds = strictest.IntervalSeconds + strictest.DeadlineSeconds
	for _, o := range all {
		o.Schedule, o.IntervalSeconds, o.DeadlineSeconds, o.LossSeconds = strictest.Schedule, strictest.IntervalSeconds, strictest.DeadlineSeconds, strictest.LossSeconds
		o.Slack = o.LossSeconds+o.IntervalSeconds <= o.RPOSeconds
		o.DrillSchedule, o.DrillDays, o.RetentionDays = strictest.DrillSchedule, strictest.DrillDays, strictest.RetentionDays
	}
	return strictest
}

// veleroDrill makes the Job that rehearses a restore of all volumes of the app, instead of the one for fewer of them. One that failed is
// not run again at once: that would remove the Restore, and with it what Velero says about it.
func (s *spec) veleroDrill(r *app.Recovery, strictest app.Recovery) {
	v, first := r.Velero, *r
	for _, o := range s.app.Recovery {
		if o.Velero != nil && o.Name < first.Name {
			first = o
		}
	}
	s.app.Jobs = slices.DeleteFunc(s.app.Jobs, func(j app.Job) bool { return j.Rights != nil && j.Rights.Restore != nil })
	j := s.newJob(&first, kube.ComponentDrill)
	for i := range s.app.Recovery {
		if o := &s.app.Recovery[i]; o.Velero != nil {
			o.Velero.DrillJob = j.Name
		}
	}
	path := jobPath(j)
	j.Schedule, j.DeadlineSeconds = strictest.DrillSchedule, s.drillDeadline(path, &strictest)
	s.derived(path+".schedule", "the plan of the recovery of %s", first.Name)
	j.StartDeadlineSeconds = s.startDeadline(path, strictest.DrillDays*24*3600)
	j.Grants = s.drillGrants(v, j.Name)
	j.Rights = &app.Rights{Name: s.rightsName("volumes"), Erase: "persistentvolumes", In: v.Drill,
		Restore: &app.Restore{Name: v.Schedule, Namespace: v.Namespace, Schedule: v.Schedule, Into: v.Drill}}
	each := s.lookResources()
	s.kubectlJob("velero-drill.sh", j, append(s.lookPlace(),
		app.Variable{Name: "CPU", Value: fmt.Sprintf("%dm", each.CPUMilli)},
		app.Variable{Name: "DRILL", Value: v.Drill},
		app.Variable{Name: "IMAGE", Value: s.toolImage("kubectl")},
		app.Variable{Name: "MAX_AGE_SECONDS", Value: decimalOf(strictest.RPOSeconds)},
		app.Variable{Name: "MEMORY", Value: fmt.Sprintf("%dMi", each.MemoryBytes/mebibyte)},
		app.Variable{Name: "RESTORE", Value: v.Schedule},
		app.Variable{Name: "SCHEDULE", Value: v.Schedule},
		app.Variable{Name: "USER_ID", Value: decimalOf(s.app.User)},
		app.Variable{Name: "VELERO", Value: v.Namespace},
	)...)
}

// drillGrants is what a rehearsal does in each namespace.
func (s *spec) drillGrants(v *app.VeleroBackup, job string) []app.Grant {
	return []app.Grant{
		{Namespace: s.app.Namespace, Rules: []app.AccessRule{
			{Resource: "persistentvolumeclaims", Verbs: []string{"list"}, Reason: "what the backup must hold"},
		}},
		{Namespace: v.Namespace, Rules: []app.AccessRule{
			{Group: "velero.io", Resource: "backups", Verbs: []string{"list"}, Reason: "which is the newest, nobody knows before"},
			{Group: "velero.io", Resource: "restores", Verbs: []string{"create"}, Reason: "a create is never granted by name; an admission policy refuses any other Restore"},
			{Group: "velero.io", Resource: "restores", Verbs: []string{"delete", "get", "list", "watch"}, Names: []string{v.Schedule}},
		}},
		{Namespace: v.Drill, Rules: []app.AccessRule{
			{Resource: "persistentvolumeclaims", Verbs: []string{"delete", "get", "list", "watch"}, Reason: "nothing but copies is in this namespace"},
			{Resource: "pods", Verbs: []string{"create"}, Reason: "a create is never granted by name; nothing in this namespace has rights that a pod could use"},
			{Resource: "pods", Verbs: []string{"delete", "get", "list", "watch"}, Names: []string{job}},
		}},
	}
}

// lookPlace is on which nodes the pod that looks at restored volumes may run, and what it pulls its image with: as the app's own, or
// none of the nodes might take it. Each value is a field of the pod's spec, in JSON.
func (s *spec) lookPlace() []app.Variable {
	secrets := []map[string]string{}
	if s.app.PullSecret != "" {
		secrets = append(secrets, map[string]string{"name": s.app.PullSecret})
	}
	return []app.Variable{
		{Name: "NODE_SELECTOR", Value: asJSON(s.app.Placement.NodeSelector)},
		{Name: "PULL_SECRETS", Value: asJSON(secrets)},
		{Name: "TOLERATIONS", Value: asJSON(s.tolerations())},
	}
}

func asJSON(v any) string {
	text, err := json.Marshal(v) // maps by key
	if err != nil {
		panic(err) // cannot be: nothing but texts
	}
	return string(text)
}

// lookResources is what the pod that looks at restored volumes takes.
func (s *spec) lookResources() app.Resources {
	memory := s.number("backupMemoryMiB") * mebibyte
	return app.Resources{CPUMilli: s.number("backupCPUMilli"), MemoryBytes: memory, MemoryLimitBytes: memory}
}

// drillNamespace is where the volumes of a namespace are restored to in a drill.
func drillNamespace(namespace string) string { return kube.Name(namespace, "drill") }

// drills is the namespace beside one of apps that copies of their volumes are restored into: with the same fences, and room for one
// copy of everything. Nil: nobody rehearses that.
func (w *world) drills(ns app.Namespace, specs []*spec) *app.Namespace {
	drill := app.Namespace{Env: ns.Env, Name: drillNamespace(ns.Name), Team: ns.Team}
	for _, s := range specs {
		i := slices.IndexFunc(s.app.Recovery, func(r app.Recovery) bool { return r.Velero != nil && r.Velero.Drill != "" })
		if i < 0 {
			continue
		}
		each := s.lookResources()
		drill.Quota.CPUMilli += each.CPUMilli
		drill.Quota.MemoryBytes += each.MemoryBytes
		drill.Quota.MemoryLimitBytes += each.MemoryLimitBytes
		drill.Quota.Pods++
		drill.Quota.Claims += claims(&s.app)
	}
	if drill.Quota.Pods == 0 {
		return nil
	}
	for _, s := range w.specs {
		if s.app.Namespace == drill.Name {
			s.fail("", "derived-names-differ", fmt.Sprintf("namespace %q is that which volumes of %q are restored into to rehearse it: its claims would be deleted", drill.Name, ns.Name), "a namespace of another name", "")
		}
	}
	return &drill
}
