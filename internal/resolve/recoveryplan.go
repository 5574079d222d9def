package resolve

import (
	"fmt"
	"slices"

	"github.com/scantling/scantling/internal/app"
)

// recoveryPlan is one store of data on its way to an app.Recovery.
type recoveryPlan struct {
	datum
	s      *spec
	r      app.Recovery
	owner  *recoveryPlan   // of the backup, where another plan is about the same database; nil: this one
	shares []*recoveryPlan // plans of the same database that this one serves
	built  bool            // everything is decided that the objects of the backup need
}

// part is the path of a field of the plan in app.App.
func (p *recoveryPlan) part(name string) string {
	if name == "" {
		return "recovery[" + p.name + "]"
	}
	return "recovery[" + p.name + "]." + name
}

// sound reports whether both objectives are stated, and something is there to recover.
func (p *recoveryPlan) sound() bool {
	return p.r.RPOSeconds > 0 && p.r.RTOSeconds > 0 && (p.isVolume() || p.link != nil)
}

// decide chooses how the data is kept restorable, and reports what cannot be.
func (p *recoveryPlan) decide() {
	if !p.sound() {
		return
	}
	p.tighten()
	p.matters()
	for _, m := range p.shares {
		for _, e := range m.expect {
			if !slices.Contains(p.expect, e) {
				p.expect = append(p.expect, e)
			}
		}
	}
	p.known()
	switch {
	case p.isVolume():
		p.built = p.volume()
	case p.node.Field("provision") != nil:
		p.built = p.archive()
	default:
		p.built = p.dumps()
	}
	if p.r.Method == "" {
		return
	}
	p.keep()
	if p.r.Method != app.BySnapshot {
		p.drill()
		p.offSite()
		p.built = p.bucket() && p.built
	}
}

// matters decides how loud the loss of the data is: as loud as for the most critical app that uses it.
func (p *recoveryPlan) matters() {
	most := p
	for _, m := range p.shares {
		if slices.Index(tierNames, string(m.s.app.Tier)) < slices.Index(tierNames, string(most.s.app.Tier)) {
			most = m
		}
	}
	p.r.Tier = most.s.app.Tier
	p.s.derived(p.part("tier"), "that of %s", most.s.name)
}

// tighten takes the shortest restore that one of the apps wants.
func (p *recoveryPlan) tighten() {
	shortest := p
	for _, m := range p.shares {
		if m.r.RTOSeconds > 0 && m.r.RTOSeconds < shortest.r.RTOSeconds {
			shortest = m
		}
	}
	if shortest != p {
		p.r.RTOSeconds = shortest.r.RTOSeconds
		p.s.derived(p.part("rtoSeconds"), "the rto of %s, for the same database (%s)", shortest.s.name, shortest.recovery.Pos)
	}
}

// known collects what the arithmetic counts with: the size of the data and the speed of a restore.
func (p *recoveryPlan) known() {
	const largest = 1 << 50 // bytes; more would overflow, and nobody dumps it
	rate := p.s.w.facts.node.Field("restoreMiBps")
	if mibps, ok := float(rate); ok {
		p.r.RestoreMiBps = int64(mibps)
		p.s.decided(p.part("restoreMiBps"), app.ByPlatform, rate.Pos, "")
	} else {
		p.r.RestoreMiBps = p.s.fromTier(p.part("restoreMiBps"), "restoreMiBps")
	}
	switch {
	case p.isVolume():
		p.r.SizeBytes, _ = bytes(p.node.Field("size"))
	case p.node.Field("provision") != nil:
		if c := p.s.cluster(p.name); c != nil { // else reported
			p.r.SizeBytes = c.SizeBytes
		}
	default:
		if gib, ok := float(p.link.server.Field("sizeGiB")); ok {
			p.r.SizeBytes = roundUp(int64(gib*gibibyte), mebibyte)
			p.s.decided(p.part("sizeBytes"), app.ByPlatform, p.link.server.Field("sizeGiB").Pos, "")
		}
	}
	p.r.SizeBytes = min(p.r.SizeBytes, largest)
}

// cold decides how often a copy of all the data is made, and how long it takes to get it back.
func (p *recoveryPlan) cold(what string) bool {
	often, soon := p.timetable(what, p.r.SizeBytes), p.restores()
	return often && soon
}

