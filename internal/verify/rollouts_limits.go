package verify

import (
	"github.com/scantling/scantling/internal/inventory"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// stopped says of a rolling update whose limits are both none, as written, that nothing takes it. Where only rounding makes them none, one
// pod may be missing all the same.
func stopped(c *checker, w *inventory.Workload) bool {
	if w.Update.Kind != inventory.Rolling && w.Update.Kind != inventory.Canary {
		return false
	}
	if none(w.Update.MaxUnavailable) && none(w.Update.MaxSurge) {
		c.violated(w.Object, updatePath(w), "apply it: with no pod more and no pod fewer than wanted no pod could ever be replaced, and it is refused")
		return true
	}
	return false
}

// none reports whether a limit is none of any number of pods.
func none(v intstr.IntOrString) bool {
	n, err := intstr.GetScaledValueFromIntOrPercent(&v, 100, true)
	return err == nil && n == 0
}
