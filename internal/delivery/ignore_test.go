package delivery_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// TestDocumentedIgnores wants the page to tell Argo CD of what Argo Rollouts writes into objects that we render.
func TestDocumentedIgnores(t *testing.T) {
	page, err := os.ReadFile("../../docs/delivery.md")
	if err != nil {
		t.Fatal(err)
	}
	var app struct {
		IgnoreDifferences []struct {
			Group, Kind       string
			JQPathExpressions []string `json:"jqPathExpressions"`
		}
	}
	_, block, _ := strings.Cut(string(page), "\nignoreDifferences:")
	block, _, _ = strings.Cut("ignoreDifferences:"+block, "```")
	if err := yaml.UnmarshalStrict([]byte(block), &app); err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, d := range app.IgnoreDifferences {
		if d.Group == "networking.istio.io" && len(d.JQPathExpressions) > 0 {
			kinds = append(kinds, d.Kind)
		}
	}
	if want := []string{"VirtualService", "DestinationRule"}; !slices.Equal(kinds, want) {
		t.Errorf("Argo CD looks away from %v, want %v", kinds, want)
	}
}
