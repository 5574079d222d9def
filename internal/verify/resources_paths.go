package verify

import (
	"fmt"

	"github.com/scantling/scantling/internal/inventory"
)

// podPath is where the spec of a workload's pods is in its object.
func podPath(w *inventory.Workload) string {
	switch {
	case w.Cron != nil:
		return "spec.jobTemplate.spec.template.spec"
	case w.Kind == "Pod":
		return "spec"
	}
	return "spec.template.spec"
}

// containerPath is where a container is in its object.
func containerPath(w *inventory.Workload, field string, i int) string {
	return fmt.Sprintf("%s.%s[%d]", podPath(w), field, i)
}
