package verify

import (
	"cmp"
	"net/netip"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/scantling/scantling/internal/inventory"
	"github.com/scantling/scantling/internal/reach"
)

func apiServerIsReached(c *checker) {
	bound := map[accountKey]bool{}
	for _, b := range c.Bindings {
		for _, s := range b.Subjects {
			if s.Kind == rbacv1.ServiceAccountKind {
				bound[accountKey{cmp.Or(s.Namespace, b.Namespace), s.Name}] = true
			}
		}
	}
	for _, w := range c.Workloads {
		if _, closed := c.reached().Governed(w, reach.Egress); !closed || excused(w) || !c.hasToken(w) {
			continue
		}
		if !bound[accountOf(w)] && !managesDatabase(w) {
			continue
		}
		c.reachesAPI(w)
	}
}

// managesDatabase reports whether pods are of CloudNativePG, servers or poolers: in each, a manager asks the API what it is to be.
func managesDatabase(w *inventory.Workload) bool {
	return w.MadeBy != nil && w.MadeBy.Group == "postgresql.cnpg.io"
}

// accountKey is one ServiceAccount.
type accountKey struct{ namespace, name string }

func accountOf(w *inventory.Workload) accountKey {
	spec := w.Template.Spec
	return accountKey{w.Namespace, cmp.Or(spec.ServiceAccountName, spec.DeprecatedServiceAccount, "default")}
}

// hasToken reports whether pods have credentials for the Kubernetes API. What operators make has what its operator gives it.
func (c *checker) hasToken(w *inventory.Workload) bool {
	if w.MadeBy != nil {
		return true
	}
	for _, v := range w.Template.Spec.Volumes {
		if v.Projected == nil {
			continue
		}
		for _, s := range v.Projected.Sources {
			if s.ServiceAccountToken != nil && s.ServiceAccountToken.Audience == "" {
				return true
			}
		}
	}
	if mounts := w.Template.Spec.AutomountServiceAccountToken; mounts != nil {
		return *mounts
	}
	account := c.reached().accounts[accountOf(w)]
	return account == nil || account.Automount == nil || *account.Automount
}

// reachesAPI looks for the way to each of the API server's addresses, on either of the ports that API servers have. Ours may be moved to
// a cluster where it is the other one: they need both.
func (c *checker) reachesAPI(w *inventory.Workload) {
	v := c.reached()
	ends := []reach.End{{API: true}}
	if len(c.Facts.APIServer) > 0 {
		ends = nil
	}
	for _, cidr := range c.Facts.APIServer {
		if block, err := netip.ParsePrefix(cidr); err == nil {
			ends = append(ends, reach.End{Block: block.Masked(), API: true})
		}
	}
	for _, end := range ends {
		usual, other := reach.Port{Number: apiServerPorts[0].Number}, reach.Port{Number: apiServerPorts[1].Number}
		best := max(v.Leaves(reach.Pod(w), end, usual), v.Leaves(reach.Pod(w), end, other))
		if w.Ours() {
			best = min(v.Leaves(reach.Pod(w), end, usual), v.Leaves(reach.Pod(w), end, other))
		}
		if best == reach.Yes {
			c.proved(w.Object, "%s is open", end)
			continue
		}
		refusal := cmp.Or(v.Refusal(reach.Pod(w), end, usual), v.Refusal(reach.Pod(w), end, other))
		c.open(w.Object, "", best, w, w.Name+" has rights at the Kubernetes API and can't call it", refusal)
	}
}
