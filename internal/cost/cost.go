// Package cost says what rendered objects cost in a month: what they request, at the platform's prices, from the fewest pods to the most.
package cost

import (
	"encoding/json"
	"math"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
)

// HoursPerMonth is a twelfth of a year of 365 days, as the clouds' own calculators have it.
const HoursPerMonth = 8760.0 / 12

// Range is from what is least to what is most at the same time, or in the same month.
type Range struct {
	Least, Most float64
}

// MarshalJSON writes both ends to a thousandth: of a pod, a core, a GiB or the currency.
func (r Range) MarshalJSON() ([]byte, error) {
	thousandth := func(f float64) float64 { return math.Round(f*1000) / 1000 }
	return json.Marshal(map[string]float64{"least": thousandth(r.Least), "most": thousandth(r.Most)})
}

func (r Range) plus(o Range) Range { return Range{r.Least + o.Least, r.Most + o.Most} }

func (r Range) times(f float64) Range { return Range{r.Least * f, r.Most * f} }

// cents rounds money to what is paid.
func (r Range) cents() Range {
	return Range{math.Round(r.Least*100) / 100, math.Round(r.Most*100) / 100}
}

// exact is the range of what does not vary.
func exact(f float64) Range { return Range{f, f} }

// Usage is what is reserved, on average over a month. What runs for a part of the time counts for that part.
type Usage struct {
	Pods          Range   `json:"pods"`
	CPU           Range   `json:"cpuCores"`
	Memory        Range   `json:"memoryGiB"`
	Storage       Range   `json:"storageGiB"`
	LoadBalancers float64 `json:"loadBalancers"`
	// Spot is the part of the pods that runs on capacity which the cloud may take back: at least, and at most.
	Spot Range `json:"spotPods"`
	Cost Range `json:"costPerMonth"` // in the currency of the prices
}

func (u Usage) plus(o Usage) Usage {
	return Usage{
		Pods: u.Pods.plus(o.Pods), CPU: u.CPU.plus(o.CPU), Memory: u.Memory.plus(o.Memory), Storage: u.Storage.plus(o.Storage),
		LoadBalancers: u.LoadBalancers + o.LoadBalancers, Spot: u.Spot.plus(o.Spot), Cost: u.Cost.plus(o.Cost),
	}
}

// Part is one object that costs something.
type Part struct {
	Kind string `json:"kind"`
	Name string `json:"name"`
	Usage
}

// App is an app in one environment, the sum of its parts.
type App struct {
	Environment string `json:"environment"`
	Namespace   string `json:"namespace"`
	Name        string `json:"name"`
	Team        string `json:"team"`
	Tier        string `json:"tier"`
	Currency    string `json:"currency,omitempty"` // of its costs; empty: not stated
	Usage
	Parts []Part `json:"parts"`
}

// Of returns what an app costs by its rendered objects. Its environment must have prices. Pods of a rollout in progress and a migration
// are not counted: they are over within minutes.
func Of(a app.App, objects []generator.Object) App {
	out := App{Environment: a.Env.Name, Namespace: a.Namespace, Name: a.Name, Team: a.Team, Tier: string(a.Tier), Currency: a.Env.Prices.Currency}
	sc := scales(objects)
	for _, o := range objects {
		p, ok := part(o, sc)
		if !ok {
			continue
		}
		u := p.usage(a.Env)
		out.Parts = append(out.Parts, Part{Kind: p.kind, Name: o.GetName(), Usage: u})
		out.Usage = out.plus(u)
	}
	return out
}

// price returns what a usage costs, given which part of its pods is on spot capacity.
func price(u Usage, p app.Prices) Range {
	compute := u.CPU.times(p.CPUHour).plus(u.Memory.times(p.GiBHour)).times(HoursPerMonth)
	factor := p.SpotFactor
	if factor == 0 {
		factor = 1 // not stated: a discount that nobody knows is none
	}
	least, most := share(u.Spot.Most, u.Pods.Most), share(u.Spot.Least, u.Pods.Least)
	compute.Least *= 1 - least*(1-factor)
	compute.Most *= 1 - most*(1-factor)
	return compute.plus(u.Storage.times(p.StorageGiBMonth)).plus(exact(u.LoadBalancers * p.LoadBalancerMonth))
}

func share(part, whole float64) float64 {
	if whole == 0 {
		return 0
	}
	return part / whole
}
