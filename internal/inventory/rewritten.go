package inventory

import (
	"fmt"

	"k8s.io/apimachinery/pkg/api/resource"
)

// amounts are the fields that map resources to quantities.
var amounts = map[string]bool{
	"requests": true, "limits": true, "hard": true, "default": true, "defaultRequest": true, "min": true, "max": true,
}

// withAmounts are the kinds that state quantities or ports, and that the API server itself defaults.
var withAmounts = map[groupKind]bool{
	{"", "Service"}: true, {"", "ResourceQuota"}: true, {"", "LimitRange"}: true, {"", "PersistentVolumeClaim"}: true,
	{"apps", "Deployment"}: true, {"apps", "StatefulSet"}: true, {"apps", "DaemonSet"}: true, {"batch", "Job"}: true, {"batch", "CronJob"}: true,
	{"networking.k8s.io", "NetworkPolicy"}: true,
}

// rewritten returns the fields that the API server stores otherwise than they are written: ports get a protocol, and quantities their
// shortest form. Paths are made on the way back: most objects have none.
func rewritten(v any) []Rewrite {
	var all []Rewrite
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			var below []Rewrite
			switch {
			case key == "ports":
				below = portsRewritten(value)
			case amounts[key]:
				below = amountsRewritten(value)
			case key == "sizeLimit":
				below = amountsRewritten(map[string]any{"": value})
			default:
				below = rewritten(value)
			}
			if len(below) > 0 {
				all = append(all, under("."+key, below)...)
			}
		}
	case []any:
		for i, item := range v {
			if below := rewritten(item); len(below) > 0 {
				all = append(all, under(fmt.Sprintf("[%d]", i), below)...)
			}
		}
	}
	return all
}

// under puts a step before the paths of fields.
func under(step string, fields []Rewrite) []Rewrite {
	for i := range fields {
		fields[i].Path = step + fields[i].Path
	}
	return fields
}

func portsRewritten(v any) []Rewrite {
	items, _ := v.([]any)
	var all []Rewrite
	for i, item := range items {
		if port, ok := item.(map[string]any); ok && port["protocol"] == nil {
			all = append(all, Rewrite{fmt.Sprintf("[%d].protocol", i), "", "TCP"})
		}
	}
	return all
}

func amountsRewritten(v any) []Rewrite {
	fields, _ := v.(map[string]any)
	var all []Rewrite
	for key, value := range fields {
		text, ok := value.(string)
		if !ok {
			continue
		}
		if q, err := resource.ParseQuantity(text); err == nil && q.String() != text {
			path := ""
			if key != "" {
				path = "." + key
			}
			all = append(all, Rewrite{path, text, q.String()})
		}
	}
	return all
}

// Rewrite is a field that the API server stores otherwise than it is written.
type Rewrite struct{ Path, Written, Stored string }