// timetable decides how often a backup of so many bytes is made, and reports an objective that no timetable meets.
func (p *recoveryPlan) timetable(what string, size int64) bool {
	least := p.s.number("backupSeconds")
	deadline := backupDeadline(size, p.r.RestoreMiBps, least)
	t, ok := fit(p.r.RPOSeconds, deadline)
	if !ok {
		p.refuseRPO(what, deadline, least)
		return false
	}
	p.r.IntervalSeconds, p.r.DeadlineSeconds, p.r.LossSeconds, p.r.Slack = t.interval, t.deadline, t.loss(), t.slack
	p.r.Schedule = hourly(p.place(), t.interval)
	p.s.derived(p.part("intervalSeconds"), "the longest that loses no more than rpo%s: %s", map[bool]string{true: ", even after one failure"}[t.slack], lossSum(t))
	p.s.derived(p.part("schedule"), "the interval; the minute and the hour are a hash of the name, so that not all of them start at once")
	if deadline > least {
		p.s.derived(p.part("deadlineSeconds"), "%s", p.deadlineSum())
	} else {
		p.s.fromTier(p.part("deadlineSeconds"), "backupSeconds")
	}
	if !t.slack {
		p.tight(t)
	}
	return true
}

// place names the data among all of the environment.
func (p *recoveryPlan) place() string { return p.s.app.Namespace + "/" + p.s.name + "/" + p.name }

// restoreTime is how long a restore takes from the decision on, as far as the size is known.
func (p *recoveryPlan) restoreTime() int64 {
	return p.s.number("restoreStartSeconds") + transfer(p.r.SizeBytes, p.r.RestoreMiBps)
}

// restores decides how long a restore takes, and reports an objective that it does not meet.
func (p *recoveryPlan) restores() bool {
	ok := true
	for _, m := range p.members() {
		if m.sound() && p.restoreTime() > m.rto() {
			m.refuseRTO(p)
			ok = false
		}
	}
	p.measure()
	return ok
}

// measure states how long a restore takes; where nobody knows the size, only the drill will tell.
func (p *recoveryPlan) measure() {
	if p.r.SizeBytes > 0 {
		p.r.RestoreSeconds = max(p.restoreTime(), 1) // 0 is an unknown size
		p.s.derived(p.part("restoreSeconds"), "%s", p.restoreSum())
		return
	}
	if p.link != nil && p.link.server != nil && !p.link.server.Field("sizeGiB").Faulty() {
		p.s.note(p.path, "restore-time-is-known", fmt.Sprintf("nothing says how large %q is: that a restore of %s takes no longer than rto is first known after a drill", p.link.server.Key, p.name),
			fmt.Sprintf("platform.databases.%s.sizeGiB (%s)", p.link.server.Key, p.link.server.KeyPos), "")
	}
}

// rto is the objective as it is written.
func (p *recoveryPlan) rto() int64 {
	rto, _ := seconds(p.recovery.Field("rto"))
	return rto
}

// keep decides how long backups are kept.
func (p *recoveryPlan) keep() {
	_, days := p.strictest("backupRetentionDays", slices.Max[[]int64])
	if p.r.RetentionDays = retention(p.r.RPOSeconds, days); p.r.RetentionDays > days {
		p.s.derived(p.part("retentionDays"), "twice rpo, so that one backup is always there")
		return
	}
	p.fromTier("retentionDays", "backupRetentionDays", slices.Max[[]int64])
}

// drill decides when a restore is rehearsed.
func (p *recoveryPlan) drill() {
	days := p.fromTier("drillDays", "drillDays", slices.Min[[]int64])
	p.r.DrillSchedule, p.r.DrillDays = rehearsal(p.place()+"/drill", days)
	p.s.derived(p.part("drillSchedule"), "at most every %d days; the time is a hash of the name, so that not all of them start at once", days)
}

// build makes the objects of a plan.
func (p *recoveryPlan) build() {
	if !p.built {
		return
	}
	r := p.s.recoveryOf(p.name)
	switch r.Method {
	case app.ByDump:
		p.s.dumped(r, p.datum)
	case app.ByArchive, app.ByReplica:
		p.s.archived(r, p.datum)
	default:
		p.s.volumeBackup(r, p.datum)
	}
}

func (s *spec) recoveryOf(name string) *app.Recovery {
	for i := range s.app.Recovery {
		if s.app.Recovery[i].Name == name {
			return &s.app.Recovery[i]
		}
	}
	return nil
}
