package suite

import (
	"testing"
)

// TestPlatformObjects applies what `generate --platform` renders for every project and environment, as TestAdmission does what is rendered
// for apps.
func TestPlatformObjects(t *testing.T) {
	for _, c := range world.platforms {
		t.Run(c.name, func(t *testing.T) {
			for _, o := range c.objects { // a class that stood in for this one is of another driver, which nothing may change
				if o.GetNamespace() == "" {
					if err := world.client.Delete(t.Context(), o); err != nil {
						t.Fatal(err)
					}
				}
			}
			admit(t, c, patience)
		})
	}
}
