package delivery_test

import (
	"strings"
	"testing"

	"github.com/scantling/scantling/internal/app"
)

// TestDatabasesComeBeforeTheirMigration wants a database that is made for an app, and what it needs, to be there when the app's migration
// runs, and no tool to delete it: Helm would do that with a hook, the others with what is no longer rendered.
func TestDatabasesComeBeforeTheirMigration(t *testing.T) {
	for tool, wanted := range map[string]map[string]string{
		"argocd": {
			"NetworkPolicy/checkout-orders":   "sync-wave=-4",
			"ObjectStore/checkout-orders":     "sync-wave=-3",
			"Cluster/checkout-orders":         "sync-options=Prune=false,Delete=false sync-wave=-3",
			"Pooler/checkout-orders-pool":     "sync-wave=-3",
			"ScheduledBackup/checkout-orders": "sync-wave=1",
			"Schedule/shop-checkout":          "sync-wave=1",
		},
		"flux": {
			"NetworkPolicy/checkout-orders":   "stage=migration",
			"ObjectStore/checkout-orders":     "stage=migration",
			"Cluster/checkout-orders":         "prune=disabled stage=migration",
			"Pooler/checkout-orders-pool":     "stage=migration",
			"ScheduledBackup/checkout-orders": "stage=migration",
			"Schedule/shop-checkout":          "",
		},
		"kubectl": {"Cluster/checkout-orders": "stage=migration", "Pooler/checkout-orders-pool": "stage=migration", "Schedule/shop-checkout": ""},
		"helm":    {"Cluster/checkout-orders": "resource-policy=keep", "Pooler/checkout-orders-pool": "", "ObjectStore/checkout-orders": ""},
	} {
		a := checkout(tool)
		a.Clusters = []app.Cluster{{
			Name: "checkout-orders", Keep: true, Pooler: &app.Pooler{Name: "checkout-orders-pool"}, Archive: &app.Archive{Store: "checkout-orders"},
		}}
		a.Recovery = []app.Recovery{{Name: "data", Velero: &app.VeleroBackup{Schedule: "shop-checkout", Namespace: "velero"}}}
		made := render(a)
		for id, marks := range wanted {
			if o := made[id]; o == nil || strings.TrimSpace(marksOf(o)) != marks {
				t.Errorf("%s: %s is marked %q, want %q", tool, id, marksOf(o), marks)
			}
		}
		a.Migration = nil
		if got := marksOf(render(a)["Pooler/checkout-orders-pool"]); strings.Contains(got, "stage") {
			t.Errorf("%s: without a migration a pooler is marked %q", tool, got)
		}
	}
}
