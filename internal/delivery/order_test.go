package delivery

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// TestOrder wants waves that ascend, each with its reason, and no kind in two of them.
func TestOrder(t *testing.T) {
	var kinds []string
	for i, w := range order {
		if i > 0 && w.number < order[i-1].number {
			t.Errorf("wave %d stands behind wave %d", w.number, order[i-1].number)
		}
		if len(w.reason) < 15 {
			t.Errorf("wave %d of %v has no reason", w.number, w.kinds)
		}
		kinds = append(kinds, w.kinds...)
	}
	slices.Sort(kinds)
	if once := slices.Compact(slices.Clone(kinds)); len(once) != len(kinds) {
		t.Errorf("a kind has two waves: %v", kinds)
	}
	for _, kind := range lasting {
		if !slices.Contains(kinds, kind) {
			t.Errorf("%s is kept to the last, and has no wave", kind)
		}
	}
}

// TestClaimsWaitForNobody holds claims in the wave of their pods. In one before, a claim of a class that binds with the first pod
// stays pending, and the sync with it.
func TestClaimsWaitForNobody(t *testing.T) {
	claim, _ := Wave("PersistentVolumeClaim")
	for _, kind := range []string{"Deployment", "Rollout"} {
		if pods, _ := Wave(kind); claim < pods {
			t.Errorf("claims come in wave %d, the pods of a %s in wave %d", claim, kind, pods)
		}
	}
}

// TestRoutesWaitForNoPods holds routes no later than the pods: a rollback takes the weight from pods that never become healthy.
func TestRoutesWaitForNoPods(t *testing.T) {
	pods, _ := Wave("Deployment")
	for _, kind := range []string{"HTTPRoute", "GRPCRoute", "VirtualService", "DestinationRule", "Ingress", "Service"} {
		if route, known := Wave(kind); !known || route > pods {
			t.Errorf("a %s waits for the pods to be healthy", kind)
		}
	}
}

// TestDocumentedOrder holds the table of docs/delivery.md to the code.
func TestDocumentedOrder(t *testing.T) {
	page, err := os.ReadFile("../../docs/delivery.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range order {
		row := fmt.Sprintf("| %d | %s | %s |", w.number, strings.Join(w.kinds, ", "), w.reason)
		if !strings.Contains(string(page), row+"\n") {
			t.Errorf("docs/delivery.md lacks the row\n%s", row)
		}
	}
}
