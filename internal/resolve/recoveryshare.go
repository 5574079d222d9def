package resolve

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// share finds the plans of one database: the strictest makes the backup, and serves the objectives of all.
func share(plans []*recoveryPlan) {
	byStore := map[string]*recoveryPlan{} // the strictest
	for _, p := range plans {
		if p.store == "" {
			continue
		}
		if first := byStore[p.store]; first == nil || p.stricter(first) {
			byStore[p.store] = p
		}
	}
	for _, p := range plans {
		if owner := byStore[p.store]; p.store != "" && owner != p {
			p.owner = owner
			owner.shares = append(owner.shares, p)
		}
	}
}

// stricter reports whether a plan comes before another one of the same database. An objective of 0 has been refused.
func (p *recoveryPlan) stricter(than *recoveryPlan) bool {
	return cmp.Or(
		cmp.Compare(orLast(p.r.RPOSeconds), orLast(than.r.RPOSeconds)),
		cmp.Compare(orLast(p.r.RTOSeconds), orLast(than.r.RTOSeconds)),
		strings.Compare(p.s.name, than.s.name),
		strings.Compare(p.name, than.name),
	) < 0
}

func orLast(seconds int64) int64 {
	if seconds == 0 {
		return 1<<63 - 1
	}
	return seconds
}

// members are the plans that one backup serves, its owner first.
func (p *recoveryPlan) members() []*recoveryPlan { return append([]*recoveryPlan{p}, p.shares...) }

// follow makes the plan of a database what its owner has decided, and tells a user whose objectives are weaker than what is done.
func (p *recoveryPlan) follow() {
	o, own := p.owner, p.r
	p.r = o.r
	p.r.Name, p.r.RPOSeconds, p.r.RTOSeconds, p.r.SharedWith = own.Name, own.RPOSeconds, own.RTOSeconds, o.s.name
	who := o.s.name
	if o.s == p.s {
		who = "the need " + o.name
	}
	by := fmt.Sprintf("the same database, whose strictest recovery is that of %s (%s)", who, o.recovery.Pos)
	p.s.derived(p.part("sharedWith"), "%s", by)
	p.s.derived(p.part("method"), "%s", by)
	if p.sound() && o.built && (o.r.RPOSeconds < own.RPOSeconds || o.r.RTOSeconds < own.RTOSeconds) {
		p.s.note(p.path, "recovery-is-shared", fmt.Sprintf("%s is recovered better than this, with rpo %q and rto %q: one backup serves all who use the database, such as %s (%s)", p.name, span(o.r.RPOSeconds), span(o.r.RTOSeconds), who, o.recovery.Pos), "", "")
	}
}

// strictest picks one of a number of all members' tiers, such as the smallest, and returns whose it is.
func (p *recoveryPlan) strictest(number string, pick func([]int64) int64) (*spec, int64) {
	var all []int64
	for _, m := range p.members() {
		all = append(all, m.s.number(number))
	}
	value := pick(all)
	i := slices.Index(all, value)
	return p.members()[i].s, value
}

// fromTier is spec.fromTier of the strictest member.
func (p *recoveryPlan) fromTier(name, number string, pick func([]int64) int64) int64 {
	s, value := p.strictest(number, pick)
	n := s.table[number]
	note := number
	if s != p.s {
		note += " of " + s.name
	}
	p.s.decided(p.part(name), n.by, n.pos, note)
	return value
}
