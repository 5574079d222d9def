package gate

import (
	"fmt"
	"math"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/diag"
)

// judge holds what is left against the policy of the app's tier.
func (b *Budget) judge() {
	p := b.App.SLO.Policy
	switch left := round(b.Left); {
	case math.IsNaN(left):
		b.Verdict = Unknown
	case left <= float64(p.FreezePercent):
		b.freeze(p)
	case left <= float64(p.CautionPercent):
		b.slow(p)
	default:
		b.Verdict = Free
	}
}

func (b *Budget) freeze(p app.BudgetPolicy) {
	problem := b.leftText() + " is left of " + b.whose()
	if b.Left < 0 {
		problem = fmt.Sprintf("%s is overspent: %s is left", b.whose(), b.leftText())
	}
	if !p.Freezes {
		b.Verdict = Spent
		b.find(diag.Warning, "budget-is-left", problem, "", fmt.Sprintf("tier %s holds nothing back: whoever releases now knows what it costs", b.App.Tier))
		return
	}
	b.Verdict = Frozen
	b.find(diag.Error, "budget-is-left", problem, fmt.Sprintf("more than %d %%: until then tier %s releases nothing but fixes", p.FreezePercent, b.App.Tier),
		fmt.Sprintf(`it comes back as failures leave the %d days; release a fix with --override "why" --record FILE`, b.App.SLO.WindowDays))
}

// slow lets through what only a part of the users meets first.
func (b *Budget) slow(p app.BudgetPolicy) {
	b.Verdict = Slow
	problem := b.leftText() + " is left of " + b.whose()
	switch {
	case b.App.Rollout.Strategy == app.Canary:
		b.find(diag.Warning, "low-budget-goes-slowly", problem, "", "release by the canary, and let each step run for as long as it says")
	case b.App.Rollout.Strategy == app.BlueGreen:
		b.find(diag.Warning, "low-budget-goes-slowly", problem, "", "release by the other colour, and look at its preview before the traffic moves")
	case !p.Freezes || b.App.Kind == app.Cron || b.App.Kind == app.Stateful: // the latter two have neither
		b.find(diag.Warning, "low-budget-goes-slowly", problem, "", "release little at a time, and watch it")
	default:
		b.Verdict = Frozen
		b.find(diag.Error, "low-budget-goes-slowly", fmt.Sprintf("%s, and its rollout is %s", problem, b.App.Rollout.Strategy),
			fmt.Sprintf("a canary or a blue-green at %d %% or less", p.CautionPercent), `add rollout: {canary: {}}; or release a fix with --override "why" --record FILE`)
	}
}

// whose names the budget. Apps that one line of a template promises for have their findings at the same place.
func (b *Budget) whose() string { return b.App.Name + "'s error budget" }
