package resolve

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/scantling/scantling/internal/app"
)

// dumps decides how a database of a server of the platform is kept: a Job logs in as the app does, and copies all of it.
func (p *recoveryPlan) dumps() bool {
	p.r.Method = app.ByDump
	p.s.derived(p.part("method"), "what a server of the platform allows")
	entered := p.logsIn()
	return p.cold("dumps") && entered
}

// logsIn reports whether a dump can, and if not what the server lacks. MongoDB and Redis let in whoever comes, where they know no users.
func (p *recoveryPlan) logsIn() bool {
	const managed = "managed: true, if somebody else, such as a cloud service, backs it up"
	host, none, needsUser := p.link.need.Host, p.link.server.Field("secret"), p.r.Kind == app.NeedPostgres || p.r.Kind == app.NeedMySQL
	addr, _ := netip.ParseAddr(host)
	switch {
	case host == "localhost" || addr.IsLoopback():
		p.s.fail(p.path, "backup-logs-in", fmt.Sprintf("the backup of %s would look for it in its own pod: %q (%s) is there alone where the app's sidecar is", p.name, host, p.link.server.Field("host").Pos),
			"a host that other pods reach, too", managed)
		return false
	case isFalse(none) && needsUser:
		server := "platform.databases." + p.link.server.Key
		p.s.fail(p.path, "backup-logs-in", fmt.Sprintf("the backup of %s needs a user and a password, and %s.secret is false (%s)", p.name, server, none.Pos),
			server+".secret: the place of both in the secret store", managed)
		return false
	}
	return true
}

// archive decides how a database that is made for the app is kept: every change in an archive, and where that is too slow a standby
// beside it, which has every commit before the client hears of it.
func (p *recoveryPlan) archive() bool {
	const day = 24 * 3600
	usual, shortest := p.s.number("archiveSeconds"), p.s.number("archiveMinSeconds")
	hot := p.r.RPOSeconds < 2*shortest || p.r.RTOSeconds < p.restoreTime()
	p.r.Method = app.ByArchive
	if hot {
		p.r.Method = app.ByReplica
	}
	p.r.LossSeconds = max(min(usual, p.r.RPOSeconds/2), shortest)
	p.r.Slack = 2*p.r.LossSeconds <= p.r.RPOSeconds
	p.r.IntervalSeconds, p.r.Schedule = day, hourly(p.place(), day)
	p.s.derived(p.part("lossSeconds"), "half of rpo, so that one upload may fail, between archiveMinSeconds (%s) and archiveSeconds (%s)", span(shortest), span(usual))
	p.s.derived(p.part("schedule"), "a base backup a day, so that little of the log is replayed; the time is a hash of the name")
	p.measure()
	if !hot {
		p.s.derived(p.part("method"), "rpo is at least 2 × %s (archiveMinSeconds), and rto at least what a restore takes", span(shortest))
		return true
	}
	p.s.derived(p.part("method"), "rpo is below 2 × %s (archiveMinSeconds), or rto below what a restore takes (%s)", span(shortest), span(p.restoreTime()))
	p.s.warn(p.path, "standby-is-no-backup", fmt.Sprintf("rpo %q and rto %q%s hold for a lost server, because a standby has every commit; a wrong DELETE or a lost cluster come back from the archive, and %s",
		p.recovery.Field("rpo").Text, p.recovery.Field("rto").Text, p.of(), p.beyondStandby()), "", "")
	return true
}

// beyondStandby says what happens to the objectives when the archive has to serve.
func (p *recoveryPlan) beyondStandby() string {
	var worse []string
	if p.r.RPOSeconds < p.r.LossSeconds {
		worse = append(worse, "lose up to "+span(p.r.LossSeconds))
	}
	if p.r.RTOSeconds < p.restoreTime() {
		worse = append(worse, "take "+span(p.restoreTime())+" to restore")
	}
	if len(worse) == 0 {
		return fmt.Sprintf("lose up to %s, and twice that when an upload fails", span(p.r.LossSeconds))
	}
	return strings.Join(worse, " and ")
}

// volume decides how a volume is kept.
func (p *recoveryPlan) volume() bool {
	env := p.s.w.env
	switch {
	case env.Has("velero"):
		p.r.Method = app.ByVelero
		p.s.derived(p.part("method"), "the capability velero")
		p.volumeSize()
		return p.cold("backups of a volume")
	case env.Has("snapshots"):
		return p.snapshots()
	case p.s.w.misspelt():
		return false
	}
	p.s.fail(p.path, "capability-missing", fmt.Sprintf("to recover volume %s needs velero or snapshots, and environment %q has neither", p.name, env.Name),
		fmt.Sprintf("%q or %q in platform.environments.%s.capabilities (%s)", "velero", "snapshots", env.Name, at(p.s.w.facts.capabilities, p.s.w.facts.node)), "remove the recovery, if the data may be lost")
	return false
}

func (p *recoveryPlan) volumeSize() {
	if size := p.node.Field("size"); size != nil {
		p.s.fromSpec(p.part("sizeBytes"), size)
	}
}

// snapshots decides how a volume is kept in the storage system that holds it.
func (p *recoveryPlan) snapshots() bool {
	p.r.Method = app.BySnapshot
	p.s.derived(p.part("method"), "the capability snapshots, and none that copies volumes to the bucket")
	p.volumeSize()
	const gone = "the snapshots of volume %s stay in the storage system that holds it"
	if p.s.app.Tier == app.Critical {
		p.s.fail(p.path, "backups-leave-cluster", fmt.Sprintf(gone+": who loses one loses both, which tier critical does not bear", p.name),
			fmt.Sprintf("%q in platform.environments.%s.capabilities (%s)", "velero", p.s.w.env.Name, at(p.s.w.facts.capabilities, p.s.w.facts.node)), "")
		return false
	}
	p.s.warn(p.path, "backups-leave-cluster", fmt.Sprintf(gone+", and nobody rehearses their restore", p.name),
		fmt.Sprintf("%q in platform.environments.%s.capabilities (%s)", "velero", p.s.w.env.Name, at(p.s.w.facts.capabilities, p.s.w.facts.node)), "")
	return p.timetable("snapshots", 0)
}
