// Package explain writes what was decided for an app, and the arithmetic behind it, as pages for people.
package explain

import (
	"cmp"
	"fmt"
	"io"
	"slices"

	"github.com/scantling/scantling/internal/app"
)

// Recovery writes how the data of one app is kept restorable in one environment: a block for each need and volume with a plan, and
// a line for each that has none, with the reason.
func Recovery(w io.Writer, a app.App) error {
	var p page
	fmt.Fprintf(&p, "%s in %s, tier %s\n", a.Name, a.Env.Name, a.Tier)
	for _, r := range a.Recovery {
		p.plan(a, r)
	}
	without := withoutPlan(a)
	if len(without) > 0 {
		p.WriteString("\nnot backed up\n")
	}
	p.rows(without)
	if len(a.Recovery)+len(without) == 0 {
		p.WriteString("\nthe app holds no data: what it is comes back from its manifests\n")
	}
	_, err := io.WriteString(w, p.String())
	return err
}

// plan writes the block of one store.
func (p *page) plan(a app.App, r app.Recovery) {
	kind := string(r.Kind)
	if kind == "" {
		kind = "volume"
	}
	fmt.Fprintf(p, "\n%s (%s)\n", r.Name, kind)
	rows := []row{{"objective", fmt.Sprintf("at most %s of data lost, restored within %s", duration(r.RPOSeconds), duration(r.RTOSeconds))}}
	if r.SharedWith != "" {
		p.rows(append(rows, row{"shared", shared(a, r)}))
		return
	}
	p.rows(append(rows,
		row{"strategy", strategies[r.Method].words},
		row{"schedule", schedule(r)},
		row{"worst loss", loss(r)},
		row{"restore", restore(r)},
		row{"retention", retention(r)},
		row{"drill", drill(a, r)},
		row{"cost", strategies[r.Method].cost},
	))
}

// strategies is how each method reads, and what is paid for it.
var strategies = map[app.Method]struct{ words, cost string }{
	app.ByDump:     {"cold: a dump, checked, encrypted and copied to the bucket", "low: dumps in a bucket"},
	app.BySnapshot: {"cold: snapshots of the volume, in the storage system that holds it", "low: snapshots in the storage system"},
	app.ByVelero:   {"cold: snapshots of the volume, which Velero moves to the bucket", "low: snapshots in a bucket"},
	app.ByArchive:  {"warm: base backups and every change since, by CloudNativePG: any moment can be restored", "medium: base backups and the log in a bucket"},
	app.ByReplica: {"hot: a standby that has every commit before the client hears of it, and an archive as in warm",
		"high: standing replicas, and base backups and the log in a bucket"},
}

func schedule(r app.Recovery) string {
	what := ""
	if r.Method == app.ByArchive || r.Method == app.ByReplica {
		what = "base backup "
	}
	text := fmt.Sprintf("%severy %s (%s, UTC)", what, duration(r.IntervalSeconds), r.Schedule)
	switch {
	case r.Method == app.ByVelero: // whose own time limit holds
		text += ", counted with " + duration(r.DeadlineSeconds) + " for a run"
	case r.DeadlineSeconds > 0:
		text += ", stopped after " + duration(r.DeadlineSeconds)
	}
	return text
}

// loss is what the worst moment for a failure costs, term by term.
func loss(r app.Recovery) string {
	switch r.Method {
	case app.ByReplica:
		return fmt.Sprintf("nothing while one standby lives; when the whole cluster is lost, what is not in the archive yet: %s. "+
			"A wrong DELETE is in all copies at once: it is undone from the archive", duration(r.LossSeconds))
	case app.ByArchive:
		return fmt.Sprintf("what is not in the archive yet: %s of %s", duration(r.LossSeconds), duration(r.RPOSeconds))
	}
	interval, deadline := duration(r.IntervalSeconds), duration(r.DeadlineSeconds)
	text := fmt.Sprintf("%s + %s = %s of %s; ", interval, deadline, duration(r.LossSeconds), duration(r.RPOSeconds))
	twice := fmt.Sprintf("when one run fails: 2 x %s + %s = %s", interval, deadline, duration(r.LossSeconds+r.IntervalSeconds))
	if r.Slack {
		return text + "also " + twice
	}
	return text + "no slack: " + twice
}

