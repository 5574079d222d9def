package verify

import (
	"fmt"

	"github.com/scantling/scantling/internal/inventory"
)

// whole is what weights of one rule add up to, in percent.
const whole = 100

// meshShares returns for each rule of a VirtualService who gets its requests.
func (c *checker) meshShares(o *inventory.Object, all subsets) [][]share {
	var rules [][]share
	for _, rule := range meshRules(o) {
		var shares []share
		for _, d := range rule {
			s := share{path: d.path, service: d.host.text, weight: d.weight, found: c.Service(d.host.namespace, d.host.name)}
			if len(rule) == 1 {
				s.weight = whole // a lone destination gets all
			}
			if s.found != nil {
				s.pods = c.behind(s.found)
			}
			if d.subset != "" {
				s.service += " subset " + d.subset
				s.pods = withLabels(s.pods, all[d.host.key()][d.subset])
			}
			shares = append(shares, s)
		}
		rules = append(rules, shares)
	}
	return rules
}

// shared calls do with each route that has rules, and with who gets the requests of each.
func (c *checker) shared(do func(o *inventory.Object, rules [][]share)) {
	for _, kind := range gatewayKinds {
		for _, o := range c.Of(gatewayGroup, kind) {
			do(o, c.gatewayRules(o))
		}
	}
	all := c.subsets()
	for _, o := range c.Of(istioGroup, "VirtualService") {
		do(o, c.meshShares(o, all))
	}
}

func weightsAddUp(c *checker) {
	c.shared(func(o *inventory.Object, rules [][]share) {
		before, shares := len(c.results), 0
		for _, rule := range rules {
			shares += len(rule)
			if len(rule) > 1 || len(rule) == 1 && rule[0].weight <= 0 {
				c.sum(o, rule)
			}
			for _, s := range rule {
				c.answers(o, s)
			}
		}
		if len(c.results) == before && shares > 0 {
			c.proved(o, "its %d shares add up, and no version among them is known to have no pods", shares)
		}
	})
}

// ratio is up to where a sum of weights is read as one of parts, as 1 to 3, and not of percent.
const ratio = 20

// sum looks at the weights of one rule. To Istio and the Gateway API they are parts of their sum; ours are always percent.
func (c *checker) sum(o *inventory.Object, rule []share) {
	var sum int64
	for _, s := range rule {
		sum += s.weight
	}
	istio := o.Group == istioGroup
	switch {
	case sum == whole:
	case sum <= 0:
		c.violated(o, rule[0].path, "send a request: it is answered with an error, for %s", nobodysWeight(len(rule)))
	case o.Ours() || istio && sum > ratio:
		c.violated(o, rule[0].path, "send 100 requests: the weights add up to %d, so %s gets %s of them and not %d", sum, rule[0].service, part(rule[0].weight, sum), rule[0].weight)
	}
}

// nobodysWeight says that none of n destinations has a weight.
func nobodysWeight(n int) string {
	if n == 1 {
		return "the weight of its only destination is 0"
	}
	return fmt.Sprintf("the weights of all %d destinations are 0", n)
}

// part is how many of a hundred a weight is, to one digit.
func part(weight, sum int64) string { return fmt.Sprintf("%.1f", whole*float64(weight)/float64(sum)) }

// answers reports a share of the requests that nobody answers: all workloads behind it have no pods.
func (c *checker) answers(o *inventory.Object, s share) {
	if s.weight <= 0 || len(s.pods) == 0 {
		return // who has no pods in the set is looked at elsewhere
	}
	for _, w := range s.pods {
		if w.Most() > 0 || w.Dormant {
			return
		}
	}
	c.violated(o, s.path, "send requests: those for %s are answered with errors, for %s has 0 pods", s.service, s.pods[0].Short())
}
