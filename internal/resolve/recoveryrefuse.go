package resolve

import (
	"fmt"
	"strings"

	"github.com/scantling/scantling/internal/app"
)

// of names the data in messages about objectives that the app states for all of it.
func (p *recoveryPlan) of() string {
	if p.path == "recovery" {
		return " for " + p.name
	}
	return ""
}

// refuseRPO reports an objective that no timetable meets.
func (p *recoveryPlan) refuseRPO(what string, deadline, least int64) {
	why := ""
	if deadline > least {
		why = " (" + p.deadlineSum() + ")"
	}
	rpo := p.path + ".rpo"
	t, ok := densest(deadline)
	if !ok {
		p.s.fail(rpo, "rpo-can-be-met", fmt.Sprintf("rpo %q%s cannot be met by %s: one may take %s%s, longer than a day", p.s.get(rpo).Text, p.of(), what, span(deadline), why),
			"another way to keep the data", p.alternatives(deadline > least))
		return
	}
	p.s.fail(rpo, "rpo-can-be-met", fmt.Sprintf("rpo %q%s cannot be met by %s: %s that may take %s%s loses up to %s", p.s.get(rpo).Text, p.of(), what, oneEvery(t.interval), span(deadline), why, span(t.loss())),
		fmt.Sprintf("at least %q, or %q to bear one failure", span(t.loss()), span(t.lossAfterFailure())), p.alternatives(deadline > least))
}

// tight warns of an objective that holds only while no run fails.
func (p *recoveryPlan) tight(t timetable) {
	rpo := p.path + ".rpo"
	p.s.warn(rpo, "rpo-bears-failure", fmt.Sprintf("rpo %q%s holds only while nothing fails: %s that may take %s loses up to %s, and %s after one that failed", p.s.get(rpo).Text, p.of(), oneEvery(t.interval), span(t.deadline), span(t.loss()), span(t.lossAfterFailure())),
		fmt.Sprintf("at least %q", span(leastSlack(t.deadline))), p.alternatives(false))
}

// refuseRTO reports an objective that no restore meets; by is the plan that makes the backup.
func (p *recoveryPlan) refuseRTO(by *recoveryPlan) {
	rto, need := p.path+".rto", by.restoreTime()
	start := by.s.number("restoreStartSeconds")
	problem := fmt.Sprintf("rto %q%s cannot be met: a restore begins after %s", p.s.get(rto).Text, p.of(), span(start))
	if by.r.SizeBytes > 0 {
		problem = fmt.Sprintf("rto %q%s cannot be met: %s", p.s.get(rto).Text, p.of(), by.restoreSum())
	}
	help := by.others("keeps a standby, which takes over at once", "brings it back sooner")
	if left := p.rto() - start; left > 0 && by.r.SizeBytes > 0 {
		faster := fmt.Sprintf("platform.environments.%s.restoreMiBps: %d, if a drill has shown that it is so fast", p.s.w.env.Name, (by.r.SizeBytes+left*mebibyte-1)/(left*mebibyte))
		help = strings.TrimSuffix(faster+"; "+help, "; ")
	}
	p.s.fail(rto, "rto-can-be-met", problem, fmt.Sprintf("at least %q", span(roundUp(need, 60))), help)
}

// alternatives are the other ways to lose less; slow: the objective fails because a backup takes long.
func (p *recoveryPlan) alternatives(slow bool) string {
	help := p.others("keeps every change", "keeps every change")
	if p.isVolume() && !slow { // what its size needs is less than the tier allows
		return fmt.Sprintf("platform.tiers.%s.backupSeconds, if none has ever taken as long as %s", p.s.app.Tier, span(p.s.number("backupSeconds")))
	}
	if slow {
		help = fmt.Sprintf("platform.environments.%s.restoreMiBps, if a drill has shown that it is faster than %d MiB/s; ", p.s.w.env.Name, p.r.RestoreMiBps) + help
	}
	return strings.TrimSuffix(help, "; ")
}

// others are who else can keep the data, and what each does better.
func (p *recoveryPlan) others(cnpg, cloud string) string {
	if p.r.Method != app.ByDump {
		return ""
	}
	managed := "managed: true, if a cloud service " + cloud
	if p.r.Kind != app.NeedPostgres {
		return managed
	}
	if !p.s.w.env.Has("cnpg") {
		cnpg += fmt.Sprintf(", where CloudNativePG is (environment %q has none)", p.s.w.env.Name)
	}
	return `provision: "cnpg" ` + cnpg + "; " + managed
}

// lossSum is the arithmetic of the worst loss.
func lossSum(t timetable) string {
	if t.slack {
		return fmt.Sprintf("2 × %s + %s that one may take = %s", span(t.interval), span(t.deadline), span(t.lossAfterFailure()))
	}
	return fmt.Sprintf("%s + %s that one may take = %s", span(t.interval), span(t.deadline), span(t.loss()))
}

// deadlineSum is the arithmetic of a deadline that follows from the size.
func (p *recoveryPlan) deadlineSum() string {
	return fmt.Sprintf("2 × %s at %d MiB/s, in steps of 5m", mebibytes(p.r.SizeBytes), p.r.RestoreMiBps)
}

// restoreSum is the arithmetic of a restore.
func (p *recoveryPlan) restoreSum() string {
	moving := transfer(p.r.SizeBytes, p.r.RestoreMiBps)
	return fmt.Sprintf("%s at %d MiB/s take %s, and %s until it begins: %s", mebibytes(p.r.SizeBytes), p.r.RestoreMiBps, span(moving), span(p.s.number("restoreStartSeconds")), span(p.restoreTime()))
}

// leastSlack is the smallest objective that bears one failure.
func leastSlack(deadline int64) int64 {
	t, _ := densest(deadline)
	return t.lossAfterFailure()
}

// oneEvery says how often something is done.
func oneEvery(interval int64) string {
	switch interval {
	case 3600:
		return "an hourly one"
	case 24 * 3600:
		return "a daily one"
	}
	return "one every " + span(interval)
}