func restore(r app.Recovery) string {
	switch {
	case r.RestoreSeconds == 0 && r.DrillSchedule == "":
		return "not known, and no drill measures it: the objective is " + duration(r.RTOSeconds)
	case r.RestoreSeconds == 0:
		return "size not stated: the drill measures it, and has " + duration(r.RTOSeconds)
	}
	copying := r.SizeBytes / (r.RestoreMiBps << 20) // MiB per second
	text := fmt.Sprintf("%s at %d MiB/s: %s + %s to start = %s", size(r.SizeBytes), r.RestoreMiBps,
		duration(copying), duration(r.RestoreSeconds-copying), duration(r.RestoreSeconds))
	if r.Method == app.ByReplica {
		return "a standby takes over at once; from the archive " + text
	}
	return text + " of " + duration(r.RTOSeconds)
}

func retention(r app.Recovery) string {
	days := count(r.RetentionDays, "day")
	switch r.Method {
	case app.ByDump, app.BySnapshot:
		return fmt.Sprintf("every %s for %s, then one a day for %s", r.Method, duration(max(2*r.RPOSeconds, 24*3600)), days)
	case app.ByArchive, app.ByReplica:
		return "any moment of the last " + days
	}
	return days
}

// shared says whose backup serves, and where its plan is.
func shared(a app.App, r app.Recovery) string {
	const serves = "asks for at least as much: its backup serves both"
	if r.SharedWith == a.Name {
		return "another need on this page is for the same database, and " + serves
	}
	return fmt.Sprintf("%s uses the same database and %s (scantling explain %s recovery)", r.SharedWith, serves, r.SharedWith)
}

// drill says when a restore is rehearsed. It has as long as the objective, but for a standby, whose objective no restore has to keep.
func drill(a app.App, r app.Recovery) string {
	if r.DrillSchedule == "" {
		return "none: a restore is never rehearsed"
	}
	limit := r.RTOSeconds
	for _, j := range a.Jobs {
		if j.Component == "drill" && (j.For == r.Name || r.Velero != nil && j.Name == r.Velero.DrillJob) { // Velero's is for all volumes
			limit = j.DeadlineSeconds
		}
	}
	every := map[int64]string{1: "day", 7: "week", 31: "month"}[r.DrillDays]
	return fmt.Sprintf("every %s (%s, UTC), stopped after %s", cmp.Or(every, count(r.DrillDays, "day")), r.DrillSchedule, duration(limit))
}

// withoutPlan lists what keeps data and has no plan, and why.
func withoutPlan(a app.App) []row {
	planned := func(name string) bool {
		return slices.ContainsFunc(a.Recovery, func(r app.Recovery) bool { return r.Name == name })
	}
	var rows []row
	for _, n := range a.Needs {
		if why := whyNot(n); why != "" && !planned(n.Name) {
			rows = append(rows, row{n.Name, why})
		}
	}
	for _, v := range a.Volumes {
		if !planned(v.Name) {
			rows = append(rows, row{v.Name, "nothing says how much of it may be lost: " + askForIt})
		}
	}
	return rows
}

const askForIt = `add recovery: {rpo: "24h", rto: "4h"}`

// whyNot is why a need without a plan has none; empty: it keeps nothing.
func whyNot(n app.Need) string {
	switch {
	case n.Managed:
		return "managed: true: whoever runs it keeps it restorable"
	case n.Ephemeral:
		return "ephemeral: true: its data may be lost"
	case slices.Contains([]app.NeedKind{app.NeedKafka, app.NeedRabbitMQ, app.NeedObjectStore}, n.Kind):
		return fmt.Sprintf("%s: whoever runs it keeps it restorable", n.Kind)
	case n.Kind == app.NeedRedis && (n.Purpose == "cache" || n.Purpose == "session"):
		return "a redis with the purpose " + n.Purpose + ": what it holds comes back by itself"
	case n.Kind == app.NeedApp || n.Kind == app.NeedExternal:
		return ""
	}
	return "nothing says how much of it may be lost: " + askForIt
}
